// The alarms, as a table: what is watched, from when it is wrong, and why a person should get up.

package observability

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
)

// alarm is one row. It fires when that many periods in a row, evaluations, are beyond the
// threshold.
type alarm struct {
	id          string
	namespace   string
	metric      string
	statistic   string // Average, Sum, Minimum, Maximum, SampleCount, or the constant growth
	comparison  string // GreaterThanThreshold …
	threshold   float64
	seconds     int    // of one period
	evaluations int    // periods in a row
	missing     string // what no data means: breaching or notBreaching
	dimensions  pulumi.StringMap
	why         string
}

const (
	above = "GreaterThanThreshold"
	below = "LessThanThreshold"
	// growth is no statistic of CloudWatch's. The alarm compares with its threshold by how much the
	// metric's maximum is above that of the period before (CloudWatch user guide, "Using metric
	// math", DIFF).
	growth = "Growth"
)

// rolled are the periods of 300 s after which one node that is away wakes somebody; two do at once.
// A planned roll takes five nodes away one after the other, each for its lame duck (120 s), launch
// and catching up, with seconds between two: 25 minutes at most.
const rolled = 6

// table lists the alarms for the subjects.
func table(environment string, s Subjects) []alarm {
	nlb, gateway := s.Nats.Balancer.Dimensions(), s.Gateway.Dimensions()
	alarms := []alarm{
		{
			id:          "nats-unhealthy",
			namespace:   "AWS/NetworkELB",
			metric:      "UnHealthyHostCount",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: rolled,
			missing:     "breaching",
			dimensions:  nlb,
			why:         "a NATS server does not answer its health check",
		},
		{
			id:          "nats-unhealthy-many",
			namespace:   "AWS/NetworkELB",
			metric:      "UnHealthyHostCount",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   1,
			seconds:     60,
			evaluations: 3,
			missing:     "breaching",
			dimensions:  nlb,
			why:         "more than one NATS server does not answer its health check",
		},
		{
			id:          "controller-errors",
			namespace:   "AWS/Lambda",
			metric:      "Errors",
			statistic:   "Sum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  pulumi.StringMap{"FunctionName": s.ControllerName},
			why: "a gate was refused, or dead letters could not be moved, or a backup failed: the " +
				"function's log says which",
		},
		{
			id:          "gateway-errors",
			namespace:   "AWS/ApplicationELB",
			metric:      "HTTPCode_Target_5XX_Count",
			statistic:   "Sum",
			comparison:  above,
			threshold:   10,
			seconds:     60,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  gateway,
			why:         "players get errors",
		},
		{
			id:          "gateway-latency",
			namespace:   "AWS/ApplicationELB",
			metric:      "TargetResponseTime",
			statistic:   "Average",
			comparison:  above,
			threshold:   1,
			seconds:     60,
			evaluations: 5,
			missing:     "notBreaching",
			dimensions:  gateway,
			why:         "players wait",
		},
		{
			id:          "gateway-refusals",
			namespace:   "AWS/ApplicationELB",
			metric:      "HTTPCode_ELB_5XX_Count",
			statistic:   "Sum",
			comparison:  above,
			threshold:   10,
			seconds:     60,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  pulumi.StringMap{"LoadBalancer": s.Gateway.LoadBalancer},
			why:         "the load balancer found nobody to ask: players get errors",
		},
	}
	if s.GatewayRuns {
		alarms = append(alarms, alarm{
			id:          "gateway-unhealthy",
			namespace:   "AWS/ApplicationELB",
			metric:      "UnHealthyHostCount",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   0,
			seconds:     60,
			evaluations: 3,
			missing:     "breaching",
			dimensions:  gateway,
			why:         "a gateway task does not answer its health check",
		})
	}
	for _, node := range s.redisNodes() {
		alarms = append(alarms, redisAlarms(node.name, node.dimensions)...)
	}
	for i, instance := range s.Nats.InstanceIDs {
		alarms = append(
			alarms,
			nodeAlarms(fmt.Sprintf("nats-%d", i+1), pulumi.StringMap{"InstanceId": instance.ToStringOutput()})...)
	}
	for _, zone := range s.Nats.Zones {
		alarms = append(alarms, alarm{
			id:          "nats-" + zone,
			namespace:   "AWS/NetworkELB",
			metric:      "HealthyHostCount",
			statistic:   "Maximum",
			comparison:  below,
			threshold:   1,
			seconds:     300,
			evaluations: rolled,
			missing:     "breaching",
			dimensions: pulumi.StringMap{
				"AvailabilityZone": pulumi.String(zone),
				"LoadBalancer":     s.Nats.Balancer.LoadBalancer,
				"TargetGroup":      s.Nats.Balancer.TargetGroup,
			},
			why: "no NATS server in this zone: its clients pay a hop to another",
		})
	}
	alarms = append(alarms, controllerAlarms(catalog.MetricNamespace(environment), len(s.Nats.InstanceIDs))...)
	for _, service := range s.Services {
		dimensions := pulumi.StringMap{
			"ClusterName": s.ClusterName,
			"ServiceName": pulumi.String(service.Name),
		}
		alarms = append(alarms,
			alarm{
				id:          service.Name + "-tasks",
				namespace:   "ECS/ContainerInsights",
				metric:      "RunningTaskCount",
				statistic:   "Minimum",
				comparison:  below,
				threshold:   float64(service.Tasks),
				seconds:     60,
				evaluations: 5,
				missing:     "breaching",
				dimensions:  dimensions,
				why:         "fewer tasks run than were asked for",
			},
			alarm{
				id:          service.Name + "-cpu",
				namespace:   "AWS/ECS",
				metric:      "CPUUtilization",
				statistic:   "Average",
				comparison:  above,
				threshold:   85,
				seconds:     300,
				evaluations: 3,
				missing:     "notBreaching",
				dimensions:  dimensions,
				why:         "autoscaling does not keep up",
			},
			alarm{
				id:          service.Name + "-memory",
				namespace:   "AWS/ECS",
				metric:      "MemoryUtilization",
				statistic:   "Average",
				comparison:  above,
				threshold:   85,
				seconds:     300,
				evaluations: 3,
				missing:     "notBreaching",
				dimensions:  dimensions,
				why:         "before tasks are killed for memory",
			})
	}
	return alarms
}

// redisAlarms watch one node. Thresholds on CPU and memory: ElastiCache user guide, "Which
// metrics should I monitor?".
func redisAlarms(node string, dimensions pulumi.StringMap) []alarm {
	return []alarm{
		{
			id:          node + "-cpu",
			namespace:   "AWS/ElastiCache",
			metric:      "EngineCPUUtilization",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   80,
			seconds:     300,
			evaluations: 3,
			missing:     "breaching",
			dimensions:  dimensions,
			why:         "a shard has one thread; above this, latency grows",
		},
		{
			id:          node + "-memory",
			namespace:   "AWS/ElastiCache",
			metric:      "DatabaseMemoryUsagePercentage",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   80,
			seconds:     300,
			evaluations: 3,
			missing:     "breaching",
			dimensions:  dimensions,
			why:         "before a full shard refuses writes",
		},
		{
			id:          node + "-evictions",
			namespace:   "AWS/ElastiCache",
			metric:      "Evictions",
			statistic:   "Sum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: 1,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "state is being dropped",
		},
		{
			id:          node + "-replication-lag",
			namespace:   "AWS/ElastiCache",
			metric:      "ReplicationLag",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   5,
			seconds:     60,
			evaluations: 5,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "a failover now would lose as many seconds of writes",
		},
		// The smallest nodes take 20,000 connections, all others more (ElastiCache user guide,
		// parameter maxclients); services that need 80 % of that are leaking them.
		{
			id:          node + "-connections",
			namespace:   "AWS/ElastiCache",
			metric:      "CurrConnections",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   16000,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "clients leak connections; at the limit new ones are refused",
		},
	}
}

// nodeAlarms watch one NATS machine from outside. The balances exist only on types that burst above
// what they sustain (EC2 user guide, "CloudWatch metrics for your instances"): elsewhere no data is
// no fault. At 20 % there is time left to act before a disk slows down.
func nodeAlarms(node string, dimensions pulumi.StringMap) []alarm {
	return []alarm{
		{
			id:          node + "-status",
			namespace:   "AWS/EC2",
			metric:      "StatusCheckFailed",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   0,
			seconds:     60,
			evaluations: 2,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "the machine or its host is broken",
		},
		{
			id:          node + "-cpu",
			namespace:   "AWS/EC2",
			metric:      "CPUUtilization",
			statistic:   "Average",
			comparison:  above,
			threshold:   85,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "the server falls behind its clients",
		},
		{
			id:          node + "-disk-operations",
			namespace:   "AWS/EC2",
			metric:      "EBSIOBalance%",
			statistic:   "Minimum",
			comparison:  below,
			threshold:   20,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "soon the disk does only the operations that the type sustains, and publishers wait",
		},
		{
			id:          node + "-disk-throughput",
			namespace:   "AWS/EC2",
			metric:      "EBSByteBalance%",
			statistic:   "Minimum",
			comparison:  below,
			threshold:   20,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  dimensions,
			why:         "soon the disk moves only the bytes that the type sustains, and publishers wait",
		},
	}
}

// controllerAlarms watch what only NATS knows. The controller publishes these metrics each minute,
// without dimensions, the worst of all nodes in one; its silence is a fault like any other.
// Certificates are made for 6 days and renewed when 2 are left (facts, "AWS"). A full disk disables
// JetStream, so storage rings at 70 %. A lag of 5,900 messages is one second of the fastest
// publisher measured.
func controllerAlarms(namespace string, nodes int) []alarm {
	return []alarm{
		{
			id:          "nats-controller",
			namespace:   namespace,
			metric:      "ServersUp",
			statistic:   "SampleCount",
			comparison:  below,
			threshold:   1,
			seconds:     300,
			evaluations: 2,
			missing:     "breaching",
			dimensions:  nil,
			why:         "the controller measures nothing and moves no dead letters",
		},
		{
			id:          "nats-servers",
			namespace:   namespace,
			metric:      "ServersUp",
			statistic:   "Maximum",
			comparison:  below,
			threshold:   float64(nodes),
			seconds:     300,
			evaluations: rolled,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a NATS server is not in the cluster",
		},
		{
			id:          "nats-servers-many",
			namespace:   namespace,
			metric:      "ServersUp",
			statistic:   "Maximum",
			comparison:  below,
			threshold:   float64(nodes - 1),
			seconds:     60,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "more than one NATS server is away",
		},
		{
			id:          "nats-leader",
			namespace:   namespace,
			metric:      "MetaLeader",
			statistic:   "Maximum",
			comparison:  below,
			threshold:   1,
			seconds:     60,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "servers do not agree on a meta leader: streams cannot be made or moved",
		},
		{
			id:          "nats-certificate",
			namespace:   namespace,
			metric:      "CertificateDaysLeft",
			statistic:   "Minimum",
			comparison:  below,
			threshold:   1.5,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a node does not renew its certificate; when it ends nobody can connect",
		},
		{
			id:          "nats-storage",
			namespace:   namespace,
			metric:      "StorageUsedPercent",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   70,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "before a full disk disables JetStream",
		},
		{
			id:          "nats-work-queue",
			namespace:   namespace,
			metric:      "WorkQueueUsedPercent",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   70,
			seconds:     60,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "soon publishers of work get errors: its workers do not keep up",
		},
		{
			id:          "nats-lag",
			namespace:   namespace,
			metric:      "ReplicaLag",
			statistic:   "Maximum",
			comparison:  above,
			threshold:   5900,
			seconds:     60,
			evaluations: 5,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a replica falls behind; losing another node would lose messages",
		},
		{
			id:          "nats-backlog",
			namespace:   namespace,
			metric:      "ConsumerBacklog",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   10000,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a durable consumer's service does not keep up, or does not run",
		},
		{
			id:          "nats-configuration",
			namespace:   namespace,
			metric:      "ConfigurationMismatch",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: rolled,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a server runs another configuration than it should",
		},
		{
			id:          "nats-replicas",
			namespace:   namespace,
			metric:      "ReplicasNotCurrent",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: rolled,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a replica does not catch up: its stream has one copy less than it should",
		},
		{
			id:          "nats-slow-consumers",
			namespace:   namespace,
			metric:      "SlowConsumers",
			statistic:   growth,
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: 1,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a server dropped a client that does not read what it subscribed to",
		},
		// Backups are made once a day; half a day more is for one that failed.
		{
			id:          "nats-backup",
			namespace:   namespace,
			metric:      "BackupAgeHours",
			statistic:   "Minimum",
			comparison:  above,
			threshold:   36,
			seconds:     300,
			evaluations: 3,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "streams are not backed up: a lost cluster would lose more than a day",
		},
		{
			id:          "nats-dead-letters",
			namespace:   namespace,
			metric:      "DeadLetters",
			statistic:   "Sum",
			comparison:  above,
			threshold:   0,
			seconds:     300,
			evaluations: 1,
			missing:     "notBreaching",
			dimensions:  nil,
			why:         "a service could not process a message; it is in the DLQ with its origin",
		},
	}
}

// redisNode is one node of the group; CloudWatch keeps ElastiCache's metrics by node.
type redisNode struct {
	name       string // for example redis-0001-002
	dimensions pulumi.StringMap
}

// redisNodes names the nodes as ElastiCache does: <group>-<shard>-<node>, both counted from one.
func (s Subjects) redisNodes() (nodes []redisNode) {
	for shard := range s.Redis.Shards {
		for node := range s.Redis.PerShard {
			suffix := fmt.Sprintf("-%04d-%03d", shard+1, node+1)
			nodes = append(nodes, redisNode{
				"redis" + suffix,
				pulumi.StringMap{"CacheClusterId": pulumi.Sprintf("%s%s", s.Redis.GroupID, suffix)},
			})
		}
	}
	return nodes
}
