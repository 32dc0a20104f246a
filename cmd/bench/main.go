// Command bench measures the program against the engine's own floor (make bench).
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/bench"
	"github.com/bodybroker/platform/internal/command"
)

func main() {
	command.Main(func(ctx context.Context, root string, _ []string) error { return bench.Run(ctx, root, os.Stdout) })
}
