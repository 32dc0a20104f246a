// Command playground keeps the rehearsed platform up until Ctrl-C (make playground), and with words
// it sends commands to one that runs: go run ./cmd/playground kill nats-2.
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal/playground"
)

func main() {
	cli.Main(func(ctx context.Context, root string, words []string) error {
		if len(words) > 0 {
			return playground.Send(ctx, playground.Folder(root), os.Stdout, words...)
		}
		return playground.Run(ctx, root, os.Stdout, cli.Terminal())
	})
}
