// What the provider and CloudWatch refuse of alarms.
package cloudwatch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var statistics = []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}

// alarmValues are the checks of single values, built once: an update checks hundreds of alarms.
var alarmValues = cloud.Checks(
	cloud.OneOf(
		"comparisonOperator",
		"GreaterThanOrEqualToThreshold",
		"GreaterThanThreshold",
		"LessThanThreshold",
		"LessThanOrEqualToThreshold",
		"LessThanLowerOrGreaterThanUpperThreshold",
		"LessThanLowerThreshold",
		"GreaterThanUpperThreshold",
	),
	cloud.OneOf("treatMissingData", "missing", "ignore", "breaching", "notBreaching"),
	cloud.OneOf("statistic", statistics...),
	cloud.Between("evaluationPeriods", 1, 1<<31),
	cloud.Between("datapointsToAlarm", 1, 1<<31),
	cloud.Matches(
		"extendedStatistic",
		regexp.MustCompile(`^(p|tm|wm|tc|ts)[0-9]{1,3}(\.[0-9]+)?$|^IQM$|^(TM|WM|PR|TC|TS)\(.*\)$`),
		"invalid statistic",
	),
)

// checkAlarm is what the provider refuses at plan time; checkPutAlarm what CloudWatch refuses.
func checkAlarm(c *cloud.Call) []cloud.Failure {
	faults := alarmValues(c)
	one, other := cloud.Present(c.Inputs, "statistic"), cloud.Present(c.Inputs, "extendedStatistic")
	if cloud.Present(c.Inputs, "metricName") && one == other {
		faults = append(
			faults,
			cloud.Failure{
				Property: "statistic",
				Reason:   "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm",
			},
		)
	}
	if cloud.Present(c.Inputs, "metricQueries") && cloud.Present(c.Inputs, "metricName") {
		faults = append(
			faults,
			cloud.Failure{Property: "metricName", Reason: `"metricName": conflicts with metricQueries`},
		)
	}
	if period, known := c.Get("period").(float64); known && !validPeriod(period) {
		faults = append(
			faults,
			cloud.Failure{
				Property: "period",
				Reason:   fmt.Sprintf("expected period to be 10, 20, 30 or a multiple of 60, got %v", period),
			},
		)
	}
	return faults
}

func validPeriod(seconds float64) bool {
	return slices.Contains([]float64{10, 20, 30}, seconds) || seconds > 0 && int(seconds)%60 == 0
}

// alarmActions refuses more than five actions for a state, and actions that are no ARNs.
func alarmActions(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	for _, path := range []string{"alarmActions", "okActions", "insufficientDataActions"} {
		actions := c.All(path)
		if len(actions) > 5 {
			faults = append(
				faults,
				cloud.Failure{
					Property: path,
					Reason:   fmt.Sprintf("Too many list items: %s supports at most 5, got %d", path, len(actions)),
				},
			)
		}
		for _, arn := range actions {
			if !strings.HasPrefix(arn, "arn:") {
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("%q (%s) is an invalid ARN: arn: invalid prefix", path, arn),
					},
				)
			}
		}
	}
	return faults
}

// checkPutAlarm is what PutMetricAlarm refuses.
func checkPutAlarm(c *cloud.Call) error {
	period, periods := c.Num("period"), c.Num("evaluationPeriods")
	most := 86400.0
	if period >= 3600 {
		most = 7 * 86400
	}
	switch {
	case period*periods > most:
		return fmt.Errorf(
			"ValidationError: Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be "+
				"<= %.0f).",
			most,
		)
	case c.Num("datapointsToAlarm") > periods:
		return fmt.Errorf("ValidationError: DatapointsToAlarm must be less than or equal to EvaluationPeriods")
	case cloud.Present(c.Inputs, "metricName") && (c.Str("namespace") == "" || period == 0):
		return fmt.Errorf("ValidationError: an alarm on a metric needs its namespace and a period")
	case !cloud.Present(c.Inputs, "metricName") && !cloud.Present(c.Inputs, "metricQueries"):
		return fmt.Errorf("ValidationError: an alarm needs a metricName or metricQueries")
	case !cloud.Present(c.Inputs, "threshold") && !cloud.Present(c.Inputs, "thresholdMetricId"):
		return fmt.Errorf("ValidationError: an alarm needs a threshold or a thresholdMetricId")
	}
	return checkQueries(c)
}

// checkQueries refuses metric queries that are neither a metric nor an expression, and requires
// that the alarm watches exactly one.
func checkQueries(c *cloud.Call) error {
	queries, _ := c.Get("metricQueries").([]any)
	watched, ids := 0, []string{}
	for _, item := range queries {
		q, _ := item.(map[string]any)
		_, metric := q["metric"].(map[string]any)
		expression, _ := q["expression"].(string)
		if metric == (expression != "") {
			return fmt.Errorf("ValidationError: metric query %v must have either an expression or a metric", q["id"])
		}
		id, _ := q["id"].(string)
		if slices.Contains(ids, id) || !regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`).MatchString(id) {
			return fmt.Errorf(
				"ValidationError: the id %q of a metric query must be unique and start with a lower-case letter",
				id,
			)
		}
		ids = append(ids, id)
		if returned, _ := q["returnData"].(bool); returned {
			watched++
		}
	}
	if len(queries) > 0 && watched != 1 && !cloud.Present(c.Inputs, "thresholdMetricId") {
		return fmt.Errorf("ValidationError: Exactly one element of the metrics list should return data.")
	}
	return nil
}

var alarmInRule = regexp.MustCompile(`(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|'([^']+)'|([^)"'\s]+))\s*\)`)

// alarmsIn returns the names of the alarms in a composite alarm's rule.
func alarmsIn(rule string) []string {
	var names []string
	for _, match := range alarmInRule.FindAllStringSubmatch(rule, -1) {
		name := match[1] + match[2] + match[3]
		if at := strings.Index(name, ":alarm:"); strings.HasPrefix(name, "arn:") && at >= 0 {
			name = name[at+len(":alarm:"):]
		}
		names = append(names, name)
	}
	return names
}

// checkComposite requires that the alarms of the rule exist.
func checkComposite(c *cloud.Call) error {
	var missing []string
	for _, name := range alarmsIn(c.Str("alarmRule")) {
		if c.Tx.Find(AlarmType, "", name) == nil && c.Tx.Find(CompositeType, "", name) == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf(
			"ValidationError: Could not save the composite alarm '%s' as alarms [%s] in the alarm rule do not exist",
			c.Str("alarmName"),
			strings.Join(missing, ", "),
		)
	}
	return nil
}
