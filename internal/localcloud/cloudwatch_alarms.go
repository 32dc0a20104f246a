// Alarms.
package localcloud

import (
	"fmt"
	"slices"
)

const (
	alarmType     = "aws:cloudwatch/metricAlarm:MetricAlarm"
	compositeType = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
)

var _ = register(
	row{
		token:    alarmType,
		source:   "internal/service/cloudwatch/metric_alarm.go; AWS CloudWatch API reference, PutMetricAlarm",
		required: []string{"comparisonOperator", "evaluationPeriods"},
		replace:  []string{"name"},
		defaults: map[string]any{"actionsEnabled": true, "treatMissingData": "missing"},
		name:     &nameRule{property: "name", max: 255, auto: true},
		computed: map[string]value{
			"arn":                               text("arn:aws:cloudwatch:{region}:{account}:alarm:{name}"),
			"evaluateLowSampleCountPercentiles": fixed(""),
		},
		check:        checks(checkAlarm, alarmActions),
		beforeCreate: judgeAlarm,
		beforeUpdate: judgeAlarm,
		beforeDelete: func(c *call) error {
			for _, composite := range c.tx.all(compositeType) {
				if slices.Contains(alarmsIn(composite.str("alarmRule")), c.id) {
					return fmt.Errorf(
						"ValidationError: Cannot delete %s as there are composite alarm(s) depending on it.",
						c.id,
					)
				}
			}
			return nil
		},
		notReal: "Nothing is measured, nothing fires.",
	},
	row{
		token:    compositeType,
		source:   "internal/service/cloudwatch/composite_alarm.go",
		required: []string{"alarmName", "alarmRule"},
		replace:  []string{"alarmName", "actionsEnabled"},
		defaults: map[string]any{"actionsEnabled": true},
		name:     &nameRule{property: "alarmName", max: 255},
		computed: map[string]value{"arn": text("arn:aws:cloudwatch:{region}:{account}:alarm:{alarmName}")},
		check: checks(alarmActions, func(c *call) []failure {
			if length := len(c.str("alarmRule")); length > 10240 {
				return []failure{
					{
						property: "alarmRule",
						reason: fmt.Sprintf(
							"expected length of alarmRule to be in the range (1 - 10240), got %d",
							length,
						),
					},
				}
			}
			return nil
		}),
		beforeCreate: judgeComposite,
		beforeUpdate: judgeComposite,
		notReal:      "The rule is read for the alarms in it only; its grammar is not judged.",
	},
)
