// Command bench measures the program against the engine's own floor, and NATS against a bare
// cluster (make bench).
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/bench"
	"github.com/bodybroker/platform/internal/cli"
)

func main() {
	cli.Main(func(ctx context.Context, root string, ids []string) error {
		return bench.Run(ctx, root, os.Stdout, ids...)
	})
}
