package recovery

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const exported = `{"version":3,"deployment":{"manifest":{"time":"t"},
 "resources":[{"urn":"a","id":"1"}],"pending_operations":[
 {"type":"creating","resource":{"urn":"b","type":"aws:ecr/repository:Repository","inputs":{"name":"prod/auth"}}},
 {"type":"creating","resource":{"urn":"c","type":"aws:ec2/networkInterface:NetworkInterface",
  "inputs":{"tags":{"Name":"prod-nats-1"}}}},
 {"type":"updating","resource":{"urn":"a","id":"1"}}]}}`

func TestListSaysWhatToLookFor(t *testing.T) {
	list, err := List([]byte(exported))
	require.NoError(t, err)
	assert.Equal(t, []Pending{
		{URN: "b", Type: "aws:ecr/repository:Repository", Name: "prod/auth"},
		{URN: "c", Type: "aws:ec2/networkInterface:NetworkInterface", Name: "prod-nats-1"},
	}, list)
}

func TestResolveTakesWhatExistsAndForgetsTheRest(t *testing.T) {
	mended, err := Resolve([]byte(exported), map[string]string{"b": "prod/auth", "c": Gone})
	require.NoError(t, err)
	var got struct {
		Version    int
		Deployment struct {
			Manifest  map[string]string
			Resources []map[string]any
			Pending   []any `json:"pending_operations"`
		}
	}
	require.NoError(t, json.Unmarshal(mended, &got))
	assert.Equal(t, 3, got.Version)
	assert.Equal(t, "t", got.Deployment.Manifest["time"], "what is not touched is kept")
	require.Len(t, got.Deployment.Resources, 2)
	assert.Equal(t, "prod/auth", got.Deployment.Resources[1]["id"])
	assert.Empty(t, got.Deployment.Pending)
}

func TestResolveWantsAnAnswerToEachAndToNothingElse(t *testing.T) {
	_, err := Resolve([]byte(exported), map[string]string{"b": "prod/auth", "x": "1"})
	assert.ErrorContains(t, err, "c was being created")
	assert.ErrorContains(t, err, "x was not being created")
}

func TestWhatIsNoExportIsRefused(t *testing.T) {
	_, err := List([]byte("resources: none"))
	assert.ErrorContains(t, err, "pulumi stack export")
}
