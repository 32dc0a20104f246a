// What a rehearsal needs before it begins.

package stage

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/bodybroker/platform/internal/rehearsal/reserve"
	"github.com/bodybroker/platform/internal/toolchain"
)

// Prepare reserves the addresses of the rehearsed platform until this process ends, and builds what
// a deployment uploads.
func Prepare(ctx context.Context, root string, out io.Writer) error {
	if err := reserve.Addresses(); err != nil {
		return err
	}
	fmt.Fprintln(out, "Building nats-server and the controller from pinned sources …")
	start := time.Now()
	if err := toolchain.BuildArtifacts(ctx, root, filepath.Join(root, "artifacts")); err != nil {
		return err
	}
	fmt.Fprintf(out, "      built in %.1f s\n", time.Since(start).Seconds())
	return nil
}
