// EventBridge Scheduler's schedules. They do not fire: the row checks what AWS refuses of them.
package scheduler

import (
	"fmt"
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/events"
	"github.com/bodybroker/platform/internal/localcloud/kms"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

var _ = cloud.Register(
	cloud.Row{
		Token:  "aws:scheduler/schedule:Schedule",
		Source: "internal/service/scheduler/schedule.go",
		Required: []string{
			"flexibleTimeWindow",
			"flexibleTimeWindow.mode",
			"scheduleExpression",
			"target",
			"target.arn",
			"target.roleArn",
		},
		Replace:  []string{"groupName", "name", "namePrefix"},
		Defaults: map[string]any{"scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      64,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "ConflictException: Schedule {value} already exists.",
		},
		ID: func(c *cloud.Call) any {
			if c.Str("groupName") == "" {
				return "default/" + c.Name()
			}
			return c.Expand("{groupName}/{name}")
		},
		Computed: map[string]cloud.Value{
			"arn":       cloud.Text("arn:aws:scheduler:{region}:{account}:schedule/{id}"),
			"groupName": cloud.Fixed("default"),
		},
		Check: cloud.Checks(
			cloud.OneOf("flexibleTimeWindow.mode", "OFF", "FLEXIBLE"),
			cloud.OneOf("state", "ENABLED", "DISABLED"),
			cloud.Between(
				"flexibleTimeWindow.maximumWindowInMinutes",
				1,
				1440,
			),
			cloud.Between("target.retryPolicy.maximumRetryAttempts", 0, 185),
			cloud.Between("target.retryPolicy.maximumEventAgeInSeconds", 60, 86400),
		),
		BeforeCreate: cloud.InTurn(
			checkSchedule,
			schedulerRole,
			kms.RequireKey("kmsKeyArn", "ValidationException: The KMS key {value} does not exist"),
		),
		BeforeUpdate: cloud.InTurn(checkSchedule, schedulerRole),
		NotReal:      "Schedules do not fire.",
	},
)

var atExpression = regexp.MustCompile(`^at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)$`)

// checkSchedule refuses invalid expressions. Unlike rules, EventBridge Scheduler accepts
// "rate(1 minutes)" and single times.
func checkSchedule(c *cloud.Call) error {
	s := c.Str("scheduleExpression")
	lenient := regexp.MustCompile(`^rate\([1-9][0-9]* (minute|hour|day)s?\)$`)
	if !lenient.MatchString(s) && !events.CronPattern.MatchString(s) && !atExpression.MatchString(s) {
		return fmt.Errorf("ValidationException: Invalid Schedule Expression %s.", s)
	}
	if c.Str("flexibleTimeWindow.mode") == "FLEXIBLE" && c.Num("flexibleTimeWindow.maximumWindowInMinutes") == 0 {
		return fmt.Errorf(
			"ValidationException: MaximumWindowInMinutes is required when FlexibleTimeWindow mode is FLEXIBLE",
		)
	}
	return nil
}

var schedulerRole = roles.RequireRole("target.roleArn", "scheduler.amazonaws.com",
	"ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
	"ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
