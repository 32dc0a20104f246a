// Command rehearse plays the main path of the rehearsal (make rehearse).
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal"
)

func main() {
	cli.Main(func(ctx context.Context, root string, _ []string) error {
		return rehearsal.Rehearse(ctx, root, os.Stdout, cli.Terminal())
	})
}
