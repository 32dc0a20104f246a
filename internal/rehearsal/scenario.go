// Scenarios and how they are played: each says what must be seen, and what was.

package rehearsal

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Result is what a scenario came to; a list of them is out/rehearsal.json and out/drills.json.
type Result struct {
	ID      string  `json:"id"`
	Wanted  string  `json:"wanted"`
	Seen    string  `json:"seen"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"seconds"`
}

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

// play plays one scenario on a stage and says whether it held.
func (r *recorder) play(ctx context.Context, stage *Stage, s scenario) bool {
	fmt.Fprintf(r.out, "\n%s  %s\n", s.id, s.wanted)
	start := time.Now()
	seen, err := s.play(ctx, stage)
	result := Result{ID: s.id, Wanted: s.wanted, Seen: seen, OK: err == nil, Seconds: math.Round(time.Since(start).Seconds()*10) / 10}
	mark := "ok  "
	if err != nil {
		result.Seen = strings.TrimSpace(seen + "\n" + err.Error())
		mark = "FAIL"
	}
	fmt.Fprintf(r.out, "%s  %s  (%.1f s)\n", mark, strings.ReplaceAll(result.Seen, "\n", "\n      "), result.Seconds)
	r.results = append(r.results, result)
	return result.OK
}

// failed are the ids of scenarios that did not hold.
func (r *recorder) failed() (ids []string) {
	for _, result := range r.results {
		if !result.OK {
			ids = append(ids, result.ID)
		}
	}
	return ids
}
