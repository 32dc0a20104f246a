// Command artifacts builds what a deployment uploads (make artifacts).
package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/bodybroker/platform/internal/artifactbuild"
	"github.com/bodybroker/platform/internal/command"
)

func main() {
	command.Main(func(ctx context.Context, root string, _ []string) error {
		if err := artifactbuild.Build(ctx, root, filepath.Join(root, "artifacts")); err != nil {
			return err
		}
		fmt.Println(
			"artifacts/" + artifactbuild.ServerFile + " and artifacts/" + artifactbuild.ControllerFile + " are built",
		)
		return nil
	})
}
