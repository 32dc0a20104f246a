package localcloud

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/events"
	"github.com/bodybroker/platform/internal/localcloud/lambda"
)

func TestRuleWithTargetsStays(t *testing.T) {
	b := newBench(t)
	id, _ := b.make(events.EventRuleType, "r", map[string]any{"name": "minute", "scheduleExpression": "rate(1 minute)"})
	target, _ := b.make(
		events.EventTargetType,
		"t",
		map[string]any{"rule": id, "arn": "arn:aws:lambda:us-east-1:123456789012:function:f"},
	)
	assert.ErrorContains(t, b.end(events.EventRuleType, id), "Rule can't be deleted since it has targets.")
	require.NoError(t, b.end(events.EventTargetType, target))
	require.NoError(t, b.end(events.EventRuleType, id))
}

func TestWhatTheClockCallsAndFailsIsRepeatedTwiceUnlessTheFunctionSaysOtherwise(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.Start(cloud.Runtime{Dir: t.TempDir(), Scale: 60_000}))
	t.Cleanup(func() { assert.NoError(t, b.Stop()) })
	b.make(lambda.FunctionType, "f", functionInputs(t, b.role("controller", "lambda.amazonaws.com")))
	calls := 0
	b.Function = func(string, string) (string, error) {
		calls++
		return "", errors.New("the cluster does not answer")
	}
	call := func() int {
		calls = 0
		if again := events.InvokeByEvent(b.Cloud, "controller", "{}"); again != nil {
			again(context.Background())
		}
		return calls
	}
	assert.Equal(t, 3, call())

	b.refused("Function not found", lambda.EventInvokeType, "other", map[string]any{"functionName": "other"})
	b.make(lambda.EventInvokeType, "e", map[string]any{"functionName": "controller", "maximumRetryAttempts": 0.0})
	assert.Equal(t, 1, call())
}
