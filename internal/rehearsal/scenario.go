// Scenarios and how they are played: each says what must be seen, and what was.

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Result is what a scenario came to; a list of them is out/rehearsal.json and out/drills.json.
type Result struct {
	ID     string `json:"id"`
	Wanted string `json:"wanted"`
	Seen   string `json:"seen"`
	OK     bool   `json:"ok"`
	// NotRun is why it was not played: this computer lacks what it takes. Then it neither held nor
	// failed.
	NotRun  string  `json:"notRun,omitempty"`
	Seconds float64 `json:"seconds"`
}

// notRun is the error of a scenario that this computer cannot play, and says what it takes.
type notRun string

func (n notRun) Error() string { return "not run: " + string(n) }

// scenario is one thing that must be seen. play returns what was seen; an error means that it
// was something else, and says what.
type scenario struct {
	id, wanted string
	play       func(context.Context, *Stage) (seen string, err error)
}

// recorder plays scenarios and keeps and shows their results.
type recorder struct {
	out     io.Writer
	results []Result
}

// play plays one scenario on a stage and says whether it did not fail.
func (r *recorder) play(ctx context.Context, stage *Stage, s scenario) bool {
	fmt.Fprintf(r.out, "\n%s  %s\n", s.id, s.wanted)
	start := time.Now()
	seen, err := s.play(ctx, stage)
	result := Result{
		ID:      s.id,
		Wanted:  s.wanted,
		Seen:    seen,
		OK:      err == nil,
		Seconds: math.Round(time.Since(start).Seconds()*10) / 10,
	}
	mark := "ok  "
	if reason := notRun(""); errors.As(err, &reason) {
		result.NotRun, mark = string(reason), "--  "
	} else if err != nil {
		mark = "FAIL"
	}
	if err != nil {
		result.Seen = strings.TrimSpace(seen + "\n" + err.Error())
	}
	fmt.Fprintf(r.out, "%s  %s  (%.1f s)\n", mark, strings.ReplaceAll(result.Seen, "\n", "\n      "), result.Seconds)
	r.results = append(r.results, result)
	return result.OK || result.NotRun != ""
}

// failed are the ids of scenarios that did not hold.
func (r *recorder) failed() (ids []string) {
	for _, result := range r.results {
		if !result.OK && result.NotRun == "" {
			ids = append(ids, result.ID)
		}
	}
	return ids
}

// summary counts results: "45 of 46 held, 1 not run".
func (r *recorder) summary() string {
	held, without := 0, 0
	for _, result := range r.results {
		switch {
		case result.OK:
			held++
		case result.NotRun != "":
			without++
		}
	}
	text := fmt.Sprintf("%d of %d held", held, len(r.results))
	if without > 0 {
		text += fmt.Sprintf(", %d not run", without)
	}
	return text
}
