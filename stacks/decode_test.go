package stacks_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/stacks"
)

// Every field of Config is filled by exactly one key, but the streams, which are a table.
func TestEveryFieldHasOneKey(t *testing.T) {
	filled := map[string]int{"NATS.Streams": 1}
	for _, key := range stacks.Keys {
		filled[key.Field]++
	}
	var fields []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			switch {
			case !field.IsExported():
			case field.Type.Kind() == reflect.Struct:
				walk(prefix+field.Name+".", field.Type)
			default:
				fields = append(fields, prefix+field.Name)
			}
		}
	}
	walk("", reflect.TypeFor[stacks.Config]())
	for _, field := range fields {
		assert.Equal(t, 1, filled[field], "keys that fill Config.%s", field)
		delete(filled, field)
	}
	assert.Empty(t, filled, "fields that Config does not have")
}

func TestEveryKeySaysWhatItTakes(t *testing.T) {
	for _, key := range stacks.Keys {
		for what, text := range map[string]string{
			"description": key.Description,
			"accepts":     key.Accepts,
			"example":     key.Example,
		} {
			assert.NotEmpty(t, text, "%s of %s", what, key.Name)
		}
		assert.True(t, strings.HasSuffix(key.Description, "."), "description of %s is a sentence", key.Name)
		found, known := stacks.KeyOf(key.Name)
		assert.True(t, known)
		assert.Equal(t, key.Field, found.Field, "%s stands twice in the table", key.Name)
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
	config, faults := stacks.Decode(raw, notSecret)
	require.Empty(t, faults)
	assert.Equal(t, "us-east-1", config.Region)
	assert.False(t, config.Protect)
	assert.Equal(t, 750, config.NATS.VolumeGiB)
	assert.Equal(t, "cache.m7g.large", config.Redis.NodeType)
	assert.Equal(t, []string{"a@example.com", "b@example.com"}, config.Observability.AlarmEmails)
	assert.Equal(t, map[string]string{"auth": "2.1.0"}, config.Services.Images)
	require.Len(t, config.Services.Table, 23)
	added := config.Services.Table[22]
	assert.Equal(t, "inventory", added.Name)
	assert.Equal(t, []string{"svc.inventory.v1.list"}, added.RPC)
	assert.Equal(t, []string{"svc.auth.>"}, added.Calls)
	assert.True(t, added.Internet)
}

// The values of production.
func TestProductionFileIsTheProductionTopology(t *testing.T) {
	config, faults := stacks.Decode(shipped(t, "prod"), notSecret)
	require.Empty(t, faults)
	assert.Equal(t, stacks.RedisConfig{
		Engine:                "redis",
		EngineVersion:         "7.1",
		NodeType:              "cache.r7g.large",
		Shards:                3,
		ReplicasPerShard:      1,
		SnapshotRetentionDays: 7,
		TokenUpdateStrategy:   "ROTATE",
	}, config.Redis)
	assert.Equal(
		t,
		[]any{5, "m6i.large", 500, 3000, 125},
		[]any{
			config.NATS.NodeCount,
			config.NATS.InstanceType,
			config.NATS.VolumeGiB,
			config.NATS.VolumeIOPS,
			config.NATS.VolumeThroughput,
		},
	)
	assert.Equal(
		t,
		[]any{2, 10, 256, 512},
		[]any{config.Services.TaskCount, config.Services.MaxTaskCount, config.Services.CPU, config.Services.Memory},
	)
	assert.Equal(
		t,
		[]any{2, 512, 1024, "1.0.0"},
		[]any{config.Gateway.TaskCount, config.Gateway.CPU, config.Gateway.Memory, config.Gateway.Image},
	)
	require.Len(t, config.Services.Table, 22)
	for _, service := range config.Services.Table {
		assert.Equal(t, "1.0.0", config.Services.Images[service.Name], service.Name)
	}
	assert.True(t, config.Protect)
	assert.Equal(t, 3, config.Network.ZoneCount)
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
	first, _ := stacks.Decode(map[string]string{}, notSecret)
	first.Services.Images["auth"] = "1.0.0"
	first.Network.InterfaceEndpoints[0] = "changed"
	second, _ := stacks.Decode(map[string]string{}, notSecret)
	assert.Empty(t, second.Services.Images)
	assert.Equal(t, "acm-pca", second.Network.InterfaceEndpoints[0])
}
