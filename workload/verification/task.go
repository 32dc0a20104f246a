// Verification as a task: it reads what its task definition gives, checks the platform, and writes
// the report to its log, for that is all that leaves a task.
package verification

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/messaging"
)

// Name is the SERVICE_NAME of the task.
const Name = "verification"

// RunTask verifies with the variables of a task definition (docs/service-contract.md) and these:
// SERVICE_TASKS is how many tasks each service has, DefaultTasks if it is not set; VERIFY_COMMANDS
// and JUDGE_TARGETS, "true", are Options.Commands and Options.RequireTargets. The report goes to
// out; the error says what failed.
func RunTask(ctx context.Context, variable func(string) string, out io.Writer) (err error) {
	options := Options{
		Environment:    variable("ENVIRONMENT"),
		Commands:       variable("VERIFY_COMMANDS") == "true",
		RequireTargets: variable("JUDGE_TARGETS") == "true",
		Out:            out,
	}
	if text := variable("SERVICE_TASKS"); text != "" {
		if options.Tasks, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("reading SERVICE_TASKS: %w", err)
		}
	}
	if options.Client, err = messaging.Connect(ctx, messaging.FromEnvironment(variable)); err != nil {
		return err
	}
	defer options.Client.Native().Close()
	report, err := Run(ctx, options)
	if err != nil {
		return err
	}
	return errors.Join(report.print(out), report.Err())
}

const (
	// reportMark begins each line of a report in a log.
	reportMark = "verification-report "
	// reportLine is how much of a report goes into one line: Fargate's log driver splits what is
	// longer than 16 KB.
	reportLine = 8000
)

// print writes the report as lines of a log: compressed, for a log costs by its size.
func (r Report) print(out io.Writer) error {
	var packed bytes.Buffer
	encoder := gzip.NewWriter(&packed)
	err := errors.Join(json.NewEncoder(encoder).Encode(r), encoder.Close())
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(packed.Bytes())
	total := (len(text) + reportLine - 1) / reportLine
	for i := range total {
		if _, err := fmt.Fprintf(
			out,
			"%s%d/%d %s\n",
			reportMark,
			i+1,
			total,
			text[i*reportLine:min((i+1)*reportLine, len(text))],
		); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}

// Parse finds the report in the log of a task. The error of a log without one shows the log's end.
func Parse(log string) (Report, error) {
	var text strings.Builder
	found, total := 0, -1
	for line := range strings.Lines(log) {
		rest, is := strings.CutPrefix(strings.TrimSpace(line), reportMark)
		if !is {
			continue
		}
		var number int
		var part string
		if _, err := fmt.Sscanf(rest, "%d/%d %s", &number, &total, &part); err != nil || number != found+1 {
			return Report{}, fmt.Errorf(
				"reading the verification's log: line %d of the report is missing or torn",
				found+1,
			)
		}
		found++
		text.WriteString(part)
	}
	if found != total {
		return Report{}, fmt.Errorf(
			"reading the verification's log: it holds %d lines of a report of %d; it ends\n%s",
			found,
			max(total, 0),
			log[max(0, len(log)-2000):],
		)
	}
	var report Report
	packed, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text.String())))
	if err == nil {
		err = json.NewDecoder(packed).Decode(&report)
	}
	if err != nil {
		return Report{}, fmt.Errorf("reading the report in the verification's log: %w", err)
	}
	return report, nil
}
