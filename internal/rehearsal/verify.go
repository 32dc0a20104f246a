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

	"github.com/bodybroker/platform/internal/verifying"
	"github.com/bodybroker/platform/workload/verification"
)

// verify runs the task, keeps its report for the page, and writes it beside the other results.
// Targets of latency and throughput are measured and not judged: this computer shares its cores
// with five servers and all tasks.
func verify(ctx context.Context, s *Stage) (verification.Report, error) {
	log, ended := s.Cloud.RunTask(ctx, verification.Name, map[string]string{"VERIFY_COMMANDS": "true"})
	report, err := verification.Parse(log)
	if err != nil {
		return report, errors.Join(fmt.Errorf("verifying the rehearsed platform: %w", err), ended)
	}
	s.verified = &report
	return report, errors.Join(ended, report.Err(), verifying.Write(s.root, report))
}

// phrased is a report in a few lines.
func phrased(report verification.Report) string {
	text := "verified from inside: " + report.Outcome()
	for _, c := range report.Checks {
		text += fmt.Sprintf("\n  %-11s %3d of %3d  %s: %s", c.ID, c.Held, c.Rows, c.Title, c.Verdict())
	}
	return text
}

// Verify brings a platform up, verifies it, tells all of what was seen, and takes it down again.
func Verify(ctx context.Context, root string, out io.Writer, terminal bool) (err error) {
	if err := Prepare(ctx, root, out); err != nil {
		return err
	}
	shown := newProgress(out, terminal)
	stage, err := NewStage(ctx, Options{
		Root:     root,
		Progress: out,
		Observe:  shown.observe,
		Alive:    true,
		Tasks:    true,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	fmt.Fprintln(out, "Bringing up the platform …")
	if _, err := stage.Up(ctx); err != nil {
		return fmt.Errorf("bringing up the platform to verify: %w", err)
	}
	began := time.Now()
	report, err := verify(ctx, stage)
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
