// EventBridge Scheduler's schedules.
package localcloud

import (
	"fmt"
	"regexp"
)

var _ = register(
	row{
		token:  "aws:scheduler/schedule:Schedule",
		source: "internal/service/scheduler/schedule.go",
		required: []string{
			"flexibleTimeWindow",
			"flexibleTimeWindow.mode",
			"scheduleExpression",
			"target",
			"target.arn",
			"target.roleArn",
		},
		replace:  []string{"groupName", "name", "namePrefix"},
		defaults: map[string]any{"scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
		name: &nameRule{
			property: "name",
			max:      64,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
			auto:     true,
			unique:   true,
			taken:    "ConflictException: Schedule {value} already exists.",
		},
		id: func(c *call) any {
			if c.str("groupName") == "" {
				return "default/" + c.name()
			}
			return c.expand("{groupName}/{name}")
		},
		computed: map[string]value{
			"arn":       text("arn:aws:scheduler:{region}:{account}:schedule/{id}"),
			"groupName": fixed("default"),
		},
		check: checks(
			oneOf("flexibleTimeWindow.mode", "OFF", "FLEXIBLE"),
			oneOf("state", "ENABLED", "DISABLED"),
			between(
				"flexibleTimeWindow.maximumWindowInMinutes",
				1,
				1440,
			),
			between("target.retryPolicy.maximumRetryAttempts", 0, 185),
			between("target.retryPolicy.maximumEventAgeInSeconds", 60, 86400),
		),
		beforeCreate: inTurn(
			judgeSchedule,
			schedulerRole,
			needsKey("kmsKeyArn", "ValidationException: The KMS key {value} does not exist"),
		),
		beforeUpdate: inTurn(judgeSchedule, schedulerRole),
		notReal:      "Schedules do not fire.",
	},
)

var atExpression = regexp.MustCompile(`^at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)$`)

// judgeSchedule: EventBridge Scheduler, unlike rules, takes "rate(1 minutes)" and single times.
func judgeSchedule(c *call) error {
	s := c.str("scheduleExpression")
	lenient := regexp.MustCompile(`^rate\([1-9][0-9]* (minute|hour|day)s?\)$`)
	if !lenient.MatchString(s) && !cronExpression.MatchString(s) && !atExpression.MatchString(s) {
		return fmt.Errorf("ValidationException: Invalid Schedule Expression %s.", s)
	}
	if c.str("flexibleTimeWindow.mode") == "FLEXIBLE" && c.num("flexibleTimeWindow.maximumWindowInMinutes") == 0 {
		return fmt.Errorf(
			"ValidationException: MaximumWindowInMinutes is required when FlexibleTimeWindow mode is FLEXIBLE",
		)
	}
	return nil
}

var schedulerRole = needsRole("target.roleArn", "scheduler.amazonaws.com",
	"ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
	"ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
