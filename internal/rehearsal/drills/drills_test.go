package drills

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func TestAnUnknownDrillNamesTheKnownOnes(t *testing.T) {
	known := []Drill{
		{Scenario: stage.Scenario{ID: "change.ami"}},
		{Scenario: stage.Scenario{ID: "nats.incidents"}, Parts: []stage.Scenario{{ID: "nats.incidents.1"}}},
	}
	_, err := choose(known, []string{"change.amy"})
	assert.ErrorContains(t, err, `no drill "change.amy"`)
	assert.ErrorContains(t, err, "change.ami, nats.incidents, nats.incidents.1")

	chosen, err := choose(known, []string{"nats.incidents.1"})
	require.NoError(t, err)
	require.Len(t, chosen, 1)
	assert.Equal(t, "nats.incidents.1", chosen[0].ID)
}

func TestADrillThatCannotBePlayedIsNotRegistered(t *testing.T) {
	play := func(context.Context, *stage.Stage) (string, error) { return "", nil }
	for why, d := range map[string]Drill{
		"without an id":     {Scenario: stage.Scenario{Wanted: "z", Play: play}},
		"without its claim": {Scenario: stage.Scenario{ID: "x", Play: play}},
		"without play":      {Scenario: stage.Scenario{ID: "x", Wanted: "z"}},
		"with both": {
			Scenario: stage.Scenario{ID: "x", Wanted: "z", Play: play},
			Parts:    []stage.Scenario{{ID: "x.1"}},
		},
	} {
		assert.Panics(t, func() { Register(d) }, why)
	}
	assert.Empty(t, All)
}

func TestADrillOfPartsHoldsOnlyIfAllOfThemDo(t *testing.T) {
	part := func(id string, err error) stage.Scenario {
		return stage.Scenario{ID: id, Play: func(context.Context, *stage.Stage) (string, error) { return "", err }}
	}
	good, bad, lacks := part("x.1", nil), part("x.2", errors.New("no")), part("x.3", stage.NotRunHere("no root"))
	for _, c := range []struct {
		parts []stage.Scenario
		want  stage.Status
	}{
		{parts: []stage.Scenario{good, good}, want: stage.Held},
		{parts: []stage.Scenario{good, lacks}, want: stage.NotRun},
		{parts: []stage.Scenario{good, lacks, bad}, want: stage.Failed},
	} {
		r := &stage.Recorder{Out: &bytes.Buffer{}}
		playOne(t.Context(), r, nil, Drill{Scenario: stage.Scenario{ID: "x"}, Parts: c.parts})
		require.Len(t, r.Results, len(c.parts)+1)
		assert.Equal(t, c.want, r.Results[len(c.parts)].Status)
	}
}
