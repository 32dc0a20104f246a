package observability

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func subjects() Subjects {
	known := pulumi.String("known")
	return Subjects{RedisGroupID: known, RedisShards: 3, RedisNodesPerShard: 2, NatsInstanceIDs: []pulumi.StringInput{known, known, known},
		NatsLoadBalancerSuffix: known, NatsTargetGroupSuffix: known, GatewayLoadBalancerSuffix: known, GatewayTargetGroupSuffix: known,
		ClusterName: known, ControllerName: known, Services: []string{"quest-system", "router"}, TasksWanted: 2}
}

func ids(alarms []alarm) (list []string) {
	for _, a := range alarms {
		list = append(list, a.id)
	}
	return list
}

// Incident 26: there were alarms on the services and none on NATS and Redis.
func TestEveryPartIsWatched(t *testing.T) {
	found := ids(table("test", subjects()))
	for _, id := range []string{"redis-0001-001-cpu", "redis-0003-002-memory", "redis-0002-001-connections", "redis-0001-002-replication-lag",
		"nats-unhealthy", "nats-1-status", "nats-3-cpu", "nats-2-disk-operations", "nats-3-disk-throughput", "controller-errors",
		"gateway-errors", "gateway-latency", "gateway-unhealthy", "quest-system-tasks", "router-cpu", "router-memory"} {
		assert.Contains(t, found, id)
	}
}

func TestAlarmsHaveNamesOfTheirOwnAndAReason(t *testing.T) {
	s := subjects()
	s.NatsZones, s.ControllerMetrics = []string{"us-east-1a", "us-east-1b"}, true
	seen := map[string]bool{}
	for _, a := range table("test", s) {
		assert.False(t, seen[a.id], "two alarms are called %s", a.id)
		seen[a.id] = true
		assert.NotEmpty(t, a.why, a.id)
		assert.Contains(t, []string{"breaching", "notBreaching"}, a.missing, a.id)
		assert.Contains(t, []string{above, below}, a.comparison, a.id)
	}
}

func TestZonesAreWatchedOneByOne(t *testing.T) {
	s := subjects()
	s.NatsZones = []string{"us-east-1a", "us-east-1b"}
	var zones []string
	for _, a := range table("test", s) {
		if zone, ok := a.dimensions["AvailabilityZone"]; ok {
			zones = append(zones, string(zone.(pulumi.String)))
			assert.Equal(t, "HealthyHostCount", a.metric)
		}
	}
	assert.Equal(t, s.NatsZones, zones)
}

func TestControllerMetricsAreWatchedOnlyOnceTheyArePublished(t *testing.T) {
	ofController := func(s Subjects) (found []alarm) {
		for _, a := range table("test", s) {
			if strings.HasPrefix(a.namespace, "NATS/") {
				found = append(found, a)
			}
		}
		return found
	}
	s := subjects()
	assert.Empty(t, ofController(s))

	s.ControllerMetrics = true
	found := ofController(s)
	require.Equal(t, []string{"nats-servers", "nats-certificate", "nats-storage", "nats-lag"}, ids(found))
	for _, a := range found {
		assert.Equal(t, "NATS/test", a.namespace)
		assert.Equal(t, "breaching", a.missing, "silence of the controller is a fault too: %s", a.id)
	}
	assert.Equal(t, 3.0, found[0].threshold, "all of the nodes")
}
