package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/elasticache"
)

func redisInputs(changes map[string]any) map[string]any {
	inputs := map[string]any{
		"replicationGroupId":       "game",
		"description":              "state",
		"nodeType":                 "cache.r7g.large",
		"engineVersion":            "7.1",
		"numNodeGroups":            3.0,
		"replicasPerNodeGroup":     1.0,
		"automaticFailoverEnabled": true,
		"multiAzEnabled":           true,
		"transitEncryptionEnabled": true,
		"authToken":                "0123456789abcdef",
		"parameterGroupName":       "default.redis7.cluster.on",
	}
	for key, v := range changes {
		if inputs[key] = v; v == nil {
			delete(inputs, key)
		}
	}
	return inputs
}

func TestReplicationGroupEndpoints(t *testing.T) {
	for _, tt := range []struct {
		name     string
		changes  map[string]any
		property string
		want     string
		members  int
	}{
		{
			name:     "shards, TLS",
			changes:  nil,
			property: "configurationEndpointAddress",
			want:     `^clustercfg\.game\.[0-9a-f]{6}\.use1\.cache\.amazonaws\.com$`,
			members:  6,
		},
		{
			name:     "shards, plain",
			changes:  map[string]any{"transitEncryptionEnabled": false, "authToken": nil},
			property: "configurationEndpointAddress",
			want:     `^game\.[0-9a-f]{6}\.clustercfg\.use1`,
			members:  6,
		},
		{
			name: "no shards, TLS",
			changes: map[string]any{
				"numNodeGroups":        nil,
				"replicasPerNodeGroup": nil,
				"numCacheClusters":     2.0,
				"parameterGroupName":   nil,
			},
			property: "primaryEndpointAddress",
			want:     `^master\.game\.[0-9a-f]{6}\.use1`,
			members:  2,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, outputs := newBench(t).make(elasticache.ReplicationGroupType, "game", redisInputs(tt.changes))
			assert.Regexp(t, tt.want, outputs[resource.PropertyKey(tt.property)].StringValue())
			assert.Len(t, outputs["memberClusters"].ArrayValue(), tt.members)
			assert.Equal(t, "7.1.0", outputs["engineVersionActual"].StringValue())
		})
	}
}

func TestReplicationGroupRefusals(t *testing.T) {
	for text, changes := range map[string]map[string]any{
		"AuthToken can only be specified":             {"transitEncryptionEnabled": false},
		"cannot be created with auto failover turned": {"automaticFailoverEnabled": false, "multiAzEnabled": false},
		"SnapshotNotFoundFault":                       {"snapshotName": "none"},
		"CacheParameterGroupNotFound":                 {"parameterGroupName": "mine"},
		"The log group /redis does not exist": {"logDeliveryConfigurations": []any{map[string]any{
			"destination":     "/redis",
			"destinationType": "cloudwatch-logs", "logFormat": "json", "logType": "slow-log",
		}}},
	} {
		newBench(t).refused(text, elasticache.ReplicationGroupType, "game", redisInputs(changes))
	}
	b := newBench(t)
	assert.Equal(
		t,
		[]string{"authToken"},
		b.faults(elasticache.ReplicationGroupType, redisInputs(map[string]any{"authToken": "short"})),
	)
	assert.Equal(
		t,
		[]string{"authToken"},
		b.faults(elasticache.ReplicationGroupType, redisInputs(map[string]any{"authToken": "0123456789abcde@"})),
	)
	assert.Equal(
		t,
		[]string{"automaticFailoverEnabled"},
		b.faults(elasticache.ReplicationGroupType, redisInputs(map[string]any{"automaticFailoverEnabled": false})),
	)
	b.make(elasticache.ParameterGroupType, "p", map[string]any{"name": "six", "family": "redis6.x"})
	b.refused(
		"Expected a parameter group of family redis7 but found one of family redis6.x",
		elasticache.ReplicationGroupType,
		"game",
		redisInputs(map[string]any{"parameterGroupName": "six"}),
	)
}

func TestTokenRotationAndEnd(t *testing.T) {
	b := newBench(t)
	id, _ := b.make(elasticache.ReplicationGroupType, "game", redisInputs(map[string]any{"authToken": nil}))
	access := func() elasticache.LoginTokens {
		return cloud.View(b.Cloud, func(tx *cloud.Tx) any {
			return tx.Values[elasticache.ReplicationGroupType+" "+id]
		}).(elasticache.LoginTokens)
	}
	require.NoError(
		t,
		b.change(
			elasticache.ReplicationGroupType,
			id,
			redisInputs(map[string]any{"authTokenUpdateStrategy": "ROTATE"}),
		),
	)
	assert.True(t, access().Passwordless, "the first token by ROTATE leaves login without one valid")
	next := redisInputs(
		map[string]any{
			"authToken":               "fedcba9876543210",
			"authTokenUpdateStrategy": "SET",
			"finalSnapshotIdentifier": "last",
		},
	)
	require.NoError(t, b.change(elasticache.ReplicationGroupType, id, next))
	assert.Equal(t, elasticache.LoginTokens{Tokens: []string{"fedcba9876543210"}}, access())
	older := redisInputs(map[string]any{"engineVersion": "7.0", "finalSnapshotIdentifier": "last"})
	assert.ErrorContains(t, b.change(elasticache.ReplicationGroupType, id, older), "does not downgrade")
	require.NoError(t, b.end(elasticache.ReplicationGroupType, id))
	b.make(elasticache.ReplicationGroupType, "game", redisInputs(map[string]any{"snapshotName": "last"}))
}

func TestVersionsCompare(t *testing.T) {
	assert.True(t, elasticache.OlderThan("6.2", "7.0"))
	assert.True(t, elasticache.OlderThan("7.0.4", "7.0.5"))
	assert.False(t, elasticache.OlderThan("7.10", "7.9"))
	assert.False(t, elasticache.OlderThan("6.x", "6.2"))
	assert.Equal(t, "valkey8", elasticache.RedisFamily("valkey", "8.0"))
	assert.Equal(t, "redis6.x", elasticache.RedisFamily("redis", "6.2"))
}
