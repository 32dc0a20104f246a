// Command controller is the Lambda function around package controller.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/bodybroker/platform/controller"
)

func main() {
	found, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "controller: finding AWS credentials:", err)
		os.Exit(1)
	}
	settings := controller.FromEnvironment(os.Getenv)
	settings.AWS = found
	lambda.Start(controller.New(settings).Handle)
}
