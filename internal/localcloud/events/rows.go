// EventBridge rules and their targets. While things run, rules with a rate call their functions.
package events

import (
	"fmt"
	"regexp"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	// EventRuleType is the type of rules, EventTargetType that of their targets.
	EventRuleType = "aws:cloudwatch/eventRule:EventRule"
	// EventTargetType is the type of a rule's target.
	EventTargetType = "aws:cloudwatch/eventTarget:EventTarget"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    EventRuleType,
		Source:   "internal/service/events/rule.go",
		Replace:  []string{"eventBusName", "name", "namePrefix"},
		Defaults: map[string]any{"eventBusName": "default", "forceDestroy": false},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      64,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
			Auto:     true,
		},
		Computed: map[string]cloud.Value{
			"arn":       cloud.Text("arn:aws:events:{region}:{account}:rule/{name}"),
			"state":     cloud.Fixed("ENABLED"),
			"isEnabled": cloud.Fixed(true),
		},
		Check: cloud.Checks(
			cloud.ValidJSON("eventPattern"),
			cloud.OneOf("state", "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
			func(c *cloud.Call) []cloud.Failure {
				if !cloud.Present(c.Inputs, "scheduleExpression") && !cloud.Present(c.Inputs, "eventPattern") {
					return []cloud.Failure{
						{
							Property: "eventPattern",
							Reason:   "one of `eventPattern,scheduleExpression` must be specified",
						},
					}
				}
				return nil
			},
		),
		BeforeCreate: checkRule,
		BeforeUpdate: checkRule,
		BeforeDelete: func(c *cloud.Call) error {
			for _, target := range c.Tx.All(EventTargetType) {
				if target.Str("rule") == c.ID {
					return fmt.Errorf("ValidationException: Rule can't be deleted since it has targets.")
				}
			}
			return nil
		},
		NotReal: "Rules fire at a rate only, while things run: not by cron expressions or patterns. Buses other " +
			"than the default one do not exist.",
	},
	cloud.Row{
		Token:    EventTargetType,
		Source:   "internal/service/events/target.go",
		Required: []string{"arn", "rule"},
		Replace:  []string{"eventBusName", "rule", "targetId"},
		Defaults: map[string]any{"eventBusName": "default", "forceDestroy": false},
		ID:       cloud.FreeID("{rule}-{targetId}", "{rule}-{targetId}-{hex8}"),
		Computed: cloud.MadeAtCreation("targetId"),
		References: []cloud.Reference{
			{
				Path:    "rule",
				To:      cloud.One(EventRuleType),
				Missing: "ResourceNotFoundException: Rule {value} does not exist on EventBus default.",
			},
		},
		Check: cloud.ValidJSON("input"),
		BeforeCreate: func(c *cloud.Call) error {
			if c.Str("targetId") == "" {
				c.Set("targetId", "terraform-"+time.Now().UTC().Format("20060102150405")+cloud.RandomDigits(12))
			}
			count := 1
			for _, other := range c.Tx.All(EventTargetType) {
				if other.Str("rule") == c.Str("rule") {
					count++
				}
			}
			if count > 5 {
				return fmt.Errorf("LimitExceededException: The requested resource exceeds the maximum number allowed.")
			}
			return nil
		},
		Begin: startSchedule,
		End:   stopSchedule,
	},
)

var (
	rateExpression = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)$`)
	// CronPattern matches the cron expressions of EventBridge.
	CronPattern = regexp.MustCompile(`^cron\([^ ]+( [^ ]+){5}\)$`)
)

func checkRule(c *cloud.Call) error {
	s := c.Str("scheduleExpression")
	if s != "" && !rateExpression.MatchString(s) && !CronPattern.MatchString(s) {
		return fmt.Errorf("ValidationException: Parameter ScheduleExpression is not valid.")
	}
	return nil
}
