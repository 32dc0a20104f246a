// Command verify checks a deployed platform from inside its VPC (make verify STACK=…). The stack
// rehearsal is brought up for it on the embedded AWS, and taken down again.
package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal"
	"github.com/bodybroker/platform/internal/verifying"
)

func main() {
	cli.Main(func(ctx context.Context, root string, arguments []string) error {
		flags := flag.NewFlagSet("verify", flag.ContinueOnError)
		var how verifying.How
		flags.BoolVar(&how.Commands, "commands", false, "send requests that may change something, hundreds of times")
		flags.BoolVar(&how.Targets, "targets", false, "fail where a target of latency or throughput is missed")
		if err := flags.Parse(arguments); err != nil {
			return err
		}
		if flags.NArg() != 1 {
			return errors.New("verifying: name one stack: make verify STACK=prod, or STACK=rehearsal")
		}
		if flags.Arg(0) == "rehearsal" {
			return rehearsal.Verify(ctx, root, os.Stdout, cli.Terminal())
		}
		if err := verifying.Tools(); err != nil {
			return err
		}
		return verifying.Stack(ctx, root, flags.Arg(0), how, os.Stdout)
	})
}
