// The verification of a rehearsed platform: the task that the program defines for it runs to its
// end, as `make verify` lets it on AWS.

package stage

import (
	"context"
	"errors"
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/verifying"
	"github.com/bodybroker/platform/workload/verification"
)

// Verify runs the task, keeps its report for the page, and writes it next to the other results.
// Targets of latency and throughput are measured and not checked: this computer shares its cores
// with five servers and all tasks.
func (s *Stage) Verify(ctx context.Context) (verification.Report, error) {
	log, ended := ecs.RunTask(s.Cloud, ctx, verification.Name, map[string]string{"VERIFY_COMMANDS": "true"})
	report, err := verification.Parse(log)
	if err != nil {
		return report, errors.Join(fmt.Errorf("verifying the rehearsed platform: %w", err), ended)
	}
	s.Verified = &report
	return report, errors.Join(ended, report.Err(), verifying.Write(s.Options.Root, report))
}

// OutcomeOf is a report in a few lines.
func OutcomeOf(report verification.Report) string {
	text := "verified from inside: " + report.Outcome()
	for _, c := range report.Checks {
		text += fmt.Sprintf("\n  %-11s %3d of %3d  %s: %s", c.ID, c.Held, c.Rows, c.Title, c.Verdict())
	}
	return text
}
