package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnUnknownDrillNamesTheKnownOnes(t *testing.T) {
	_, err := choose(registered, []string{"change.amy"})
	assert.ErrorContains(t, err, `no drill "change.amy"`)
	assert.ErrorContains(t, err, "change.ami")
}

func TestADrillOfPartsHoldsOnlyIfAllOfThemDo(t *testing.T) {
	part := func(id string, err error) scenario {
		return scenario{id: id, play: func(context.Context, *Stage) (string, error) { return "", err }}
	}
	good, bad, lacks := part("x.1", nil), part("x.2", errors.New("no")), part("x.3", NotRunHere("no root"))
	for _, c := range []struct {
		parts []scenario
		want  Status
	}{
		{parts: []scenario{good, good}, want: Held},
		{parts: []scenario{good, lacks}, want: NotRun},
		{parts: []scenario{good, lacks, bad}, want: Failed},
	} {
		r := &recorder{out: &bytes.Buffer{}}
		playOne(t.Context(), r, nil, drill{scenario: scenario{id: "x"}, parts: c.parts})
		require.Len(t, r.results, len(c.parts)+1)
		assert.Equal(t, c.want, r.results[len(c.parts)].Status)
	}
}
