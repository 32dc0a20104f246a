// The table of scenarios: the main path of mainpath.go, and the drills of these packages, each of
// which registers its own.

package rehearsal

import (
	"context"
	"io"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
	_ "github.com/bodybroker/platform/internal/rehearsal/drills/gateway"  // registers drills
	_ "github.com/bodybroker/platform/internal/rehearsal/drills/nats"     // registers drills
	_ "github.com/bodybroker/platform/internal/rehearsal/drills/platform" // registers drills
	_ "github.com/bodybroker/platform/internal/rehearsal/drills/regions"  // registers drills
	_ "github.com/bodybroker/platform/internal/rehearsal/drills/services" // registers drills
)

// Drill plays all drills, or those whose ids are given, and writes out/drills.json.
func Drill(ctx context.Context, root string, out io.Writer, terminal bool, ids ...string) error {
	return drills.Play(ctx, root, out, terminal, ids...)
}
