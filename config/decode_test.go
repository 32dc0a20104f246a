package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/rediscluster"
	"github.com/bodybroker/platform/config"
)

// Every field of Config is filled by exactly one key, but the streams, which are a table.
func TestEveryFieldHasOneKey(t *testing.T) {
	filled := map[string]int{"NATS.Streams": 1}
	for _, key := range config.Keys {
		filled[key.Field]++
	}
	var fields []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			switch {
			case !field.IsExported():
			case field.Anonymous:
				walk(prefix, field.Type)
			case field.Type.Kind() == reflect.Struct:
				walk(prefix+field.Name+".", field.Type)
			default:
				fields = append(fields, prefix+field.Name)
			}
		}
	}
	walk("", reflect.TypeFor[config.Config]())
	for _, field := range fields {
		assert.Equal(t, 1, filled[field], "keys that fill Config.%s", field)
		delete(filled, field)
	}
	assert.Empty(t, filled, "fields that Config does not have")
}

func TestEveryKeySaysWhatItTakes(t *testing.T) {
	for _, key := range config.Keys {
		for what, text := range map[string]string{
			"description": key.Description,
			"accepts":     key.Accepts,
			"example":     key.Example,
		} {
			assert.NotEmpty(t, text, "%s of %s", what, key.Name)
		}
		assert.True(t, strings.HasSuffix(key.Description, "."), "description of %s is a sentence", key.Name)
		found, known := config.KeyOf(key.Name)
		assert.True(t, known)
		assert.Equal(t, key.Field, found.Field, "%s is twice in the table", key.Name)
	}
}

func TestDecodeFillsEachTypeOfKey(t *testing.T) {
	raw := with(shipped(t, "prod"), set{
		"protect":       "false",
		"natsVolumeGiB": "750",
		"redisNodeType": "cache.m7g.large",
		"alarmEmails":   `["a@example.com", "b@example.com"]`,
		"serviceImages": `{"auth": "2.1.0"}`,
		"additionalServices": `[{"name": "inventory", "queue": "q.inventory", "rpc": ["svc.inventory.v1.list"], ` +
			`"events": ["evt.world.item.>"], "calls": ["svc.auth.>"], "internet": true}]`,
	})
	c, faults := config.Decode(raw, notSecret)
	require.Empty(t, faults)
	assert.Equal(t, "us-east-1", c.Region)
	assert.False(t, c.Protect)
	assert.Equal(t, 750, c.NATS.VolumeGiB)
	assert.Equal(t, "cache.m7g.large", c.Redis.NodeType)
	assert.Equal(t, []string{"a@example.com", "b@example.com"}, c.Observability.AlarmEmails)
	assert.Equal(t, map[string]string{"auth": "2.1.0"}, c.Services.Images)
	require.Len(t, c.Services.Table, 23)
	added := c.Services.Table[22]
	assert.Equal(t, "inventory", added.Name)
	assert.Equal(t, []string{"svc.inventory.v1.list"}, added.RPC)
	assert.Equal(t, []string{"svc.auth.>"}, added.Calls)
	assert.True(t, added.Internet)
}

// The values of production.
func TestProductionFileIsTheProductionTopology(t *testing.T) {
	c, faults := config.Decode(shipped(t, "prod"), notSecret)
	require.Empty(t, faults)
	assert.Equal(t, rediscluster.Settings{
		Engine:                "redis",
		EngineVersion:         "7.1",
		NodeType:              "cache.r7g.large",
		Shards:                3,
		ReplicasPerShard:      1,
		SnapshotRetentionDays: 7,
		TokenUpdateStrategy:   "ROTATE",
	}, c.Redis)
	assert.Equal(
		t,
		[]any{5, "m6i.large", 500, 3000, 125},
		[]any{
			c.NATS.NodeCount,
			c.NATS.InstanceType,
			c.NATS.VolumeGiB,
			c.NATS.VolumeIOPS,
			c.NATS.VolumeThroughput,
		},
	)
	assert.Equal(
		t,
		[]any{2, 10, 256, 512},
		[]any{c.Services.TaskCount, c.Services.MaxTaskCount, c.Services.CPU, c.Services.Memory},
	)
	assert.Equal(
		t,
		[]any{2, 512, 1024, "1.0.0"},
		[]any{c.Gateway.TaskCount, c.Gateway.CPU, c.Gateway.Memory, c.Gateway.Image},
	)
	require.Len(t, c.Services.Table, 22)
	for _, service := range c.Services.Table {
		assert.Equal(t, "1.0.0", c.Services.Images[service.Name], service.Name)
	}
	assert.True(t, c.Protect)
	assert.Equal(t, 3, c.Network.ZoneCount)
}

// The rehearsal is worth what it shares with production.
func TestRehearsalDiffersFromProductionOnlyInWhereItRuns(t *testing.T) {
	production, rehearsal := shipped(t, "prod"), shipped(t, "rehearsal")
	var different []string
	for key := range production {
		if production[key] != rehearsal[key] &&
			!slices.Contains(
				[]string{"natsServerBinary", "natsNodeProgram", "controllerArchive"},
				strings.TrimPrefix(key, "nats-platform:"),
			) {
			different = append(different, strings.TrimPrefix(key, "nats-platform:"))
		}
	}
	// In production the image that verifies has to be pushed first.
	assert.ElementsMatch(t, []string{"environment", "vpcCidr", "privateDomain", "verificationImage"}, different)
	assert.Len(t, rehearsal, len(production))
}

func TestDefaultsAreNotSharedBetweenConfigurations(t *testing.T) {
	first, _ := config.Decode(map[string]string{}, notSecret)
	first.Services.Images["auth"] = "1.0.0"
	first.Network.InterfaceEndpoints[0] = "changed"
	second, _ := config.Decode(map[string]string{}, notSecret)
	assert.Empty(t, second.Services.Images)
	assert.Equal(t, "acm-pca", second.Network.InterfaceEndpoints[0])
}
