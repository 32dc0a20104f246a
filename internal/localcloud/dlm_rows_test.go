package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/internal/localcloud/dlm"
)

func TestSnapshotPolicies(t *testing.T) {
	b := newBench(t)
	schedule := map[string]any{
		"name":       "daily",
		"createRule": map[string]any{"interval": 24.0, "times": "03:00"},
		"retainRule": map[string]any{"count": 7.0},
	}
	inputs := map[string]any{
		"description":      "daily snapshots",
		"executionRoleArn": b.role("dlm", "dlm.amazonaws.com"),
		"policyDetails": map[string]any{
			"resourceTypes": []any{"VOLUME"},
			"targetTags":    map[string]any{"a": "b"},
			"schedules":     []any{schedule},
		},
	}
	id, _ := b.make(dlm.PolicyType, "policy", inputs)
	assert.Regexp(t, `^policy-[0-9a-f]{17}$`, id)
	b.refused(
		"cannot be assumed",
		dlm.PolicyType,
		"role",
		with(inputs, map[string]any{"executionRoleArn": b.role("other", "ec2.amazonaws.com")}),
	)
	wrong := with(schedule, map[string]any{"createRule": map[string]any{"interval": 5.0, "times": "25:00"}})
	assert.Equal(
		t,
		[]string{
			"description",
			"policyDetails.schedules[0].createRule.interval",
			"policyDetails.schedules[0].createRule.times",
		},
		b.faults(
			dlm.PolicyType,
			with(
				inputs,
				map[string]any{"description": "it's", "policyDetails": map[string]any{"schedules": []any{wrong}}},
			),
		),
	)
}
