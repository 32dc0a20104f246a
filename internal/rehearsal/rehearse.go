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
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/rehearsal/report"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/verifying"
)

// Rehearse plays the main path in the repository at root, and writes out/rehearsal.json and
// out/report.html.
func Rehearse(ctx context.Context, root string, out io.Writer, terminal bool) error {
	start := time.Now()
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
	recorder := &stage.Recorder{Out: out}
	var page string
	var picture report.Platform
	for _, scenario := range mainPath {
		status := recorder.Play(ctx, s, scenario).Status
		if scenario.ID == "secrets.hidden" {
			page = overview(ctx, s)
			if picture, err = platformOnPage(ctx, s); err != nil {
				fmt.Fprintf(out, "\nThe page does not show the whole platform: %v\n", err)
			}
		}
		if status == stage.Failed && scenario.ID == "up.all" {
			break // there is nothing that the rest could look at
		}
	}
	fmt.Fprint(out, page)
	picture.Results, picture.When, picture.Duration = resultsOnPage(recorder.Results), start, time.Since(start)
	err = errors.Join(s.Close(), cli.WriteResults(filepath.Join(root, "out", "rehearsal.json"), recorder.Results),
		report.Write(filepath.Join(root, reportFile), picture))
	err = stage.Finish(recorder, out, start, err)
	fmt.Fprintf(
		out,
		"The platform as a picture, with what was tested: %s; its verification: %s\n",
		reportFile,
		filepath.Join("out", verifying.Page),
	)
	return err
}

// overview is the short page of what ran before it was taken down again.
func overview(ctx context.Context, s *stage.Stage) string {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return fmt.Sprintf("\nThe outputs could not be read: %v\n", err)
	}
	var b strings.Builder
	b.WriteString("\nWhat ran, in an embedded AWS (" + s.Cloud.Region + "), before it was taken down again:\n\n")
	for _, f := range stage.Production(s.Cloud) {
		fmt.Fprintf(&b, "  %-18s %s\n", f.What, f.Seen)
	}
	for _, name := range []string{"natsUrl", "redisEndpoint", "gatewayUrl"} {
		fmt.Fprintf(&b, "  %-18s %v\n", name, outputs[name].Value)
	}
	fmt.Fprintf(&b, "  %-18s %d\n", "alarms", len(s.Cloud.Records("aws:cloudwatch/metricAlarm:MetricAlarm")))
	fmt.Fprintf(&b, "  %-18s %d\n", "resources in AWS", total(s.Cloud))
	return b.String()
}

func total(c *cloud.Cloud) (n int) {
	for _, count := range c.Inventory() {
		n += count
	}
	return n
}

// pace replays AWS's creation times at a fiftieth, so that a person sees what takes long and
// what runs at the same time.
const pace = 1.0 / 50
