// Data Lifecycle Manager: the policies that create snapshots of disks.
package dlm

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// PolicyType is the type of lifecycle policies.
const PolicyType = "aws:dlm/lifecyclePolicy:LifecyclePolicy"

var _ = cloud.Register(
	cloud.Row{
		Token:    PolicyType,
		Source:   "internal/service/dlm/lifecycle_policy.go",
		Required: []string{"description", "executionRoleArn", "policyDetails"},
		Replace:  []string{"policyDetails.schedules.copyTags"},
		Defaults: map[string]any{"state": "ENABLED"},
		ID:       cloud.Text("policy-{hex17}"),
		Computed: map[string]cloud.Value{"arn": cloud.Text("arn:aws:dlm:{region}:{account}:policy/{id}")},
		Check: cloud.Checks(
			cloud.Matches(
				"description",
				regexp.MustCompile(`^[0-9A-Za-z _-]{1,500}$`),
				"letters, digits, spaces, _ and -",
			),
			cloud.OneOf("state", "ENABLED", "DISABLED"),
			scheduleFaults,
		),
		BeforeCreate: policyRole,
		BeforeUpdate: policyRole,
		NotReal:      "Snapshots come when a rehearsal lets a day pass, not by the clock.",
	},
)

var policyRole = roles.RequireRole(
	"executionRoleArn",
	"dlm.amazonaws.com",
	"InvalidRequestException: Invalid role: {value} does not exist",
	"InvalidRequestException: Role {value} cannot be assumed by dlm.amazonaws.com",
)

// scheduleHours are the intervals that a schedule may have, in hours (the provider's
// createRule.interval).
var scheduleHours = []float64{1, 2, 3, 4, 6, 8, 12, 24}

var scheduleTime = regexp.MustCompile(`^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$`)

// scheduleFaults is the provider's check of a policy's schedules.
func scheduleFaults(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	schedules, _ := c.Get("policyDetails.schedules").([]any)
	for i, item := range schedules {
		schedule, _ := item.(map[string]any)
		at := fmt.Sprintf("policyDetails.schedules[%d].", i)
		for _, required := range []string{"name", "createRule", "retainRule"} {
			if _, given := schedule[required]; !given {
				faults = append(
					faults,
					cloud.Failure{
						Property: at + required,
						Reason: fmt.Sprintf(
							"Missing required argument. The argument %q is required, but no definition was found.",
							required,
						),
					},
				)
			}
		}
		rule, _ := schedule["createRule"].(map[string]any)
		if hours, given := rule["interval"].(float64); given && !slices.Contains(scheduleHours, hours) {
			faults = append(
				faults,
				cloud.Failure{
					Property: at + "createRule.interval",
					Reason: fmt.Sprintf(
						"expected interval to be one of %v, got %s",
						scheduleHours,
						cloud.FormatNumber(hours),
					),
				},
			)
		}
		if moment, given := rule["times"].(string); given && !scheduleTime.MatchString(moment) {
			faults = append(
				faults,
				cloud.Failure{
					Property: at + "createRule.times",
					Reason:   fmt.Sprintf("invalid value for times (hh:mm), got %s", moment),
				},
			)
		}
		retain, _ := schedule["retainRule"].(map[string]any)
		if count, given := retain["count"].(float64); given && (count < 1 || count > 1000) {
			faults = append(
				faults,
				cloud.Failure{
					Property: at + "retainRule.count",
					Reason: fmt.Sprintf(
						"expected count to be in the range (1 - 1000), got %s",
						cloud.FormatNumber(count),
					),
				},
			)
		}
	}
	return faults
}
