// Command drills plays every change, fault and recovery, or those named (make drills, make drills
// ID=change.ami).
package main

import (
	"context"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal"
)

func main() {
	cli.Main(func(ctx context.Context, root string, ids []string) error {
		return rehearsal.Drill(ctx, root, os.Stdout, cli.Terminal(), ids...)
	})
}
