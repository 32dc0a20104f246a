package platform

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

const topicType = "aws:sns/topic:Topic"

func topic(operation, name string, diffs ...string) stage.Step {
	return stage.Step{
		Operation: operation,
		URN:       "urn:pulumi:prod::nats-platform::" + topicType + "::" + name,
		Type:      topicType,
		Diffs:     diffs,
	}
}

func TestAnUpgradeThatChangesNothingHolds(t *testing.T) {
	meant, err := compare("v1", stage.Steps{All: []stage.Step{topic("same", "alarms")}}, nil)
	require.NoError(t, err)
	assert.Zero(t, meant)
}

func TestAPreviewOfNothingDoesNotHold(t *testing.T) {
	_, err := compare("v1", stage.Steps{}, nil)
	assert.ErrorContains(t, err, "looked at no resource")
}

func TestAChangeThatIsNotListedIsNamedWithItsProperties(t *testing.T) {
	steps := stage.Steps{All: []stage.Step{
		topic("same", "a"),
		topic("update", "b", "displayName"),
		topic("update", "c", "displayName"),
		topic("delete", "d"),
	}}
	_, err := compare("v1", steps, []difference{{release: "v0", operation: "delete", resource: topicType + "::d"}})
	require.ErrorContains(t, err, "3 steps would be taken")
	assert.ErrorContains(t, err, "update "+steps.All[1].URN+", properties displayName, and 1 more of this kind")
	assert.ErrorContains(t, err, "delete "+steps.All[3].URN)
	assert.NotContains(t, err.Error(), steps.All[2].URN)
}

func TestOnlyTheFirstKindsOfChangesAreNamed(t *testing.T) {
	var steps stage.Steps
	for i := range shownDifferences + 2 {
		steps.All = append(steps.All, topic("update", "a", fmt.Sprint("property", i)))
	}
	_, err := compare("v1", steps, nil)
	assert.ErrorContains(t, err, "and 2 kinds more")
}

func TestAListedChangeHoldsAndIsCounted(t *testing.T) {
	allowed := []difference{{
		release:   "v1",
		operation: "update",
		resource:  topicType + "::b",
		reason:    "topics have names",
	}}
	steps := stage.Steps{All: []stage.Step{topic("same", "a"), topic("update", "b", "displayName")}}
	meant, err := compare("v1", steps, allowed)
	require.NoError(t, err)
	assert.Equal(t, 1, meant)

	_, err = compare("v1", stage.Steps{All: steps.All[:1]}, allowed)
	assert.ErrorContains(t, err, "no step is update "+topicType+"::b (topics have names)")
}
