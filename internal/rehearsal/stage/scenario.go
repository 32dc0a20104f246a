// Scenarios and how they are played: each says what must be seen, and what was.

package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Status is how a scenario ended.
type Status string

const (
	// Held means that everything was seen that the scenario requires.
	Held Status = "held"
	// Failed means that something else was seen.
	Failed Status = "failed"
	// NotRun means that this computer lacks what the scenario needs: it neither held nor failed.
	NotRun Status = "not run"
)

// Result is what a scenario came to; a list of them is out/rehearsal.json and out/drills.json.
type Result struct {
	ID     string `json:"id"`
	Wanted string `json:"wanted"`
	Seen   string `json:"seen"`
	Status Status `json:"status"`
	// Reason is why a scenario failed or was not run; "" if it held.
	Reason  string  `json:"reason,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Text is what was seen and why it is not enough, for people.
func (r Result) Text() string { return strings.TrimSpace(r.Seen + "\n" + r.Reason) }

// NotRunHere is the error of a scenario that this computer cannot play, and says what it lacks.
type NotRunHere string

func (n NotRunHere) Error() string { return string(n) }

// Scenario is one thing that must be seen. play returns what was seen; an error means that it
// was something else, and says what.
type Scenario struct {
	ID, Wanted string
	Play       func(context.Context, *Stage) (seen string, err error)
}

// Recorder plays scenarios, keeps their results and prints them.
type Recorder struct {
	Out     io.Writer
	Results []Result
}

// marks begin the line of a result.
var marks = map[Status]string{Held: "ok  ", Failed: "FAIL", NotRun: "--  not run:"}

// Play plays one scenario on a stage and returns how it ended.
func (r *Recorder) Play(ctx context.Context, stage *Stage, s Scenario) Result {
	fmt.Fprintf(r.Out, "\n%s  %s\n", s.ID, s.Wanted)
	start := time.Now()
	seen, err := s.Play(ctx, stage)
	result := Result{
		ID:      s.ID,
		Wanted:  s.Wanted,
		Seen:    seen,
		Status:  Held,
		Seconds: math.Round(time.Since(start).Seconds()*10) / 10,
	}
	if err != nil {
		result.Status, result.Reason = statusOf(err), err.Error()
	}
	text := strings.ReplaceAll(result.Text(), "\n", "\n      ")
	fmt.Fprintf(r.Out, "%s  %s  (%.1f s)\n", marks[result.Status], text, result.Seconds)
	r.Results = append(r.Results, result)
	return result
}

// statusOf is NotRun only if nothing else went wrong: joined with a fault, the fault counts.
func statusOf(err error) Status {
	if joined, is := err.(interface{ Unwrap() []error }); is {
		for _, one := range joined.Unwrap() {
			if statusOf(one) == Failed {
				return Failed
			}
		}
		return NotRun
	}
	if reason := NotRunHere(""); errors.As(err, &reason) {
		return NotRun
	}
	return Failed
}

// IDs are those of the scenarios that ended in one way.
func (r *Recorder) IDs(status Status) (ids []string) {
	for _, result := range r.Results {
		if result.Status == status {
			ids = append(ids, result.ID)
		}
	}
	return ids
}

// Summary counts results: "45 of 47 held, 1 failed: nats.zone, 1 not run: nats.rootfs".
func (r *Recorder) Summary() string {
	text := fmt.Sprintf("%d of %d held", len(r.IDs(Held)), len(r.Results))
	for _, status := range []Status{Failed, NotRun} {
		if ids := r.IDs(status); len(ids) > 0 {
			text += fmt.Sprintf(", %d %s: %s", len(ids), status, strings.Join(ids, ", "))
		}
	}
	return text
}

// ErrFailed says that a scenario did not hold; the output names it.
var ErrFailed = errors.New("not everything was seen that should be seen")

// Finish prints the summary; what failed is an error, added to err.
func Finish(r *Recorder, out io.Writer, start time.Time, err error) error {
	failed := r.IDs(Failed)
	fmt.Fprintf(out, "\n%s, %.0f s in all.\n", r.Summary(), time.Since(start).Seconds())
	if len(failed) > 0 {
		err = errors.Join(err, fmt.Errorf("%w: %s", ErrFailed, strings.Join(failed, ", ")))
	}
	return err
}
