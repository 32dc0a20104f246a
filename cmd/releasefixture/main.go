// Command releasefixture keeps production as a release leaves it, for the drill upgrade.preview
// (make release-fixture RELEASE=v0.1.0).
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal/release"
)

func main() {
	cli.Main(func(ctx context.Context, root string, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("naming a release: one is required, for example RELEASE=v0.1.0, got %q", args)
		}
		return release.Keep(ctx, root, args[0], os.Stdout)
	})
}
