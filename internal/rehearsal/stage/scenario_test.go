package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/cli"
)

func TestAFailedScenarioIsTold(t *testing.T) {
	var output bytes.Buffer
	r := &Recorder{Out: &output}
	result := r.Play(
		context.Background(),
		nil,
		Scenario{ID: "x.y", Wanted: "z is seen", Play: func(context.Context, *Stage) (string, error) {
			return "half", errors.New("z was not seen")
		}},
	)
	assert.Equal(t, Failed, result.Status)
	assert.Equal(t, []string{"x.y"}, r.IDs(Failed))
	assert.Contains(t, output.String(), "FAIL  half\n      z was not seen")

	file := filepath.Join(t.TempDir(), "out", "drills.json")
	require.NoError(t, cli.WriteResults(file, r.Results))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var results []map[string]any
	require.NoError(t, json.Unmarshal(content, &results))
	assert.Equal(t, "x.y", results[0]["id"])
	assert.Equal(t, "failed", results[0]["status"])
	assert.Equal(t, "z was not seen", results[0]["reason"])
	assert.Contains(t, results[0], "seconds")
	require.ErrorIs(t, Finish(r, &output, time.Now(), nil), ErrFailed)
}

func TestAScenarioThatIsNotRunNeitherHoldsNorFails(t *testing.T) {
	var output bytes.Buffer
	r := &Recorder{Out: &output}
	for id, err := range map[string]error{
		"a.held":   nil,
		"b.lacks":  NotRunHere("there is no redis-server"),
		"c.both":   errors.Join(errors.New("it leaked"), NotRunHere("there is no redis-server")),
		"d.joined": errors.Join(nil, NotRunHere("there is no redis-server")),
	} {
		r.Play(
			t.Context(),
			nil,
			Scenario{ID: id, Play: func(context.Context, *Stage) (string, error) { return "", err }},
		)
	}
	slices.SortFunc(r.Results, func(a, b Result) int { return strings.Compare(a.ID, b.ID) })
	assert.Equal(t, "1 of 4 held, 1 failed: c.both, 2 not run: b.lacks, d.joined", r.Summary())
	assert.Contains(t, output.String(), "--  not run:  there is no redis-server")
	text, err := json.Marshal(r.Results[1])
	require.NoError(t, err)
	assert.JSONEq(
		t,
		`{"id":"b.lacks","wanted":"","seen":"","status":"not run","reason":"there is no redis-server","seconds":0}`,
		string(text),
	)
}
