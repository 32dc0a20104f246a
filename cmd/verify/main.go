// Command verify checks a deployed platform from inside its VPC (make verify STACK=…). The stack rehearsal is brought up for it on the
// embedded AWS, and taken down again.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/bodybroker/platform/internal/command"
	"github.com/bodybroker/platform/internal/rehearsal"
	"github.com/bodybroker/platform/internal/verifying"
)

func main() {
	command.Main(func(ctx context.Context, root string, arguments []string) error {
		if len(arguments) != 1 {
			return errors.New("verifying: name one stack: make verify STACK=prod, or STACK=rehearsal")
		}
		if arguments[0] == "rehearsal" {
			return rehearsal.Verify(ctx, root, os.Stdout, command.Terminal())
		}
		if err := verifying.Tools(); err != nil {
			return err
		}
		return verifying.Stack(ctx, root, arguments[0], os.Stdout)
	})
}
