// The platform as a Pulumi program: `pulumi up` runs it, and rehearsals run the same function.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/stacks"
)

func main() { pulumi.Run(stacks.Deploy) }
