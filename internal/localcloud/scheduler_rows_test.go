package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/internal/localcloud/events"
)

func TestScheduleExpressions(t *testing.T) {
	b := newBench(t)
	rule := func(expression string) error {
		_, _, err := b.try(events.EventRuleType, "r", map[string]any{"scheduleExpression": expression})
		return err
	}
	assert.NoError(t, rule("rate(1 minute)"))
	assert.NoError(t, rule("cron(0 3 * * ? *)"))
	assert.ErrorContains(t, rule("rate(1 minutes)"), "ScheduleExpression is not valid")
	assert.ErrorContains(t, rule("cron(0 3 * * ?)"), "ScheduleExpression is not valid")
	schedule := map[string]any{
		"flexibleTimeWindow": map[string]any{"mode": "OFF"},
		"scheduleExpression": "rate(1 minutes)",
		"target": map[string]any{
			"arn":     "arn:aws:lambda:us-east-1:123456789012:function:f",
			"roleArn": b.role("x", "lambda.amazonaws.com"),
		},
	}
	b.refused(
		"must allow AWS EventBridge Scheduler to assume the role",
		"aws:scheduler/schedule:Schedule",
		"s",
		schedule,
	)
	schedule["target"].(map[string]any)["roleArn"] = b.role("y", "scheduler.amazonaws.com")
	b.make("aws:scheduler/schedule:Schedule", "s", schedule)
}
