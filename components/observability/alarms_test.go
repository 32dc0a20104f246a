package observability

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/platform"
	"github.com/bodybroker/platform/components/rediscluster"
)

func subjects() Subjects {
	known := pulumi.String("known").ToStringOutput()
	balancer := platform.Balancer{LoadBalancer: known, TargetGroup: known}
	return Subjects{
		Redis:          rediscluster.Nodes{GroupID: known, Shards: 3, PerShard: 2},
		Nats:           natscluster.Metrics{InstanceIDs: []pulumi.StringInput{known, known, known}, Balancer: balancer},
		Gateway:        balancer,
		ClusterName:    known,
		ControllerName: known,
		Services: []Service{
			{Name: "http-nats-gateway", Tasks: 2},
			{Name: "quest-system", Tasks: 2},
			{Name: "router", Tasks: 2},
		},
		GatewayRuns: true,
	}
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
	for _, id := range []string{
		"redis-0001-001-cpu", "redis-0003-002-memory", "redis-0002-001-connections", "redis-0001-002-replication-lag",
		"nats-unhealthy", "nats-1-status", "nats-3-cpu", "nats-2-disk-operations",
		"nats-3-disk-throughput", "controller-errors",
		"gateway-errors", "gateway-refusals", "gateway-latency", "gateway-unhealthy",
		"http-nats-gateway-tasks", "nats-unhealthy-many", "quest-system-tasks", "router-cpu", "router-memory",
	} {
		assert.Contains(t, found, id)
	}
}

func TestAlarmsHaveNamesOfTheirOwnAndAReason(t *testing.T) {
	s := subjects()
	s.Nats.Zones = []string{"us-east-1a", "us-east-1b"}
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
	s.Nats.Zones = []string{"us-east-1a", "us-east-1b"}
	var zones []string
	for _, a := range table("test", s) {
		if zone, ok := a.dimensions["AvailabilityZone"]; ok {
			zones = append(zones, string(zone.(pulumi.String)))
			assert.Equal(t, "HealthyHostCount", a.metric)
		}
	}
	assert.Equal(t, s.Nats.Zones, zones)
}

func TestWhatTheControllerMeasuresIsWatched(t *testing.T) {
	measured := map[string]bool{}
	for _, a := range table("test", subjects()) {
		if a.namespace != catalog.MetricNamespace("test") {
			continue
		}
		measured[a.metric] = true
		assert.Contains(t, catalog.MetricUnits, a.metric, a.id)
	}
	for metric := range catalog.MetricUnits {
		assert.True(t, measured[metric], "%s has no alarm", metric)
	}
}

// Before the first images no task can be healthy, and nobody should be woken for it.
func TestAGatewayWithoutAnImageIsNotMissed(t *testing.T) {
	s := subjects()
	s.GatewayRuns, s.Services = false, nil
	for _, id := range ids(table("test", s)) {
		assert.NotEqual(t, "gateway-unhealthy", id)
		assert.NotContains(t, id, "-tasks")
	}
}

// A planned roll takes each node away for minutes, one after the other.
func TestOneNodeAwayForMinutesWakesNobody(t *testing.T) {
	s := subjects()
	s.Nats.Zones = []string{"us-east-1a"}
	for _, a := range table("test", s) {
		if a.metric == "UnHealthyHostCount" && a.namespace == "AWS/NetworkELB" && a.threshold == 0 ||
			a.metric == "HealthyHostCount" ||
			slices.Contains([]string{"nats-servers", "nats-replicas", "nats-configuration"}, a.id) {
			assert.GreaterOrEqual(t, a.seconds*a.evaluations, 1500, a.id)
		}
		if a.metric == "StatusCheckFailed" {
			assert.Equal(t, "notBreaching", a.missing, "a machine that was replaced tells nothing for a while")
		}
	}
}

// A count since the server's start never falls again, and an alarm on it would ring for ever.
func TestACountThatOnlyGrowsIsWatchedForItsGrowth(t *testing.T) {
	for _, a := range table("test", subjects()) {
		if a.metric != "SlowConsumers" {
			continue
		}
		made := a.arguments("test", pulumi.String("arn").ToStringOutput())
		assert.Nil(t, made.MetricName)
		queries := made.MetricQueries.(cloudwatch.MetricAlarmMetricQueryArray)
		growing := queries[0].(*cloudwatch.MetricAlarmMetricQueryArgs)
		assert.Equal(t, pulumi.String("DIFF(metric)"), growing.Expression)
		assert.Equal(t, pulumi.Bool(true), growing.ReturnData)
		measured := queries[1].(*cloudwatch.MetricAlarmMetricQueryArgs)
		assert.Equal(t, pulumi.String("metric"), measured.Id)
		assert.Equal(
			t,
			pulumi.String("SlowConsumers"),
			measured.Metric.(*cloudwatch.MetricAlarmMetricQueryMetricArgs).MetricName,
		)
		return
	}
	t.Error("SlowConsumers has no alarm")
}

// The mail of an alarm names the document, and whoever opens it at night finds the alarm in it.
func TestEveryAlarmStandsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/alarms.md")
	require.NoError(t, err)
	s := subjects()
	s.Nats.Zones = []string{"us-east-1a"}
	for _, a := range table("test", s) {
		name := a.id
		for _, service := range s.Services {
			if rest, found := strings.CutPrefix(a.id, service.Name+"-"); found {
				name = "<service>-" + rest
			}
		}
		name = regexp.MustCompile(`^redis-\d{4}-\d{3}`).ReplaceAllString(name, "redis-SSSS-NNN")
		name = regexp.MustCompile(`^nats-\d`).ReplaceAllString(name, "nats-N")
		name = strings.ReplaceAll(name, "us-east-1a", "<zone>")
		assert.Regexp(t, `(?m)^\|.*`+regexp.QuoteMeta("`"+name+"`")+`.*\| `, string(text), a.id)
	}
}
