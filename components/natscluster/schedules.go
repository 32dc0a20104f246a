// Schedules on which AWS calls the controller.
package natscluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// schedule is one request that the controller gets again and again.
type schedule struct {
	name, rate, why string
	request         pulumi.Map
}

func (c *NatsCluster) schedules() []schedule {
	letters := pulumi.StringMap{}
	for _, stream := range c.args.Streams {
		for _, consumer := range stream.Consumers {
			letters[stream.Name+"."+consumer.Name] = pulumi.String(consumer.DeadLetterSubject)
		}
	}
	return []schedule{
		{
			name: "tick",
			rate: "rate(1 minute)",
			why:  "Moves dead letters and measures the cluster",
			request: pulumi.Map{
				"action":      pulumi.String("tick"),
				"nodes":       c.Nodes(),
				"revision":    c.revision,
				"deadLetters": letters,
			},
		},
		{
			name:    "backup",
			rate:    "rate(1 day)",
			why:     "Copies every stream into the bucket",
			request: pulumi.Map{"action": pulumi.String("backup"), "nodes": c.Nodes()},
		},
	}
}

// createSchedules makes the schedules behind the streams: a cluster that is being made would only
// be measured as broken, and one that is being changed is measured by what it ran before.
func (c *NatsCluster) createSchedules(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(c)
	for _, s := range c.schedules() {
		rule, err := cloudwatch.NewEventRule(ctx, name+"-"+s.name, &cloudwatch.EventRuleArgs{
			Name:               pulumi.String(c.args.Environment + "-nats-" + s.name),
			Description:        pulumi.String(s.why),
			ScheduleExpression: pulumi.String(s.rate),
		}, under)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", s.name, err)
		}
		permission, err := lambda.NewPermission(ctx, name+"-"+s.name, &lambda.PermissionArgs{
			Action:    pulumi.String("lambda:InvokeFunction"),
			Function:  c.args.Controller.Name,
			Principal: pulumi.String("events.amazonaws.com"),
			SourceArn: rule.Arn,
		}, under)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", s.name, err)
		}
		if _, err := cloudwatch.NewEventTarget(ctx, name+"-"+s.name, &cloudwatch.EventTargetArgs{
			Rule:     rule.Name,
			TargetId: pulumi.String("controller"),
			Arn:      c.args.Controller.Arn,
			Input:    pulumi.JSONMarshal(s.request),
		}, under, pulumi.DependsOn(append([]pulumi.Resource{permission}, c.Ready...))); err != nil {
			return fmt.Errorf("schedule %s: %w", s.name, err)
		}
	}
	return nil
}
