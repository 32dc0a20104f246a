package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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
	held := r.play(
		context.Background(),
		nil,
		scenario{id: "x.y", wanted: "z is seen", play: func(context.Context, *Stage) (string, error) {
			return "half", errors.New("z was not seen")
		}},
	)
	assert.False(t, held)
	assert.Equal(t, []string{"x.y"}, r.failed())
	assert.Contains(t, shown.String(), "FAIL  half\n      z was not seen")

	file := filepath.Join(t.TempDir(), "out", "drills.json")
	require.NoError(t, cli.WriteResults(file, r.results))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var results []map[string]any
	require.NoError(t, json.Unmarshal(content, &results))
	assert.Equal(t, "x.y", results[0]["id"])
	assert.Equal(t, false, results[0]["ok"])
	assert.Contains(t, results[0], "seconds")
	require.ErrorIs(t, finish(r, &shown, time.Now(), nil), ErrFailed)
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
