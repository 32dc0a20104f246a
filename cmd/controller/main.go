// Command controller is the Lambda function around package controller.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/bodybroker/platform/controller"
)

func main() { lambda.Start(controller.Controller{}.Handle) }
