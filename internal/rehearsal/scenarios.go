// The table of scenarios beyond the main path: the packages whose drills can be played.

package rehearsal

import (
	"context"
	"io"
)

// Drill plays all drills, or those whose ids are given, and writes out/drills.json.
func Drill(ctx context.Context, root string, out io.Writer, terminal bool, ids ...string) error {
	return Play(ctx, root, out, terminal, ids...)
}
