// How drills are chosen and played.
package rehearsal

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
	"github.com/bodybroker/platform/internal/toolchain"
)

// Play plays all drills, or those whose ids are given, and writes out/drills.json.
func Play(ctx context.Context, root string, out io.Writer, terminal bool, ids ...string) error {
	chosen, err := choose(registered, ids)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := Prepare(ctx, root, out); err != nil {
		return err
	}
	if _, _, err := toolchain.FindPulumi(ctx, root, out); err != nil { // once, for both
		return err
	}
	records := playRecords(ctx, root, chosen)
	options := Options{Root: root, Progress: out, Observe: newProgress(out, terminal).observe}
	recorder := &recorder{out: out}
	err = errors.Join(
		playOwn(ctx, recorder, options, on(chosen, OwnMachines, OwnTasks)),
		playShared(ctx, recorder, options, on(chosen, SharedMachines)),
	)
	others := <-records
	fmt.Fprint(out, others.output.String())
	recorder.results = append(recorder.results, others.results...)
	err = errors.Join(err, others.err, playShared(ctx, recorder, options, on(chosen, SharedTasks)))
	err = errors.Join(err, cli.WriteResults(filepath.Join(root, "out", "drills.json"), recorder.results))
	return finish(recorder, out, start, err)
}

// recordDrills are the drills that were played at the same time as others.
type recordDrills struct {
	output  *bytes.Buffer
	results []Result
	err     error
}

// playRecords plays the drills on clouds in which nothing runs: they need the engine and no address
// of this computer, so that the running servers do not have to wait for them. What they print is
// shown when they have ended.
func playRecords(ctx context.Context, root string, chosen []drill) <-chan recordDrills {
	ended := make(chan recordDrills, 1)
	go func() {
		for _, d := range chosen {
			if d.prepare != nil {
				_ = d.prepare(ctx, root) // the drill itself finds the same fault
			}
		}
		output := &bytes.Buffer{}
		options := Options{Root: root, Progress: output, Observe: newProgress(output, false).observe}
		recorder := &recorder{out: output}
		err := errors.Join(
			playShared(ctx, recorder, options, on(chosen, SharedRecords)),
			playOwn(ctx, recorder, options, on(chosen, OwnRecords, OwnCheckpoints)),
		)
		ended <- recordDrills{output: output, results: recorder.results, err: err}
	}()
	return ended
}

// choose picks drills and parts of drills by id; an id that does not exist is an error that names
// those that do.
func choose(from []drill, ids []string) ([]drill, error) {
	if len(ids) == 0 {
		return from, nil
	}
	all := slices.Clone(from)
	for _, d := range from {
		for _, part := range d.parts {
			all = append(all, drill{scenario: part, on: d.on})
		}
	}
	var known []string
	for _, d := range all {
		known = append(known, d.id)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no drill %q; there are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(d drill) bool { return !slices.Contains(ids, d.id) }), nil
}

// on picks the drills that are played on one of the platforms.
func on(from []drill, platforms ...Platform) []drill {
	return slices.DeleteFunc(slices.Clone(from), func(d drill) bool { return !slices.Contains(platforms, d.on) })
}

// needs are a stage's options for a platform.
func (p Platform) needs(o Options) Options {
	o.Checkpoints = p == OwnCheckpoints
	o.Tasks = p == SharedTasks || p == OwnTasks
	o.Alive = o.Tasks || p == SharedMachines || p == OwnMachines
	return o
}

// playShared brings one platform up and plays on it drills that leave it as they found it.
func playShared(ctx context.Context, r *recorder, o Options, list []drill) error {
	if len(list) == 0 {
		return nil
	}
	s, err := NewStage(ctx, list[0].on.needs(o))
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, "\nBringing up the platform that the next drills share …")
	if _, err := s.Up(ctx); err != nil {
		return errors.Join(fmt.Errorf("bringing up the platform for the drills: %w", err), s.Close())
	}
	for _, d := range list {
		playOne(ctx, r, s, d)
	}
	return s.Close()
}

// playOwn plays each drill on an empty cloud of its own.
func playOwn(ctx context.Context, r *recorder, o Options, list []drill) error {
	for _, d := range list {
		s, err := NewStage(ctx, d.on.needs(o))
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

// playOne plays a drill; one with parts holds if all of them do.
func playOne(ctx context.Context, r *recorder, s *Stage, d drill) {
	parts := &recorder{out: r.out}
	for _, part := range d.parts {
		r.results = append(r.results, parts.play(ctx, s, part))
	}
	if len(d.parts) > 0 {
		d.play = func(context.Context, *Stage) (string, error) { return outcome(parts) }
	}
	r.play(ctx, s, d.scenario)
}

// outcome is that of a drill by its parts: it holds if all of them do.
func outcome(parts *recorder) (seen string, err error) {
	seen = parts.summary()
	switch {
	case len(parts.ids(Failed)) > 0:
		return seen, errors.New("not all of its parts held")
	case len(parts.ids(NotRun)) > 0:
		return seen, NotRunHere("not all of its parts could be run on this computer")
	}
	return seen, nil
}
