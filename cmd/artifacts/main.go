// Command artifacts builds what a deployment uploads (make artifacts).
package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/toolchain"
)

func main() {
	cli.Main(func(ctx context.Context, root string, _ []string) error {
		if err := toolchain.BuildArtifacts(ctx, root, filepath.Join(root, "artifacts")); err != nil {
			return err
		}
		fmt.Println(
			"artifacts/" + toolchain.ServerFile + " and artifacts/" + toolchain.ControllerFile + " are built",
		)
		return nil
	})
}
