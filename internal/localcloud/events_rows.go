// EventBridge rules and their targets.
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
			func(c *call) []failure {
				if !present(c.inputs, "scheduleExpression") && !present(c.inputs, "eventPattern") {
					return []failure{
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
			for _, target := range c.tx.all(targetsOfRule) {
				if target.str("rule") == c.id {
					return fmt.Errorf("ValidationException: Rule can't be deleted since it has targets.")
				}
			}
			return nil
		},
		notReal: "Rules fire at a rate only, while things run: not by cron expressions or patterns. Buses other " +
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
			for _, other := range c.tx.all(targetsOfRule) {
				if other.str("rule") == c.str("rule") {
					count++
				}
			}
			if count > 5 {
				return fmt.Errorf("LimitExceededException: The requested resource exceeds the maximum number allowed.")
			}
			return nil
		},
		begin: startSchedule,
		end:   stopSchedule,
	},
)

var (
	rateExpression = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)$`)
	cronExpression = regexp.MustCompile(`^cron\([^ ]+( [^ ]+){5}\)$`)
)

func judgeRule(c *call) error {
	s := c.str("scheduleExpression")
	if s != "" && !rateExpression.MatchString(s) && !cronExpression.MatchString(s) {
		return fmt.Errorf("ValidationException: Parameter ScheduleExpression is not valid.")
	}
	return nil
}
