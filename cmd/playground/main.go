// Command playground keeps the rehearsed platform up until Ctrl-C (make playground), and with words
// it tells one that runs what to do: go run ./cmd/playground kill nats-2.
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal"
)

func main() {
	cli.Main(func(ctx context.Context, root string, words []string) error {
		if len(words) > 0 {
			return rehearsal.TellPlayground(ctx, rehearsal.PlaygroundFolder(root), os.Stdout, words...)
		}
		return rehearsal.Playground(ctx, root, os.Stdout, cli.Terminal())
	})
}
