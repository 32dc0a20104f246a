// The verification of a rehearsed platform: the task that the program defines for it runs to its
// end, as `make verify` lets it on AWS.

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/verifying"
)

// Verify brings a platform up, verifies it, reports all that was seen, and takes it down again.
func Verify(ctx context.Context, root string, out io.Writer, terminal bool) (err error) {
	if err := stage.Prepare(ctx, root, out); err != nil {
		return err
	}
	progress := stage.NewProgress(out, terminal)
	s, err := stage.New(ctx, stage.Options{
		Root:     root,
		Progress: out,
		Observe:  progress.Observe,
		Machines: true,
		Tasks:    true,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fmt.Fprintln(out, "Bringing up the platform …")
	if _, err := s.Up(ctx); err != nil {
		return fmt.Errorf("bringing up the platform to verify: %w", err)
	}
	began := time.Now()
	report, err := s.Verify(ctx)
	if err = errors.Join(err, report.Table(out)); err == nil {
		fmt.Fprintf(
			out,
			"\nVerified in %.0f s; the page is %s.\n",
			time.Since(began).Seconds(),
			filepath.Join("out", verifying.Page),
		)
	}
	return err
}
