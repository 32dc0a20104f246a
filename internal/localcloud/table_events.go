// EventBridge rules and their targets, EventBridge Scheduler's schedules.
package localcloud

import (
	"fmt"
	"regexp"
	"time"
)

const (
	eventRuleType = "aws:cloudwatch/eventRule:EventRule"
	targetsOfRule = "aws:cloudwatch/eventTarget:EventTarget"
)

var _ = register(
	row{
		token:    eventRuleType,
		source:   "internal/service/events/rule.go",
		replace:  []string{"eventBusName", "name", "namePrefix"},
		defaults: map[string]any{"eventBusName": "default", "forceDestroy": false},
		name: &nameRule{
			property: "name",
			max:      64,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
			auto:     true,
		},
		computed: map[string]value{
			"arn":       text("arn:aws:events:{region}:{account}:rule/{name}"),
			"state":     fixed("ENABLED"),
			"isEnabled": fixed(true),
		},
		check: checks(
			validJSON("eventPattern"),
			oneOf("state", "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
			func(c *call) []fault {
				if !present(c.inputs, "scheduleExpression") && !present(c.inputs, "eventPattern") {
					return []fault{
						{
							property: "eventPattern",
							reason:   "one of `eventPattern,scheduleExpression` must be specified",
						},
					}
				}
				return nil
			},
		),
		beforeCreate: judgeRule,
		beforeUpdate: judgeRule,
		beforeDelete: func(c *call) error {
			for _, target := range c.cloud.all(targetsOfRule) {
				if target.str("rule") == c.id {
					return fmt.Errorf("ValidationException: Rule can't be deleted since it has targets.")
				}
			}
			return nil
		},
		notReal: "Rules fire at a rate only, in a living cloud: not by cron expressions or patterns. Buses other " +
			"than the default one do not exist.",
	},
	row{
		token:    targetsOfRule,
		source:   "internal/service/events/target.go",
		required: []string{"arn", "rule"},
		replace:  []string{"eventBusName", "rule", "targetId"},
		defaults: map[string]any{"eventBusName": "default", "forceDestroy": false},
		id:       freeID("{rule}-{targetId}", "{rule}-{targetId}-{hex8}"),
		computed: madeAtCreation("targetId"),
		references: []reference{
			{
				path:    "rule",
				to:      one(eventRuleType),
				missing: "ResourceNotFoundException: Rule {value} does not exist on EventBus default.",
			},
		},
		check: validJSON("input"),
		beforeCreate: func(c *call) error {
			if c.str("targetId") == "" {
				c.set("targetId", "terraform-"+time.Now().UTC().Format("20060102150405")+randomDigits(12))
			}
			count := 1
			for _, other := range c.cloud.all(targetsOfRule) {
				if other.str("rule") == c.str("rule") {
					count++
				}
			}
			if count > 5 {
				return fmt.Errorf("LimitExceededException: The requested resource exceeds the maximum number allowed.")
			}
			return nil
		},
	},
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

var (
	rateExpression = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)$`)
	cronExpression = regexp.MustCompile(`^cron\([^ ]+( [^ ]+){5}\)$`)
	atExpression   = regexp.MustCompile(`^at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)$`)
)

func judgeRule(c *call) error {
	s := c.str("scheduleExpression")
	if s != "" && !rateExpression.MatchString(s) && !cronExpression.MatchString(s) {
		return fmt.Errorf("ValidationException: Parameter ScheduleExpression is not valid.")
	}
	return nil
}

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
