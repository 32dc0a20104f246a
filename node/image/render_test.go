package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/conf"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/node/settings"
)

// example is a whole configuration; seeds are by identity.
func example(t *testing.T) (c Configuration, seeds map[string][]byte) {
	t.Helper()
	seeds = map[string][]byte{}
	key := func(name string) string {
		pair, err := nkeys.CreateUser()
		require.NoError(t, err)
		public, err := pair.PublicKey()
		require.NoError(t, err)
		seeds[name], err = pair.Seed()
		require.NoError(t, err)
		return public
	}
	table, gateway, err := catalog.Services()
	require.NoError(t, err)
	streams, err := catalog.Streams()
	require.NoError(t, err)
	c = Configuration{
		ClusterName:      "nats-platform",
		Routes:           []string{"10.0.0.10", "10.0.64.10"},
		MaxPayload:       1 << 20,
		MaxFileStore:     450 << 30,
		MaxMemoryStore:   1 << 30,
		LameDuckDuration: 2 * time.Minute,
		LameDuckGrace:    10 * time.Second,
		SystemKey:        key("system"),
		AdministratorKey: key(catalog.Administrator),
	}
	for _, user := range catalog.Users(table, gateway, streams) {
		user.PublicKey = key(user.Name)
		c.Users = append(c.Users, user)
	}
	return c, seeds
}

func TestConfigurationIsReadByTheServersOwnParser(t *testing.T) {
	c, _ := example(t)
	rendered, revision, err := c.Render()
	require.NoError(t, err)

	for variable, value := range map[string]string{
		"NATS_SERVER_NAME": "nats-1",
		"NATS_ADDRESS":     `"10.0.0.10"`,
		"NATS_ZONE":        "az:us-east-1a",
		"NATS_SERVER":      "server:0123456789abcdef",
	} {
		t.Setenv(variable, value)
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(file, []byte(rendered), 0o600))
	parsed, err := conf.ParseFile(file)
	require.NoError(t, err)

	users := parsed["accounts"].(map[string]any)["PLATFORM"].(map[string]any)["users"].([]any)
	assert.Len(t, users, len(c.Users)+1, "one user per service, the gateway and the administrator")
	assert.Equal(t, "nats-1", parsed["server_name"])
	assert.Equal(t, "10.0.0.10", parsed["host"])
	assert.Equal(
		t,
		[]any{"az:us-east-1a", "server:0123456789abcdef", "configuration:" + revision},
		parsed["server_tags"],
	)
	assert.Equal(t, true, parsed["cluster"].(map[string]any)["no_advertise"])
}

func TestIncident6NoPasswordStandsInTheConfiguration(t *testing.T) {
	c, seeds := example(t)
	rendered, _, err := c.Render()
	require.NoError(t, err)
	assert.NotContains(t, strings.ToLower(rendered), "password")
	for name, seed := range seeds {
		assert.NotContains(t, rendered, string(seed), name)
	}
	assert.Contains(t, rendered, "verify: true", "routes show certificates instead")
}

func TestRevisionFollowsTheContent(t *testing.T) {
	c, _ := example(t)
	first, revision, err := c.Render()
	require.NoError(t, err)
	again, same, err := c.Render()
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.Equal(t, revision, same)
	c.MaxPayload++
	_, other, err := c.Render()
	require.NoError(t, err)
	assert.NotEqual(t, revision, other)
}

func TestUserDataFitsAndNamesItsProgram(t *testing.T) {
	u := UserData{
		ProgramKey:    "nats-node/d/nats-node",
		ProgramDigest: strings.Repeat("a", 64),
		Settings: settings.Settings{
			Node:     "nats-1",
			Bucket:   "b",
			Region:   "us-east-1",
			VolumeID: "vol-0123456789abcdef0",
		},
	}
	rendered, err := u.Render()
	require.NoError(t, err)
	assert.Contains(t, rendered, `"volumeId": "vol-0123456789abcdef0"`)
	assert.Contains(
		t,
		rendered,
		strings.Repeat("a", 64)+"  opt/nats/nats-node.new",
		"the program is checked before it runs",
	)
	assert.Less(t, len(rendered), MaxUserData)

	u.Domain = strings.Repeat("d", MaxUserData)
	_, err = u.Render()
	assert.ErrorContains(t, err, "EC2 takes 16384")
}
