// The report as one page of HTML that needs nothing else: no script, no font, no network.
package verification

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html.tmpl chart.html.tmpl
var templates embed.FS

func parseTemplates() (*template.Template, error) {
	parsed, err := template.New("").
		Funcs(template.FuncMap{"milliseconds": milliseconds, "mark": mark}).
		ParseFS(templates, "*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("reading the report's page: %w", err)
	}
	return parsed, nil
}

// Chart is the histogram as a figure for another page. Its parts have the classes column, base,
// target (two lines) and p99, which that page's style colours.
func (l Latency) Chart(title string) (template.HTML, error) {
	parsed, err := parseTemplates()
	if err != nil {
		return "", err
	}
	var figure strings.Builder
	if err := parsed.ExecuteTemplate(&figure, "chart", chartsOf(chart{Title: title, Latency: l})[0]); err != nil {
		return "", fmt.Errorf("drawing latencies: %w", err)
	}
	return template.HTML(figure.String()), nil
}

// HTML writes the report as a page.
func (r Report) HTML(w io.Writer) error {
	parsed, err := parseTemplates()
	if err != nil {
		return err
	}
	if err := parsed.ExecuteTemplate(w, "page.html.tmpl", page{
		Report:           r,
		Charts:           charts(r),
		Bars:             bars(r),
		TargetP50:        spelled(TargetP50),
		TargetP99:        spelled(TargetP99),
		TargetThroughput: TargetThroughput,
		TargetSizeRatio:  TargetSizeRatio,
	}); err != nil {
		return fmt.Errorf("writing the report's page: %w", err)
	}
	return nil
}

// page is what the template is filled with.
type page struct {
	Report
	Charts           []chart
	Bars             []bar
	TargetP50        string
	TargetP99        string
	TargetThroughput int
	TargetSizeRatio  float64
}

// Failed are the rows that fail the verification.
func (p page) Failed() (count int) {
	for _, row := range p.Rows {
		if row.Failed() {
			count++
		}
	}
	return count
}

// Held are the rows that hold.
func (p page) Held() (count int) {
	for _, row := range p.Rows {
		if row.Held {
			count++
		}
	}
	return count
}

// Subjects are those of all services.
func (p page) Subjects() (count int) {
	for _, s := range p.Services {
		count += len(s.Subjects)
	}
	return count
}

// Both is the size of requests and answers together.
func (p page) Both() Size { return p.Request.plus(p.Response) }

// verdict is a word with its sign and style: what the colour says, the text says too.
type verdict struct{ Style, Sign, Text string }

// mark is the verdict of a Row or Summary, or of a bool.
func mark(of any) verdict {
	switch of := of.(type) {
	case bool:
		if of {
			return verdict{Style: "held", Sign: "✓", Text: "yes"}
		}
		return verdict{Style: "failed", Sign: "✗", Text: "no"}
	case Row:
		return marked(of.Held, of.Failed(), of.Verdict())
	case Summary:
		return marked(of.Held == of.Rows, of.Failed > 0, of.Verdict())
	}
	return verdict{Text: fmt.Sprint(of)}
}

func marked(held, failed bool, text string) verdict {
	switch {
	case held:
		return verdict{Style: "held", Sign: "✓", Text: text}
	case failed:
		return verdict{Style: "failed", Sign: "✗", Text: text}
	}
	return verdict{Style: "missed", Sign: "△", Text: text}
}
