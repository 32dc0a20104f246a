package stage

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStepsTellChangesErrorsAndDrift(t *testing.T) {
	var s Steps
	urn := "urn:pulumi:s::p::aws:sns/topic:Topic::alarms"
	for _, op := range []apitype.OpType{"same", "update"} {
		s.add(
			engineEvent(
				apitype.EngineEvent{
					ResourcePreEvent: &apitype.ResourcePreEvent{
						Metadata: apitype.StepEventMetadata{Op: op, URN: urn, Type: "aws:sns/topic:Topic"},
					},
				},
			),
		)
	}
	s.add(
		engineEvent(
			apitype.EngineEvent{
				DiagnosticEvent: &apitype.DiagnosticEvent{
					URN:      urn,
					Severity: "error",
					Message:  "<{%reset%}>it broke<{%reset%}>\n",
				},
			},
		),
	)
	s.add(
		engineEvent(
			apitype.EngineEvent{
				ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: apitype.StepEventMetadata{Op: "delete", URN: urn}},
			},
		),
	)
	require.Len(t, s.Changes(), 1)
	assert.Equal(t, "alarms", s.Changes()[0].Name())
	assert.Equal(t, "1 update", s.Summary())
	assert.Equal(t, []string{"alarms: it broke"}, s.Errors())
	assert.Equal(t, []string{"delete alarms"}, s.Drift())
}

func engineEvent(e apitype.EngineEvent) events.EngineEvent { return events.EngineEvent{EngineEvent: e} }
