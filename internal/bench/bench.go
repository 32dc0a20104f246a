// Package bench measures what the program costs compared with what the engine itself costs: the
// same number of plain resources, with no program logic, through the same provider in the same run.
// It measures NATS likewise: the rehearsed cluster and a bare one.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

// Measure is one row of out/bench.json.
type Measure struct {
	ID     string  `json:"id"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Wanted string  `json:"wanted"`
	OK     bool    `json:"ok"`
}

// limit is what every ratio to the engine's floor may be at most.
const limit = 1.25

// size is one size of the platform that is measured.
type size struct {
	suffix   string // of the ids: "preview" + suffix + ".ratio"
	services int
	runs     int // medians of so many
}

// sizes: production's, and five times its services, for cost must not grow faster than the
// engine's own.
var sizes = []size{{suffix: "", services: 22, runs: 5}, {suffix: "110", services: 110, runs: 5}}

// parts are what can be measured alone.
var parts = []struct {
	id  string
	run func(*bench, context.Context) error
}{{id: "engine", run: (*bench).engine}, {id: "nats", run: (*bench).natsSpeed}}

// Run measures everything, or the parts that are named, prints it and writes out/bench.json in the
// repository at root.
func Run(ctx context.Context, root string, out io.Writer, ids ...string) error {
	var known []string
	for _, p := range parts {
		known = append(known, p.id)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return fmt.Errorf(
				"there is nothing to measure that is called %q; there are %s",
				id,
				strings.Join(known, ", "),
			)
		}
	}
	if err := stage.Prepare(ctx, root, out); err != nil {
		return err
	}
	b := &bench{root: root, out: out}
	for _, p := range parts {
		if len(ids) > 0 && !slices.Contains(ids, p.id) {
			continue
		}
		if err := p.run(b, ctx); err != nil {
			return err
		}
	}
	return errors.Join(cli.WriteResults(filepath.Join(root, "out", "bench.json"), b.measures), b.check())
}

// engine compares the program with the engine's floor.
func (b *bench) engine(ctx context.Context) error {
	if err := b.graphBuild(); err != nil {
		return err
	}
	for _, s := range sizes {
		if err := b.ratios(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

type bench struct {
	root     string
	out      io.Writer
	measures []Measure
}

func (b *bench) add(m Measure) {
	b.measures = append(b.measures, m)
	mark := "ok  "
	if !m.OK {
		mark = "over"
	}
	fmt.Fprintf(b.out, "%s  %-28s %9.2f %-6s wanted %s\n", mark, m.ID, m.Value, m.Unit, m.Wanted)
}

// graphBuild measures the graph under mocks: the program alone.
func (b *bench) graphBuild() error {
	var seconds []float64
	for range 5 {
		start := time.Now()
		if _, err := resourcegraph.Shipped(b.root, "prod"); err != nil {
			return fmt.Errorf("measuring the graph: %w", err)
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	b.add(Measure{
		ID:     "graph.build",
		Value:  median(seconds),
		Unit:   "s",
		Wanted: "no limit",
		OK:     true,
	})
	return nil
}

// timing is the wall-clock seconds of the three commands.
type timing struct{ preview, up, noop float64 }

// ratios measures platform and floor in turn, run by run, so that a machine that slows down
// slows both.
func (b *bench) ratios(ctx context.Context, s size) error {
	var preview, up, noop []float64
	for run := range s.runs {
		platform, count, err := b.time(ctx, stage.Options{Override: extraServices(s.services)})
		if err != nil {
			return fmt.Errorf("measuring the platform with %d services: %w", s.services, err)
		}
		floor, _, err := b.time(ctx, stage.Options{Program: plain(count)})
		if err != nil {
			return fmt.Errorf("measuring %d plain resources: %w", count, err)
		}
		fmt.Fprintf(
			b.out,
			"      run %d of %d, %d services, %d resources: preview %.1f / %.1f s, up %.1f / %.1f s, no-op %.1f / "+
				"%.1f s\n",
			run+1,
			s.runs,
			s.services,
			count,
			platform.preview,
			floor.preview,
			platform.up,
			floor.up,
			platform.noop,
			floor.noop,
		)
		preview = append(preview, platform.preview/floor.preview)
		up = append(up, platform.up/floor.up)
		noop = append(noop, platform.noop/floor.noop)
	}
	for id, ratios := range map[string][]float64{"preview": preview, "up": up, "noop": noop} {
		value := median(ratios)
		b.add(Measure{
			ID:     id + s.suffix + ".ratio",
			Value:  value,
			Unit:   "ratio",
			Wanted: fmt.Sprintf("≤ %.2f", limit),
			OK:     value <= limit,
		})
	}
	return nil
}

// time runs a preview, an up and a no-op up on a stage of its own.
func (b *bench) time(ctx context.Context, o stage.Options) (timing, int, error) {
	o.Root, o.Progress = b.root, b.out
	platform, err := stage.New(ctx, o)
	if err != nil {
		return timing{}, 0, err
	}
	var t timing
	var steps stage.Steps
	for _, command := range []struct {
		seconds *float64
		times   int // a preview changes nothing and is short: its median over a few is less of a chance
		run     func() (stage.Steps, error)
	}{
		{seconds: &t.preview, times: 3, run: func() (stage.Steps, error) { return platform.Preview(ctx) }},
		{seconds: &t.up, times: 1, run: func() (stage.Steps, error) { return platform.Up(ctx) }},
		{seconds: &t.noop, times: 1, run: func() (stage.Steps, error) { return platform.Up(ctx) }},
	} {
		var seconds []float64
		for range command.times {
			start := time.Now()
			if steps, err = command.run(); err != nil {
				break
			}
			seconds = append(seconds, time.Since(start).Seconds())
		}
		if err != nil {
			break
		}
		*command.seconds = median(seconds)
	}
	if closeErr := platform.Close(); err == nil {
		err = closeErr
	}
	return t, len(steps.All), err
}

// check makes measures over their limit an error.
func (b *bench) check() error {
	var over []string
	for _, m := range b.measures {
		if !m.OK {
			over = append(over, m.ID)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over their limit: %s", strings.Join(over, ", "))
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
