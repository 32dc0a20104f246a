// The dashboard: one page that shows at a glance where it hurts.

package observability

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// widget is one graph: a title and metrics as CloudWatch's dashboard JSON writes them
// (CloudWatch API reference, "Dashboard body structure and syntax").
type widget struct {
	title   string
	stat    string // "Average", or "Sum" of what is counted
	metrics [][]string
}

func (o *Observability) createDashboard(ctx *pulumi.Context, name string) error {
	s := o.args.Subjects
	inputs := []any{
		s.Redis.GroupID,
		s.Nats.Balancer.LoadBalancer,
		s.Nats.Balancer.TargetGroup,
		s.Gateway.LoadBalancer,
		s.ClusterName,
	}
	body := pulumi.All(inputs...).ApplyT(func(v []any) (string, error) {
		redis := v[0].(string)
		nats := v[1].(string)
		targets := v[2].(string)
		front := v[3].(string)
		cluster := v[4].(string)
		widgets := []widget{
			{
				title: "NATS servers healthy",
				stat:  "Average",
				metrics: [][]string{
					{"AWS/NetworkELB", "HealthyHostCount", "LoadBalancer", nats, "TargetGroup", targets},
				},
			},
			{
				title:   "NATS connections",
				stat:    "Average",
				metrics: [][]string{{"AWS/NetworkELB", "ActiveFlowCount", "LoadBalancer", nats}},
			},
			{title: "Redis CPU", stat: "Average", metrics: s.redisMetric(redis, "EngineCPUUtilization")},
			{title: "Redis memory", stat: "Average", metrics: s.redisMetric(redis, "DatabaseMemoryUsagePercentage")},
			{title: "Requests and errors", stat: "Sum", metrics: [][]string{
				{"AWS/ApplicationELB", "RequestCount", "LoadBalancer", front},
				{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", front},
			}},
			{
				title:   "Latency",
				stat:    "Average",
				metrics: [][]string{{"AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", front}},
			},
		}
		var cpu [][]string
		for _, service := range s.Services {
			cpu = append(cpu, []string{
				"AWS/ECS",
				"CPUUtilization",
				"ClusterName",
				cluster,
				"ServiceName",
				service.Name,
			})
		}
		// Before the first images there is no service to show, and CloudWatch refuses a graph
		// without metrics.
		if len(cpu) > 0 {
			widgets = append(widgets, widget{title: "CPU of services", stat: "Average", metrics: cpu})
		}
		return dashboardBody(o.args.Region, widgets)
	}).(pulumi.StringOutput)
	_, err := cloudwatch.NewDashboard(ctx, name+"-dashboard", &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(o.args.Environment), DashboardBody: body,
	}, pulumi.Parent(o))
	return err
}

// redisMetric is one metric of every Redis node.
func (s Subjects) redisMetric(group, metric string) (lines [][]string) {
	for _, node := range s.redisNodes() {
		lines = append(
			lines,
			[]string{"AWS/ElastiCache", metric, "CacheClusterId", group + strings.TrimPrefix(node.name, "redis")},
		)
	}
	return lines
}

// dashboardBody lays graphs out two in a row; the dashboard's grid is 24 wide.
func dashboardBody(region string, widgets []widget) (string, error) {
	var list []map[string]any
	for i, w := range widgets {
		list = append(list, map[string]any{
			"type":   "metric",
			"x":      12 * (i % 2),
			"y":      6 * (i / 2),
			"width":  12,
			"height": 6,
			"properties": map[string]any{
				"title":   w.title,
				"region":  region,
				"metrics": w.metrics,
				"period":  60,
				"stat":    w.stat,
			},
		})
	}
	text, err := json.Marshal(map[string]any{"widgets": list})
	return string(text), err
}
