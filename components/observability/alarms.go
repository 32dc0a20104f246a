// The alarms, as a table: what is watched, from when it is wrong, and why a person should get up.

package observability

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/assets/nats"
)

// alarm is one row. An alarm fires when Evaluations periods in a row are beyond the threshold.
type alarm struct {
	id          string
	namespace   string
	metric      string
	statistic   string // Average, Sum, Minimum, Maximum, or growth
	comparison  string // GreaterThanThreshold …
	threshold   float64
	seconds     int // of one period
	evaluations int
	missing     string // what no data means: breaching, notBreaching, ignore
	dimensions  pulumi.StringMap
	why         string
}

const (
	above = "GreaterThanThreshold"
	below = "LessThanThreshold"
	// growth is by how much a metric's maximum is above that of the period before (CloudWatch user guide, "Using metric math", DIFF).
	growth = "Growth"
)

// rolled are the periods of 300 s after which one node that is away wakes somebody; two do at once. A planned roll takes five nodes
// away one after the other, each for its lame duck (120 s), launch and catching up, with seconds between two: 25 minutes at most.
const rolled = 6

// table lists the alarms for what stands in Subjects.
func table(environment string, s Subjects) []alarm {
	nlb := pulumi.StringMap{"LoadBalancer": s.NatsLoadBalancerSuffix.ToStringOutput(), "TargetGroup": s.NatsTargetGroupSuffix.ToStringOutput()}
	gateway := pulumi.StringMap{"LoadBalancer": s.GatewayLoadBalancerSuffix.ToStringOutput(), "TargetGroup": s.GatewayTargetGroupSuffix.ToStringOutput()}
	alarms := []alarm{
		{"nats-unhealthy", "AWS/NetworkELB", "UnHealthyHostCount", "Minimum", above, 0, 300, rolled, "breaching", nlb, "a NATS server does not answer its health check"},
		{"nats-unhealthy-many", "AWS/NetworkELB", "UnHealthyHostCount", "Minimum", above, 1, 60, 3, "breaching", nlb, "more than one NATS server does not answer its health check"},
		{"controller-errors", "AWS/Lambda", "Errors", "Sum", above, 0, 300, 3, "notBreaching",
			pulumi.StringMap{"FunctionName": s.ControllerName.ToStringOutput()}, "a gate was refused, or dead letters could not be moved, or a backup failed: the function's log says which"},
		{"gateway-errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", above, 10, 60, 3, "notBreaching", gateway,
			"players get errors"},
		{"gateway-latency", "AWS/ApplicationELB", "TargetResponseTime", "Average", above, 1, 60, 5, "notBreaching", gateway, "players wait"},
		{"gateway-refusals", "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", above, 10, 60, 3, "notBreaching",
			pulumi.StringMap{"LoadBalancer": s.GatewayLoadBalancerSuffix.ToStringOutput()}, "the load balancer found nobody to ask: players get errors"},
	}
	if s.GatewayRuns {
		alarms = append(alarms, alarm{"gateway-unhealthy", "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", above, 0, 60, 3, "breaching", gateway,
			"a gateway task does not answer its health check"})
	}
	for _, node := range s.redisNodes() {
		alarms = append(alarms, redisAlarms(node.name, node.dimensions)...)
	}
	for i, instance := range s.NatsInstanceIDs {
		alarms = append(alarms, nodeAlarms(fmt.Sprintf("nats-%d", i+1), pulumi.StringMap{"InstanceId": instance.ToStringOutput()})...)
	}
	for _, zone := range s.NatsZones {
		alarms = append(alarms, alarm{"nats-" + zone, "AWS/NetworkELB", "HealthyHostCount", "Maximum", below, 1, 300, rolled, "breaching",
			pulumi.StringMap{"AvailabilityZone": pulumi.String(zone), "LoadBalancer": s.NatsLoadBalancerSuffix.ToStringOutput(),
				"TargetGroup": s.NatsTargetGroupSuffix.ToStringOutput()}, "no NATS server in this zone: its clients pay a hop to another"})
	}
	alarms = append(alarms, controllerAlarms(nats.MetricNamespace(environment), len(s.NatsInstanceIDs))...)
	for _, service := range s.Services {
		dimensions := pulumi.StringMap{"ClusterName": s.ClusterName.ToStringOutput(), "ServiceName": pulumi.String(service.Name)}
		alarms = append(alarms,
			alarm{service.Name + "-tasks", "ECS/ContainerInsights", "RunningTaskCount", "Minimum", below, float64(service.Tasks), 60, 5, "breaching", dimensions,
				"fewer tasks run than were asked for"},
			alarm{service.Name + "-cpu", "AWS/ECS", "CPUUtilization", "Average", above, 85, 300, 3, "notBreaching", dimensions, "autoscaling does not keep up"},
			alarm{service.Name + "-memory", "AWS/ECS", "MemoryUtilization", "Average", above, 85, 300, 3, "notBreaching", dimensions, "before tasks are killed for memory"})
	}
	return alarms
}

// redisAlarms watch one node. Thresholds on CPU and memory: ElastiCache user guide, "Which
// metrics should I monitor?".
func redisAlarms(node string, dimensions pulumi.StringMap) []alarm {
	return []alarm{
		{node + "-cpu", "AWS/ElastiCache", "EngineCPUUtilization", "Maximum", above, 80, 300, 3, "breaching", dimensions,
			"a shard has one thread; above this, latency grows"},
		{node + "-memory", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", above, 80, 300, 3, "breaching", dimensions,
			"before a full shard refuses writes"},
		{node + "-evictions", "AWS/ElastiCache", "Evictions", "Sum", above, 0, 300, 1, "notBreaching", dimensions, "state is being dropped"},
		{node + "-replication-lag", "AWS/ElastiCache", "ReplicationLag", "Maximum", above, 5, 60, 5, "notBreaching", dimensions,
			"a failover now would lose as many seconds of writes"},
		// The smallest nodes take 20,000 connections, all others more (ElastiCache user guide, parameter
		// maxclients); services that need 80 % of that are leaking them.
		{node + "-connections", "AWS/ElastiCache", "CurrConnections", "Maximum", above, 16000, 300, 3, "notBreaching", dimensions,
			"clients leak connections; at the limit new ones are refused"},
	}
}

// nodeAlarms watch one NATS machine from outside. The balances exist only on types that burst above
// what they sustain (EC2 user guide, "CloudWatch metrics for your instances"): elsewhere no data is
// no fault. At 20 % there is time left to act before a disk slows down.
func nodeAlarms(node string, dimensions pulumi.StringMap) []alarm {
	return []alarm{
		{node + "-status", "AWS/EC2", "StatusCheckFailed", "Maximum", above, 0, 60, 2, "notBreaching", dimensions, "the machine or its host is broken"},
		{node + "-cpu", "AWS/EC2", "CPUUtilization", "Average", above, 85, 300, 3, "notBreaching", dimensions, "the server falls behind its clients"},
		{node + "-disk-operations", "AWS/EC2", "EBSIOBalance%", "Minimum", below, 20, 300, 3, "notBreaching", dimensions,
			"soon the disk does only the operations that the type sustains, and publishers wait"},
		{node + "-disk-throughput", "AWS/EC2", "EBSByteBalance%", "Minimum", below, 20, 300, 3, "notBreaching", dimensions,
			"soon the disk moves only the bytes that the type sustains, and publishers wait"},
	}
}

// controllerAlarms watch what only NATS knows. The controller publishes these metrics each minute,
// without dimensions, the worst of all nodes in one; its silence is a fault like any other.
// Certificates are made for 6 days and renewed when 2 are left (facts, "AWS"). A full disk disables JetStream, so
// storage rings at 70 %. A lag of 5,900 messages is one second of the fastest publisher measured.
func controllerAlarms(namespace string, nodes int) []alarm {
	return []alarm{
		{"nats-controller", namespace, "ServersUp", "SampleCount", below, 1, 300, 2, "breaching", nil, "the controller measures nothing and moves no dead letters"},
		{"nats-servers", namespace, "ServersUp", "Maximum", below, float64(nodes), 300, rolled, "notBreaching", nil, "a NATS server is not in the cluster"},
		{"nats-servers-many", namespace, "ServersUp", "Maximum", below, float64(nodes - 1), 60, 3, "notBreaching", nil, "more than one NATS server is away"},
		{"nats-leader", namespace, "MetaLeader", "Maximum", below, 1, 60, 3, "notBreaching", nil, "servers do not agree on a meta leader: streams cannot be made or moved"},
		{"nats-certificate", namespace, "CertificateDaysLeft", "Minimum", below, 1.5, 300, 3, "notBreaching", nil,
			"a node does not renew its certificate; when it ends nobody can connect"},
		{"nats-storage", namespace, "StorageUsedPercent", "Maximum", above, 70, 300, 3, "notBreaching", nil, "before a full disk disables JetStream"},
		{"nats-work-queue", namespace, "WorkQueueUsedPercent", "Maximum", above, 70, 60, 3, "notBreaching", nil, "soon publishers of work get errors: its workers do not keep up"},
		{"nats-lag", namespace, "ReplicaLag", "Maximum", above, 5900, 60, 5, "notBreaching", nil, "a replica falls behind; losing another node would lose messages"},
		{"nats-backlog", namespace, "ConsumerBacklog", "Minimum", above, 10000, 300, 3, "notBreaching", nil, "a durable consumer's service does not keep up, or does not run"},
		{"nats-configuration", namespace, "ConfigurationMismatch", "Minimum", above, 0, 300, rolled, "notBreaching", nil, "a server runs another configuration than it should"},
		{"nats-replicas", namespace, "ReplicasNotCurrent", "Minimum", above, 0, 300, rolled, "notBreaching", nil, "a replica does not catch up: its stream has one copy less than it should"},
		{"nats-slow-consumers", namespace, "SlowConsumers", growth, above, 0, 300, 1, "notBreaching", nil, "a server dropped a client that does not read what it subscribed to"},
		// Backups are made once a day; half a day more is for one that failed.
		{"nats-backup", namespace, "BackupAgeHours", "Minimum", above, 36, 300, 3, "notBreaching", nil, "streams are not backed up: a lost cluster would lose more than a day"},
		{"nats-dead-letters", namespace, "DeadLetters", "Sum", above, 0, 300, 1, "notBreaching", nil, "a service could not process a message; it is in the DLQ with its origin"},
	}
}

// redisNode is one node of the group; CloudWatch keeps ElastiCache's metrics by node.
type redisNode struct {
	name       string // for example redis-0001-002
	dimensions pulumi.StringMap
}

// redisNodes names the nodes as ElastiCache does: <group>-<shard>-<node>, both counted from one.
func (s Subjects) redisNodes() (nodes []redisNode) {
	for shard := range s.RedisShards {
		for node := range s.RedisNodesPerShard {
			suffix := fmt.Sprintf("-%04d-%03d", shard+1, node+1)
			nodes = append(nodes, redisNode{"redis" + suffix,
				pulumi.StringMap{"CacheClusterId": pulumi.Sprintf("%s%s", s.RedisGroupID, suffix)}})
		}
	}
	return nodes
}
