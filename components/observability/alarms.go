// The alarms, as a table: what is watched, from when it is wrong, and why a person should get up.
package observability

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// alarm is one row. An alarm fires when Evaluations periods in a row are beyond the threshold.
type alarm struct {
	id          string
	namespace   string
	metric      string
	statistic   string // Average, Sum, Minimum, Maximum
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
)

// table lists the alarms for what stands in Subjects.
func table(environment string, s Subjects) []alarm {
	alarms := []alarm{
		{"redis-cpu", "AWS/ElastiCache", "EngineCPUUtilization", "Maximum", above, 80, 300, 3, "breaching", group(s),
			"Redis has one thread per shard; above this, latency grows (ElastiCache user guide, which metrics to monitor)"},
		{"redis-memory", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", above, 80, 300, 3, "breaching", group(s),
			"before a full shard refuses writes"},
		{"redis-evictions", "AWS/ElastiCache", "Evictions", "Sum", above, 0, 300, 1, "notBreaching", group(s), "state is being dropped"},
		{"redis-replication-lag", "AWS/ElastiCache", "ReplicationLag", "Maximum", above, 5, 60, 5, "notBreaching", group(s),
			"a failover now would lose as many seconds of writes"},
		{"nats-unhealthy", "AWS/NetworkELB", "UnHealthyHostCount", "Maximum", above, 0, 60, 3, "breaching",
			pulumi.StringMap{"LoadBalancer": s.NatsLoadBalancerSuffix.ToStringOutput(), "TargetGroup": s.NatsTargetGroupSuffix.ToStringOutput()},
			"a NATS server does not answer its health check"},
		{"controller-errors", "AWS/Lambda", "Errors", "Sum", above, 0, 300, 1, "notBreaching",
			pulumi.StringMap{"FunctionName": s.ControllerName.ToStringOutput()}, "a gate was refused"},
		{"gateway-errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", above, 10, 60, 3, "notBreaching", front(s),
			"players get errors"},
		{"gateway-latency", "AWS/ApplicationELB", "TargetResponseTime", "Average", above, 1, 60, 5, "notBreaching", front(s), "players wait"},
		{"gateway-unhealthy", "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", above, 0, 60, 3, "breaching",
			pulumi.StringMap{"LoadBalancer": s.GatewayLoadBalancerSuffix.ToStringOutput(), "TargetGroup": s.GatewayTargetGroupSuffix.ToStringOutput()},
			"a gateway task does not answer its health check"},
	}
	for i, instance := range s.NatsInstanceIDs {
		alarms = append(alarms, alarm{fmt.Sprintf("nats-%d-status", i+1), "AWS/EC2", "StatusCheckFailed", "Maximum", above, 0, 60, 2, "breaching",
			pulumi.StringMap{"InstanceId": instance.ToStringOutput()}, "the machine or its host is broken"})
	}
	for _, service := range s.Services {
		dimensions := pulumi.StringMap{"ClusterName": s.ClusterName.ToStringOutput(), "ServiceName": pulumi.String(service)}
		alarms = append(alarms,
			alarm{service + "-tasks", "ECS/ContainerInsights", "RunningTaskCount", "Minimum", below, float64(s.TasksWanted), 60, 5, "breaching", dimensions,
				"fewer tasks run than were asked for"},
			alarm{service + "-cpu", "AWS/ECS", "CPUUtilization", "Average", above, 85, 300, 3, "notBreaching", dimensions, "autoscaling does not keep up"},
			alarm{service + "-memory", "AWS/ECS", "MemoryUtilization", "Average", above, 85, 300, 3, "notBreaching", dimensions, "before tasks are killed for memory"})
	}
	return alarms
}

func group(s Subjects) pulumi.StringMap {
	return pulumi.StringMap{"ReplicationGroupId": s.RedisGroupID.ToStringOutput()}
}

func front(s Subjects) pulumi.StringMap {
	return pulumi.StringMap{"LoadBalancer": s.GatewayLoadBalancerSuffix.ToStringOutput()}
}
