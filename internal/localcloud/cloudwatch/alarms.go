// Alarms. They never fire here: the rows check what CloudWatch would refuse.
package cloudwatch

import (
	"fmt"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	// AlarmType is the type of metric alarms, CompositeType that of composite alarms.
	AlarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"
	// CompositeType is the type of a composite alarm.
	CompositeType = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    AlarmType,
		Source:   "internal/service/cloudwatch/metric_alarm.go; AWS CloudWatch API reference, PutMetricAlarm",
		Required: []string{"comparisonOperator", "evaluationPeriods"},
		Replace:  []string{"name"},
		Defaults: map[string]any{"actionsEnabled": true, "treatMissingData": "missing"},
		Name:     &cloud.NameRule{Property: "name", Max: 255, Auto: true},
		Computed: map[string]cloud.Value{
			"arn":                               cloud.Text("arn:aws:cloudwatch:{region}:{account}:alarm:{name}"),
			"evaluateLowSampleCountPercentiles": cloud.Fixed(""),
		},
		Check:        cloud.Checks(checkAlarm, alarmActions),
		BeforeCreate: checkPutAlarm,
		BeforeUpdate: checkPutAlarm,
		BeforeDelete: func(c *cloud.Call) error {
			for _, composite := range c.Tx.All(CompositeType) {
				if slices.Contains(alarmsIn(composite.Str("alarmRule")), c.ID) {
					return fmt.Errorf(
						"ValidationError: Cannot delete %s as there are composite alarm(s) depending on it.",
						c.ID,
					)
				}
			}
			return nil
		},
		NotReal: "Nothing is measured, nothing fires.",
	},
	cloud.Row{
		Token:    CompositeType,
		Source:   "internal/service/cloudwatch/composite_alarm.go",
		Required: []string{"alarmName", "alarmRule"},
		Replace:  []string{"alarmName", "actionsEnabled"},
		Defaults: map[string]any{"actionsEnabled": true},
		Name:     &cloud.NameRule{Property: "alarmName", Max: 255},
		Computed: map[string]cloud.Value{"arn": cloud.Text("arn:aws:cloudwatch:{region}:{account}:alarm:{alarmName}")},
		Check: cloud.Checks(alarmActions, func(c *cloud.Call) []cloud.Failure {
			if length := len(c.Str("alarmRule")); length > 10240 {
				return []cloud.Failure{
					{
						Property: "alarmRule",
						Reason: fmt.Sprintf(
							"expected length of alarmRule to be in the range (1 - 10240), got %d",
							length,
						),
					},
				}
			}
			return nil
		}),
		BeforeCreate: checkComposite,
		BeforeUpdate: checkComposite,
		NotReal:      "The rule is read for the alarms in it only; its grammar is not checked.",
	},
)
