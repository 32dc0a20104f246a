// Package rehearsal brings the whole platform up on an embedded AWS with the real Pulumi
// engine, and shows a person what it does: the main path (Rehearse) and everything that can
// change or go wrong (Drill).
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/rehearsal/reserve"
	"github.com/bodybroker/platform/internal/report"
	"github.com/bodybroker/platform/internal/toolchain"
	"github.com/bodybroker/platform/internal/verifying"
)

// ErrFailed says that a scenario did not hold; which ones stands in what was shown.
var ErrFailed = errors.New("not everything was seen that should be seen")

// Rehearse plays the main path in the repository at root, and writes out/rehearsal.json and
// out/report.html.
func Rehearse(ctx context.Context, root string, out io.Writer, terminal bool) error {
	start := time.Now()
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
	recorder := &recorder{out: out}
	var page string
	var picture report.Platform
	for _, s := range mainPath {
		status := recorder.play(ctx, stage, s).Status
		if s.id == "secrets.hidden" {
			page = standing(ctx, stage)
			if picture, err = pictured(ctx, stage); err != nil {
				fmt.Fprintf(out, "\nThe page shows less than stood: %v\n", err)
			}
		}
		if status == Failed && s.id == "up.all" {
			break // nothing stands that the rest could look at
		}
	}
	fmt.Fprint(out, page)
	picture.Proven, picture.When, picture.Duration = proven(recorder.results), start, time.Since(start)
	err = errors.Join(stage.Close(), cli.WriteResults(filepath.Join(root, "out", "rehearsal.json"), recorder.results),
		report.Write(filepath.Join(root, reportFile), picture))
	err = finish(recorder, out, start, err)
	fmt.Fprintf(
		out,
		"The platform as a picture, with what was proven: %s; its verification: %s\n",
		reportFile,
		filepath.Join("out", verifying.Page),
	)
	return err
}

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

func finish(r *recorder, out io.Writer, start time.Time, err error) error {
	failed := r.ids(Failed)
	fmt.Fprintf(out, "\n%s, %.0f s in all.\n", r.summary(), time.Since(start).Seconds())
	if len(failed) > 0 {
		err = errors.Join(err, fmt.Errorf("%w: %s", ErrFailed, strings.Join(failed, ", ")))
	}
	return err
}

// standing is the short page of what stood before it was taken down again.
func standing(ctx context.Context, s *Stage) string {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return fmt.Sprintf("\nThe outputs could not be read: %v\n", err)
	}
	var b strings.Builder
	b.WriteString("\nWhat stood, in an embedded AWS (" + s.Cloud.Region + "), before it was taken down again:\n\n")
	for _, e := range production {
		fmt.Fprintf(&b, "  %-18s %s\n", e.what, e.read(s.Cloud))
	}
	for _, name := range []string{"natsUrl", "redisEndpoint", "gatewayUrl"} {
		fmt.Fprintf(&b, "  %-18s %v\n", name, outputs[name].Value)
	}
	fmt.Fprintf(&b, "  %-18s %d\n", "alarms", len(s.Cloud.Records("aws:cloudwatch/metricAlarm:MetricAlarm")))
	fmt.Fprintf(&b, "  %-18s %d\n", "resources in AWS", total(s.Cloud))
	return b.String()
}

func total(c *localcloud.Cloud) (n int) {
	for _, count := range c.Inventory() {
		n += count
	}
	return n
}
