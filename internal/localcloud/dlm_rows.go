// Data Lifecycle Manager: the policies that take snapshots of disks.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
)

const policyType = "aws:dlm/lifecyclePolicy:LifecyclePolicy"

var _ = register(
	row{
		token:    policyType,
		source:   "internal/service/dlm/lifecycle_policy.go",
		required: []string{"description", "executionRoleArn", "policyDetails"},
		replace:  []string{"policyDetails.schedules.copyTags"},
		defaults: map[string]any{"state": "ENABLED"},
		id:       text("policy-{hex17}"),
		computed: map[string]value{"arn": text("arn:aws:dlm:{region}:{account}:policy/{id}")},
		check: checks(
			matches("description", regexp.MustCompile(`^[0-9A-Za-z _-]{1,500}$`), "letters, digits, spaces, _ and -"),
			oneOf("state", "ENABLED", "DISABLED"),
			scheduleFaults,
		),
		beforeCreate: policyRole,
		beforeUpdate: policyRole,
		notReal:      "Snapshots come when a rehearsal lets a day pass, not by the clock.",
	},
)

var policyRole = needsRole(
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
func scheduleFaults(c *call) []failure {
	var faults []failure
	schedules, _ := c.get("policyDetails.schedules").([]any)
	for i, item := range schedules {
		schedule, _ := item.(map[string]any)
		at := fmt.Sprintf("policyDetails.schedules[%d].", i)
		for _, required := range []string{"name", "createRule", "retainRule"} {
			if _, given := schedule[required]; !given {
				faults = append(
					faults,
					failure{
						at + required,
						fmt.Sprintf(
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
				failure{
					at + "createRule.interval",
					fmt.Sprintf("expected interval to be one of %v, got %s", scheduleHours, trimFloat(hours)),
				},
			)
		}
		if moment, given := rule["times"].(string); given && !scheduleTime.MatchString(moment) {
			faults = append(
				faults,
				failure{at + "createRule.times", fmt.Sprintf("invalid value for times (hh:mm), got %s", moment)},
			)
		}
		retain, _ := schedule["retainRule"].(map[string]any)
		if count, given := retain["count"].(float64); given && (count < 1 || count > 1000) {
			faults = append(
				faults,
				failure{
					at + "retainRule.count",
					fmt.Sprintf("expected count to be in the range (1 - 1000), got %s", trimFloat(count)),
				},
			)
		}
	}
	return faults
}
