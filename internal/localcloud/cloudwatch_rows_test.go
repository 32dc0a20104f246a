package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloudwatch"
)

func alarmInputs(changes map[string]any) map[string]any {
	inputs := map[string]any{
		"name":               "cpu",
		"comparisonOperator": "GreaterThanThreshold",
		"evaluationPeriods":  3.0,
		"metricName":         "CPUUtilization",
		"namespace":          "AWS/EC2",
		"period":             60.0,
		"statistic":          "Average",
		"threshold":          80.0,
	}
	for key, v := range changes {
		if inputs[key] = v; v == nil {
			delete(inputs, key)
		}
	}
	return inputs
}

func TestAlarmFaults(t *testing.T) {
	b := newBench(t)
	many := []any{"arn:a", "arn:b", "arn:c", "arn:d", "arn:e", "arn:f"}
	for property, changes := range map[string]map[string]any{
		"period": {"period": 45.0}, "statistic": {"statistic": nil}, "treatMissingData": {"treatMissingData": "green"},
		"alarmActions": {"alarmActions": many}, "okActions": {"okActions": []any{"mail"}},
		"evaluationPeriods": {"evaluationPeriods": 0.0},
	} {
		assert.Equal(t, []string{property}, b.faults(cloudwatch.AlarmType, alarmInputs(changes)))
	}
	b.refused(
		"more than a day",
		cloudwatch.AlarmType,
		"a",
		alarmInputs(map[string]any{"period": 3000.0, "evaluationPeriods": 30.0}),
	)
	b.refused("DatapointsToAlarm", cloudwatch.AlarmType, "a", alarmInputs(map[string]any{"datapointsToAlarm": 4.0}))
	query := func(more map[string]any) map[string]any {
		more["id"] = "m1"
		return map[string]any{
			"metricName":    nil,
			"namespace":     nil,
			"period":        nil,
			"statistic":     nil,
			"metricQueries": []any{more},
		}
	}
	b.refused("either an expression or a metric", cloudwatch.AlarmType, "a", alarmInputs(query(map[string]any{})))
	b.refused("Exactly one element", cloudwatch.AlarmType, "a", alarmInputs(query(map[string]any{"expression": "1"})))
	b.make(cloudwatch.AlarmType, "a", alarmInputs(query(map[string]any{"expression": "1", "returnData": true})))
}

func TestCompositeAlarmHoldsItsAlarms(t *testing.T) {
	b := newBench(t)
	rule := map[string]any{"alarmName": "all", "alarmRule": `ALARM("cpu") AND NOT OK(disk)`}
	id, _ := b.make(cloudwatch.AlarmType, "a", alarmInputs(nil))
	b.refused("alarms [disk] in the alarm rule do not exist", cloudwatch.CompositeType, "c", rule)
	b.make(cloudwatch.AlarmType, "d", alarmInputs(map[string]any{"name": "disk"}))
	composite, _ := b.make(cloudwatch.CompositeType, "c", rule)
	assert.ErrorContains(t, b.end(cloudwatch.AlarmType, id), "composite alarm(s) depending on it")
	require.NoError(t, b.end(cloudwatch.CompositeType, composite))
	require.NoError(t, b.end(cloudwatch.AlarmType, id))
}

func TestLogGroupsOfOneNameAndOfAllowedRetention(t *testing.T) {
	b := newBench(t)
	assert.Equal(
		t,
		[]string{"retentionInDays"},
		b.faults(cloudwatch.LogGroupType, map[string]any{"retentionInDays": 31.0}),
	)
	_, key := b.make("aws:kms/key:Key", "k", map[string]any{"policy": `{"Statement":[` +
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},` +
		`{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},"Action":["kms:Encrypt",` +
		`"kms:Decrypt"],"Resource":"*"}]}`})
	id, _ := b.make(
		cloudwatch.LogGroupType,
		"g",
		map[string]any{"name": "/ecs/chat", "kmsKeyId": key["arn"].StringValue(), "skipDestroy": true},
	)
	b.refused("ResourceAlreadyExistsException", cloudwatch.LogGroupType, "g", map[string]any{"name": "/ecs/chat"})
	require.NoError(t, b.end(cloudwatch.LogGroupType, id))
	b.refused("ResourceAlreadyExistsException", cloudwatch.LogGroupType, "g", map[string]any{"name": "/ecs/chat"})
}

func TestDashboardBodyIsJudged(t *testing.T) {
	b := newBench(t)
	const token = "aws:cloudwatch/dashboard:Dashboard"
	b.refused("InvalidParameterInput", token, "d", map[string]any{"dashboardName": "d", "dashboardBody": `{}`})
	b.refused(
		"/widgets/0",
		token,
		"d",
		map[string]any{"dashboardName": "d", "dashboardBody": `{"widgets":[{"type":"graph","properties":{}}]}`},
	)
	for _, properties := range []string{`{}`, `{"metrics":null}`, `{"metrics":[]}`, `{"annotations":{"alarms":[]}}`} {
		b.refused("/widgets/0/properties/metrics", token, "d", map[string]any{
			"dashboardName": "d",
			"dashboardBody": `{"widgets":[{"type":"metric","properties":` + properties + `}]}`,
		})
	}
	b.make(
		token,
		"d",
		map[string]any{
			"dashboardName": "d",
			"dashboardBody": `{"widgets":[{"type":"text","properties":{"markdown":"x"}}]}`,
		},
	)
	for name, properties := range map[string]string{
		"e": `{"metrics":[["AWS/ECS","CPUUtilization"]]}`,
		"f": `{"annotations":{"alarms":["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a"]}}`,
	} {
		b.make(
			token,
			name,
			map[string]any{
				"dashboardName": name,
				"dashboardBody": `{"widgets":[{"type":"metric","properties":` + properties + `}]}`,
			},
		)
	}
}
