// What the page's template is filled with: every figure worked out, every word chosen.

package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// view is the page.
type view struct {
	Platform
	Style             template.CSS
	Verdict, Headline string // Verdict: held, failed or not-run
	Failed, NotRun    []string
	Began, Took       string
	Figures           []figure
	Picture           *drawing
	Latency           template.HTML // "" where no request was counted
	Connections       []connection
	ResultRows        []resultRow
	Measured          bool // the services have latencies
	ServiceRows       []serviceRow
	StreamRows        []streamRow
	ResourceRows      []resourceRow
	ResourceTotal     string
}

// figure is one number that a person looks for first.
type figure struct {
	Number, What string
	Wrong        bool
}

type connection struct{ From, To, Port, Why string }

type resultRow struct {
	Result
	State, Word, Took string
	Lines             []string
	Columns           bool // the lines are lined up with spaces
}

type serviceRow struct {
	Service
	Running, Asked, Half, Most string
	Short                      bool // fewer tasks run than should
	Bar                        []shape
}

type streamRow struct {
	Stream
	Kept string
}

type resourceRow struct {
	Part, Count string
	Bar         []shape
}

func newView(p Platform) (v view, err error) {
	v = view{
		Platform: p,
		Style:    template.CSS(style),
		Picture:  picture(p),
	}
	if p.Latency.Requests > 0 {
		if v.Latency, err = p.Latency.Chart("All services"); err != nil {
			return v, err
		}
	}
	if !p.When.IsZero() {
		v.Began = p.When.UTC().Format("2 January 2006, 15:04 UTC")
	}
	if p.Duration > 0 {
		v.Took = took(p.Duration)
	}
	v.summarise(p.Results)
	v.Figures = figures(p)
	v.connect(p.Flows)
	v.serve(p)
	for _, s := range p.Streams {
		v.StreamRows = append(v.StreamRows, streamRow{s, grouped(s.Messages)})
	}
	v.count(p.Resources)
	return v, nil
}

// summarise makes the headline and the rows of results. What could not be tried is neither held nor
// failed.
func (v *view) summarise(results []Result) {
	held := 0
	for _, r := range results {
		row := resultRow{
			Result:  r,
			State:   strings.ReplaceAll(string(r.Status), " ", "-"),
			Word:    string(r.Status),
			Took:    fmt.Sprintf("%.1f", r.Seconds),
			Lines:   strings.Split(r.Seen, "\n"),
			Columns: strings.Contains(r.Seen, "  "),
		}
		switch r.Status {
		case NotRun:
			v.NotRun = append(v.NotRun, r.ID)
		case Held:
			held++
		case Failed:
			v.Failed = append(v.Failed, r.ID)
		}
		v.ResultRows = append(v.ResultRows, row)
	}
	v.Headline, v.Verdict = fmt.Sprintf("%d of %d held", held, len(results)), "held"
	switch {
	case len(results) == 0:
		v.Headline, v.Verdict = "Nothing was tried", "not-run"
	case len(v.Failed) > 0:
		v.Verdict = "failed"
	case len(v.NotRun) > 0:
		v.Verdict = "not-run"
	}
}

func (v *view) connect(flows []Flow) {
	for _, f := range flows {
		v.Connections = append(v.Connections, connection{
			From: endTitle(f.From),
			To:   endTitle(f.To),
			Port: fmt.Sprint(f.Port),
			Why:  f.Why,
		})
	}
}

// serve makes the table of services, those too of which only tasks were seen.
func (v *view) serve(p Platform) {
	running := tasksByService(p)
	names, _ := serviceNames(p)
	most := slowest(p.Services)
	v.Measured = most > 0
	for i, name := range names {
		s := Service{Name: name, Tasks: running[name]}
		if i < len(p.Services) {
			s = p.Services[i]
		}
		row := serviceRow{
			Service: s,
			Running: fmt.Sprintf("%d of %d", running[name], s.Tasks),
			Short:   running[name] < s.Tasks,
			Asked:   grouped(s.Requests),
			Bar:     latencyBar(s, most),
		}
		if s.P50 > 0 || s.P99 > 0 {
			row.Half, row.Most = took(s.P50), took(s.P99)
		}
		v.ServiceRows = append(v.ServiceRows, row)
	}
}

// count makes the table of resources, most first.
func (v *view) count(resources map[string]int) {
	most, total := 0, 0
	for part, n := range resources {
		most, total = max(most, n), total+n
		v.ResourceRows = append(v.ResourceRows, resourceRow{Part: part})
	}
	slices.SortFunc(v.ResourceRows, func(a, b resourceRow) int {
		return cmp.Or(cmp.Compare(resources[b.Part], resources[a.Part]), strings.Compare(a.Part, b.Part))
	})
	for i := range v.ResourceRows {
		n := resources[v.ResourceRows[i].Part]
		v.ResourceRows[i].Count, v.ResourceRows[i].Bar = grouped(n), []shape{bar("bar", float64(n), float64(most))}
	}
	v.ResourceTotal = grouped(total)
}
