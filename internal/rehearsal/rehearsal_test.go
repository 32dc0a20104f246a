package rehearsal

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

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/localcloud"
)

// required are the ids that the rehearsal and the drills promise.
var required = struct{ mainPath, drills []string }{
	[]string{"preview.clean", "up.all", "nats.boot", "svc.all", "up.noop", "secrets.hidden", "destroy.clean"},
	[]string{
		"refresh.noop",
		"change.image",
		"change.rollback",
		"change.service",
		"change.ami",
		"change.redis",
		"guard.protect",
		"interrupt.resume",
		"fail.resume",
		"dr.rebuild",
		"upgrade.preview",
		"playground",
		"nats.auth",
		"nats.kill1",
		"nats.kill2",
		"nats.zone",
		"nats.quorum",
		"nats.restart",
		"nats.roll.ami",
		"nats.reload",
		"nats.rotate",
		"nats.cert",
		"nats.incidents",
		"nats.backup",
		"nats.dlq",
		"nats.partition",
		"nats.roll.version",
		"nats.roll.bad",
		"nats.disk",
		"nats.replace.disk",
		"nats.rootfs",
		"svc.order",
		"svc.deploy",
		"svc.rollback",
		"svc.noimage",
		"svc.kill",
		"svc.scale",
		"svc.incidents",
		"svc.secret.rotate",
		"gw.contract",
		"redis.failover",
		"cutover",
	},
}

func TestEveryPromisedScenarioIsThere(t *testing.T) {
	var main, others []string
	for _, s := range mainPath {
		main = append(main, s.id)
	}
	for _, d := range drills {
		others = append(others, d.id)
	}
	assert.Equal(t, required.mainPath, main)
	assert.ElementsMatch(t, required.drills, others)
}

func TestAnUnknownDrillNamesTheKnownOnes(t *testing.T) {
	_, err := choose([]string{"change.amy"})
	assert.ErrorContains(t, err, `no drill "change.amy"`)
	assert.ErrorContains(t, err, "change.ami")
}

func TestAFailedScenarioIsTold(t *testing.T) {
	var shown bytes.Buffer
	r := &recorder{out: &shown}
	result := r.play(
		context.Background(),
		nil,
		scenario{id: "x.y", wanted: "z is seen", play: func(context.Context, *Stage) (string, error) {
			return "half", errors.New("z was not seen")
		}},
	)
	assert.Equal(t, Failed, result.Status)
	assert.Equal(t, []string{"x.y"}, r.ids(Failed))
	assert.Contains(t, shown.String(), "FAIL  half\n      z was not seen")

	file := filepath.Join(t.TempDir(), "out", "drills.json")
	require.NoError(t, cli.WriteResults(file, r.results))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var results []map[string]any
	require.NoError(t, json.Unmarshal(content, &results))
	assert.Equal(t, "x.y", results[0]["id"])
	assert.Equal(t, "failed", results[0]["status"])
	assert.Equal(t, "z was not seen", results[0]["reason"])
	assert.Contains(t, results[0], "seconds")
	require.ErrorIs(t, finish(r, &shown, time.Now(), nil), ErrFailed)
}

func TestAScenarioThatIsNotRunNeitherHoldsNorFails(t *testing.T) {
	var shown bytes.Buffer
	r := &recorder{out: &shown}
	for id, err := range map[string]error{
		"a.held":   nil,
		"b.lacks":  notRun("there is no redis-server"),
		"c.both":   errors.Join(errors.New("it leaked"), notRun("there is no redis-server")),
		"d.joined": errors.Join(nil, notRun("there is no redis-server")),
	} {
		r.play(
			t.Context(),
			nil,
			scenario{id: id, play: func(context.Context, *Stage) (string, error) { return "", err }},
		)
	}
	slices.SortFunc(r.results, func(a, b Result) int { return strings.Compare(a.ID, b.ID) })
	assert.Equal(t, "1 of 4 held, 1 failed: c.both, 2 not run: b.lacks, d.joined", r.summary())
	assert.Contains(t, shown.String(), "--  not run:  there is no redis-server")
	text, err := json.Marshal(r.results[1])
	require.NoError(t, err)
	assert.JSONEq(
		t,
		`{"id":"b.lacks","wanted":"","seen":"","status":"not run","reason":"there is no redis-server","seconds":0}`,
		string(text),
	)
}

func TestADrillOfPartsHoldsOnlyIfAllOfThemDo(t *testing.T) {
	part := func(id string, err error) scenario {
		return scenario{id: id, play: func(context.Context, *Stage) (string, error) { return "", err }}
	}
	good, bad, lacks := part("x.1", nil), part("x.2", errors.New("no")), part("x.3", notRun("no root"))
	for _, c := range []struct {
		parts []scenario
		want  Status
	}{
		{parts: []scenario{good, good}, want: Held},
		{parts: []scenario{good, lacks}, want: NotRun},
		{parts: []scenario{good, lacks, bad}, want: Failed},
	} {
		r := &recorder{out: &bytes.Buffer{}}
		r.playDrill(t.Context(), nil, drill{scenario: scenario{id: "x"}, parts: c.parts})
		require.Len(t, r.results, len(c.parts)+1)
		assert.Equal(t, c.want, r.results[len(c.parts)].Status)
	}
}

func TestAnEmptyCloudIsNotTheProduction(t *testing.T) {
	cloud, err := localcloud.New("us-east-1")
	require.NoError(t, err)
	_, wrong := count(cloud, production)
	assert.Len(t, wrong, len(production)-1, "all but the public addresses: there are none in an empty cloud")
}

func TestAStateThatIsNotThereIsTold(t *testing.T) {
	_, err := (&Stage{dir: t.TempDir(), name: "rehearsal"}).State()
	assert.EqualError(t, err, "wanted the one state of stack rehearsal, got []")
}

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
