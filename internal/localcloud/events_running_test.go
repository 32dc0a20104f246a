package localcloud

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRuleWithTargetsStays(t *testing.T) {
	b := newBench(t)
	id, _ := b.make(eventRuleType, "r", map[string]any{"name": "minute", "scheduleExpression": "rate(1 minute)"})
	target, _ := b.make(
		targetsOfRule,
		"t",
		map[string]any{"rule": id, "arn": "arn:aws:lambda:us-east-1:123456789012:function:f"},
	)
	assert.ErrorContains(t, b.end(eventRuleType, id), "Rule can't be deleted since it has targets.")
	require.NoError(t, b.end(targetsOfRule, target))
	require.NoError(t, b.end(eventRuleType, id))
}

func TestWhatTheClockCallsAndFailsIsRepeatedTwiceUnlessTheFunctionSaysOtherwise(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.Start(Runtime{Dir: t.TempDir(), Scale: 60_000}))
	t.Cleanup(func() { assert.NoError(t, b.Stop()) })
	b.make(functionType, "f", functionInputs(t, b.role("controller", "lambda.amazonaws.com")))
	calls := 0
	b.Function = func(string, string) (string, error) {
		calls++
		return "", errors.New("the cluster does not answer")
	}
	call := func() int {
		calls = 0
		if again := b.invokeByEvent("controller", "{}"); again != nil {
			again(context.Background())
		}
		return calls
	}
	assert.Equal(t, 3, call())

	b.refused("Function not found", eventInvokeType, "other", map[string]any{"functionName": "other"})
	b.make(eventInvokeType, "e", map[string]any{"functionName": "controller", "maximumRetryAttempts": 0.0})
	assert.Equal(t, 1, call())
}
