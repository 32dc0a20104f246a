// Command localcloud serves the embedded AWS by itself, for an engine that a person starts by
// hand. It prints what that engine's environment must hold, and runs until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

func main() {
	cli.Main(
		func(ctx context.Context, _ string, args []string) error { return run(ctx, args, os.Stdout, os.Stderr) },
	)
}

// run serves until ctx ends. exports gets the environment as shell commands and nothing else;
// hints is for a person.
func run(ctx context.Context, arguments []string, exports, hints io.Writer) (err error) {
	flags := flag.NewFlagSet("localcloud", flag.ContinueOnError)
	flags.SetOutput(hints)
	region := flags.String(
		"region",
		"us-east-1",
		"region that the embedded AWS is: "+strings.Join(cloud.Regions, ", "),
	)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("localcloud: %q is not expected; it takes -region only", flags.Arg(0))
	}
	cloud, err := localcloud.New(*region)
	if err != nil {
		return err
	}
	endpoint, err := localcloud.Serve(cloud)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endpoint.Close()) }()
	environment := endpoint.Env()
	for _, key := range slices.Sorted(maps.Keys(environment)) {
		if _, err := fmt.Fprintf(exports, "export %s=%s\n", key, quote(environment[key])); err != nil {
			return fmt.Errorf("localcloud: printing the environment: %w", err)
		}
	}
	fmt.Fprintf(
		hints,
		"An empty AWS account %s in %s is served. Run the lines above in another terminal, then pulumi there.\n"+
			"Everything in it is gone when this ends (Ctrl-C).\n",
		cloud.Account,
		cloud.Region,
	)
	<-ctx.Done()
	return nil
}

// quote makes one word of a shell out of any value.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
