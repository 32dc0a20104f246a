// How drills are chosen and played.

package drills

import (
	"bytes"
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
	"github.com/bodybroker/platform/internal/toolchain"
)

// Play plays all drills, or those whose ids are given, and writes out/drills.json.
func Play(ctx context.Context, root string, out io.Writer, terminal bool, ids ...string) error {
	chosen, err := choose(All, ids)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := stage.Prepare(ctx, root, out); err != nil {
		return err
	}
	if _, _, err := toolchain.FindPulumi(ctx, root, out); err != nil { // once, for both
		return err
	}
	records := playRecords(ctx, root, chosen)
	options := stage.Options{Root: root, Progress: out, Observe: stage.NewProgress(out, terminal).Observe}
	recorder := &stage.Recorder{Out: out}
	err = errors.Join(
		playOwn(ctx, recorder, options, on(chosen, OwnMachines, OwnTasks)),
		playShared(ctx, recorder, options, on(chosen, SharedMachines)),
	)
	others := <-records
	fmt.Fprint(out, others.output.String())
	recorder.Results = append(recorder.Results, others.results...)
	err = errors.Join(err, others.err, playShared(ctx, recorder, options, on(chosen, SharedTasks)))
	err = errors.Join(err, cli.WriteResults(filepath.Join(root, "out", "drills.json"), recorder.Results))
	return stage.Finish(recorder, out, start, err)
}

// recordDrills are the drills that were played at the same time as others.
type recordDrills struct {
	output  *bytes.Buffer
	results []stage.Result
	err     error
}

// playRecords plays the drills on clouds in which nothing runs: they need the engine and no address
// of this computer, so that the running servers do not have to wait for them. What they print is
// shown when they have ended.
func playRecords(ctx context.Context, root string, chosen []Drill) <-chan recordDrills {
	ended := make(chan recordDrills, 1)
	go func() {
		for _, d := range chosen {
			if d.Prepare != nil {
				_ = d.Prepare(ctx, root) // the drill itself finds the same fault
			}
		}
		output := &bytes.Buffer{}
		options := stage.Options{Root: root, Progress: output, Observe: stage.NewProgress(output, false).Observe}
		recorder := &stage.Recorder{Out: output}
		err := errors.Join(
			playShared(ctx, recorder, options, on(chosen, SharedRecords)),
			playOwn(ctx, recorder, options, on(chosen, OwnRecords, OwnCheckpoints)),
		)
		ended <- recordDrills{output: output, results: recorder.Results, err: err}
	}()
	return ended
}

// choose picks drills and parts of drills by id; an id that does not exist is an error that names
// those that do.
func choose(from []Drill, ids []string) ([]Drill, error) {
	if len(ids) == 0 {
		return from, nil
	}
	all := slices.Clone(from)
	for _, d := range from {
		for _, part := range d.Parts {
			all = append(all, Drill{Scenario: part, On: d.On})
		}
	}
	var known []string
	for _, d := range all {
		known = append(known, d.ID)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no drill %q; there are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(d Drill) bool { return !slices.Contains(ids, d.ID) }), nil
}

// on picks the drills that are played on one of the platforms.
func on(from []Drill, platforms ...Platform) []Drill {
	return slices.DeleteFunc(slices.Clone(from), func(d Drill) bool { return !slices.Contains(platforms, d.On) })
}

// needs are a stage's options for a platform.
func (p Platform) needs(o stage.Options) stage.Options {
	o.Checkpoints = p == OwnCheckpoints
	o.Tasks = p == SharedTasks || p == OwnTasks
	o.Machines = o.Tasks || p == SharedMachines || p == OwnMachines
	return o
}

// playShared brings one platform up and plays on it drills that leave it as they found it.
func playShared(ctx context.Context, r *stage.Recorder, o stage.Options, list []Drill) error {
	if len(list) == 0 {
		return nil
	}
	s, err := stage.New(ctx, list[0].On.needs(o))
	if err != nil {
		return err
	}
	fmt.Fprintln(r.Out, "\nBringing up the platform that the next drills share …")
	if _, err := s.Up(ctx); err != nil {
		return errors.Join(fmt.Errorf("bringing up the platform for the drills: %w", err), s.Close())
	}
	for _, d := range list {
		if ctx.Err() != nil {
			return errors.Join(interrupted(ctx, d), s.Close())
		}
		playOne(ctx, r, s, d)
	}
	return s.Close()
}

// playOwn plays each drill on an empty cloud of its own.
func playOwn(ctx context.Context, r *stage.Recorder, o stage.Options, list []Drill) error {
	for _, d := range list {
		if ctx.Err() != nil {
			return interrupted(ctx, d)
		}
		s, err := stage.New(ctx, d.On.needs(o))
		if err != nil {
			return err
		}
		playOne(ctx, r, s, d)
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

// interrupted says from where on nothing was played.
func interrupted(ctx context.Context, d Drill) error {
	return fmt.Errorf("playing the drills: interrupted before %s: %w", d.ID, ctx.Err())
}

// playOne plays a drill; one with parts holds if all of them do.
func playOne(ctx context.Context, r *stage.Recorder, s *stage.Stage, d Drill) {
	parts := &stage.Recorder{Out: r.Out}
	for _, part := range d.Parts {
		r.Results = append(r.Results, parts.Play(ctx, s, part))
	}
	if len(d.Parts) > 0 {
		d.Play = func(context.Context, *stage.Stage) (string, error) { return outcome(parts) }
	}
	r.Play(ctx, s, d.Scenario)
}

// outcome is that of a drill by its parts: it holds if all of them do.
func outcome(parts *stage.Recorder) (seen string, err error) {
	seen = parts.Summary()
	switch {
	case len(parts.IDs(stage.Failed)) > 0:
		return seen, errors.New("not all of its parts held")
	case len(parts.IDs(stage.NotRun)) > 0:
		return seen, stage.NotRunHere("not all of its parts could be run on this computer")
	}
	return seen, nil
}
