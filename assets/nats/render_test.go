package nats

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/conf"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/assets/services"
)

func publicKey(t *testing.T) string {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	return public
}

func TestConfigurationIsReadByTheServersOwnParser(t *testing.T) {
	table, gateway, err := services.Table()
	require.NoError(t, err)
	c := Configuration{ClusterName: "prod", Routes: []string{"nats-1.prod.internal", "nats-2.prod.internal"},
		MaxPayload: 1 << 20, MaxFileStore: 450 << 30, MaxMemoryStore: 1 << 30, SystemKey: publicKey(t)}
	for _, s := range table {
		c.Users = append(c.Users, ServiceUser(s, publicKey(t)))
	}
	c.Users = append(c.Users, GatewayUser(gateway, publicKey(t)))
	rendered, err := c.Render()
	require.NoError(t, err)

	for variable, value := range map[string]string{"NATS_SERVER_NAME": "nats-1", "NATS_ADDRESS": "10.0.0.10", "NATS_ZONE": "az:us-east-1a"} {
		t.Setenv(variable, value)
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(file, []byte(rendered), 0o600))
	parsed, err := conf.ParseFile(file)
	require.NoError(t, err)

	accounts := parsed["accounts"].(map[string]any)
	users := accounts["PLATFORM"].(map[string]any)["users"].([]any)
	assert.Len(t, users, len(table)+1, "one user per service and the gateway")
	assert.Equal(t, "nats-1", parsed["server_name"])
	assert.Equal(t, true, parsed["cluster"].(map[string]any)["no_advertise"])
}

func TestServiceUserMayDoItsOwnAndNoMore(t *testing.T) {
	user := ServiceUser(services.Service{Name: "quest-system", Queue: "q.quest", RPC: []string{"svc.quest.v1.generate"},
		Events: []string{"evt.quest.>"}}, "U")
	assert.Equal(t, []string{"evt.quest.>"}, user.Publish)
	assert.Equal(t, []string{"_INBOX_quest-system.>", "svc.quest.v1.generate q.quest"}, user.Subscribe)
}

func TestUserDataFitsAndNamesItsServer(t *testing.T) {
	u := UserData{Node: "nats-1", Zone: "us-east-1a", Address: "10.0.0.10", Region: "us-east-1", Domain: "prod.internal",
		VolumeID: "vol-0123456789abcdef0", Bucket: "b", ServerKey: "k", ServerDigest: strings.Repeat("a", 64)}
	rendered, err := u.Render()
	require.NoError(t, err)
	assert.Contains(t, rendered, "serial=vol0123456789abcdef0")
	assert.Contains(t, rendered, strings.Repeat("a", 64))
	assert.Less(t, len(rendered), MaxUserData)

	u.Domain = strings.Repeat("d", MaxUserData)
	_, err = u.Render()
	assert.ErrorContains(t, err, "EC2 takes 16384")
}
