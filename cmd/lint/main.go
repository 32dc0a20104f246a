// Command lint checks format, code, shell and workflows (make lint).
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/lint"
)

func main() {
	cli.Main(func(ctx context.Context, root string, _ []string) error { return lint.Run(ctx, root, os.Stdout) })
}
