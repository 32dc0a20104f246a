package stacks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

func publicKey(t *testing.T) string {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	return public
}

func previousKeys(t *testing.T, keys map[string]string) map[string]string {
	t.Helper()
	text, err := json.Marshal(keys)
	require.NoError(t, err)
	return map[string]string{"natsPreviousKeys": string(text)}
}

// userOf is what the server configuration says of a key.
func userOf(t *testing.T, g resourcegraph.Graph, key string) string {
	t.Helper()
	_, rest, found := strings.Cut(named(t, g, objectType, "nats-configuration").Text("content"), `nkey: "`+key+`"`)
	require.True(t, found, "the servers do not know the key")
	user, _, _ := strings.Cut(rest, "# ")
	user, _, _ = strings.Cut(user, "\n    ]")
	return strings.TrimSpace(user)
}

func TestServersKnowAPreviousKeyWithTheSamePermissions(t *testing.T) {
	previous := publicKey(t)
	g := changed(t, previousKeys(t, map[string]string{"quest-system": previous}))
	now, known := g.Outputs["natsPublicKeys"].(map[string]string)
	require.True(t, known, "the output natsPublicKeys is %T", g.Outputs["natsPublicKeys"])
	require.Len(t, now, 23)
	require.NotEqual(t, previous, now["quest-system"])
	assert.Equal(t, userOf(t, g, now["quest-system"]), userOf(t, g, previous))
	assert.Contains(t, userOf(t, g, previous), "svc.quest.v1.generate")
	assert.NotEqual(t, userOf(t, g, now["auth"]), userOf(t, g, previous))
	text := named(t, productionGraph(t), objectType, "nats-configuration").Text("content")
	assert.Equal(
		t,
		strings.Count(text, "nkey:")+1,
		strings.Count(named(t, g, objectType, "nats-configuration").Text("content"), "nkey:"),
	)
}

// A task with a new seed must find servers that know its key.
func TestTasksChangeBehindTheServers(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		last := named(t, g, gateType, "nats-5-gate")
		for _, service := range g.Of(serviceType) {
			assert.True(t, g.Behind(service.URN)[last.URN], service.Name)
		}
	})
}

func TestRedisTakesATokenBeforeTasksGetIt(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		group := only(t, g, "aws:elasticache/replicationGroup:ReplicationGroup")
		assert.True(t, g.Behind(named(t, g, secretVersionType, "redis-token").URN)[group.URN])
	})
}
