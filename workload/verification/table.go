// The report for a terminal.
package verification

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Table writes the report for a terminal: the outcome, one line a check, what did not hold, and the
// services with their subjects.
func (r Report) Table(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(
		out,
		"Verification of %s, %s, %.1f s: %s\n\n",
		r.Environment,
		r.Started.Format(time.RFC3339),
		r.Seconds,
		r.Outcome(),
	)
	fmt.Fprintln(out, "CHECK\tHELD\tOUTCOME\tWANTED")
	for _, s := range r.Checks {
		fmt.Fprintf(out, "%s\t%d/%d\t%s\t%s\n", s.ID, s.Held, s.Rows, s.Verdict(), s.Title)
	}
	if rows := r.NotHeld(); len(rows) > 0 {
		fmt.Fprintln(out, "\nNOT HELD\t")
		for _, row := range rows {
			fmt.Fprintf(out, "%s\t%s\t%s\n", row.ID, row.Verdict(), oneLine(row.Seen))
		}
	}
	fmt.Fprintln(
		out,
		"\nSERVICE\tTASKS\tCHI-SQUARE (P)\tEVENTS\tP50 ms\tP99 ms\tSUBJECT\tANSWERED\tREQUEST JSON/PROTOBUF\tRESPONSE",
	)
	for _, s := range r.Services {
		for i, subject := range s.Subjects {
			service := strings.Repeat("\t", 6)
			if i == 0 {
				service = strings.Join(
					[]string{
						s.Name,
						s.Tasks(),
						s.Chance(),
						s.Stored(),
						milliseconds(s.Latency.P50),
						milliseconds(s.Latency.P99),
						"",
					},
					"\t",
				)
			}
			fmt.Fprintf(
				out,
				"%s%s\t%s\t%s\t%s\n",
				service,
				subject.Name,
				yes(subject.Answered),
				subject.Request,
				subject.Response,
			)
		}
	}
	fmt.Fprintf(out, "\nall\t%s, slowest %s ms\n", r.Latency, milliseconds(r.Latency.Slowest))
	fmt.Fprintf(out, "load\t%s\n", r.Throughput)
	fmt.Fprintf(out, "sizes\trequests %s, answers %s\n", r.Request, r.Response)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report's table: %w", err)
	}
	return nil
}

// Tasks are the answers of each task, for example "104 + 96"; "none" if there are none.
func (s Service) Tasks() string {
	var counts []string
	for _, count := range s.Share.Counts() {
		counts = append(counts, fmt.Sprint(count))
	}
	if counts == nil {
		return "none"
	}
	return strings.Join(counts, " + ")
}

// Chance is the chi-square statistic of the share and its p-value, for example "0.32 (0.57)"; ""
// where nothing was shared.
func (s Service) Chance() string {
	if s.Share.DegreesOfFreedom == 0 || len(s.Share.Answers) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2g)", s.Share.ChiSquare, s.Share.PValue)
}

// Stored is "stored once", what was seen instead, or "has none".
func (s Service) Stored() string {
	switch {
	case s.Event == nil:
		return "has none"
	case s.Event.Stream == "":
		return "no stream"
	case s.Event.once():
		return "stored once"
	}
	return fmt.Sprintf("%d stored, %d others", s.Event.Stored, s.Event.Others)
}

// String is for example "412/268 bytes (1.54×)".
func (s Size) String() string {
	return fmt.Sprintf("%d/%d bytes (%.2f×)", s.JSON, s.Protobuf, s.Ratio())
}

func yes(held bool) string {
	if held {
		return "yes"
	}
	return "NO"
}

func oneLine(text string) string {
	return strings.NewReplacer("\n", "; ", "\t", " ").Replace(text)
}
