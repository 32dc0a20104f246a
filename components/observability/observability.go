// Package observability reports to people when something is wrong: a topic, alarms from one table,
// a dashboard, a budget.
package observability

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/platform"
	"github.com/bodybroker/platform/components/rediscluster"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:observability:Observability"

// Settings are what a stack's configuration says of alarms and budget.
type Settings struct {
	AlarmEmails   []string // each confirms its subscription by mail
	MonthlyBudget int      // US dollars; 0: none
}

// Args shape what is watched and whom alarms reach.
type Args struct {
	platform.Stack
	Settings
	Subjects Subjects
}

// Subjects are what is watched.
type Subjects struct {
	Redis          rediscluster.Nodes
	Nats           natscluster.Metrics
	Gateway        platform.Balancer
	ClusterName    pulumi.StringOutput // of the ECS cluster
	ControllerName pulumi.StringOutput
	Services       []Service // those that have tasks, the gateway's among them
	// GatewayRuns: behind a load balancer without tasks no target is healthy, and that is no fault
	// before the first image.
	GatewayRuns bool
}

// Service is one ECS service and how many tasks it should have at least.
type Service struct {
	Name  string
	Tasks int
}

// Observability is what watches.
type Observability struct {
	pulumi.ResourceState

	TopicArn   pulumi.StringOutput      `pulumi:"topicArn"`
	AlarmNames pulumi.StringArrayOutput `pulumi:"alarmNames"`

	args Args
}

// New makes topic, alarms, dashboard and budget.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Observability, error) {
	o := &Observability{args: args}
	return platform.Create(ctx, name, o, platform.Definition{
		Type:   Type,
		Noun:   "observability",
		Inputs: pulumi.Map{"monthlyBudget": pulumi.Int(args.MonthlyBudget)},
		Steps:  []platform.Step{o.createTopic, o.createAlarms, o.createDashboard, o.createBudget},
	}, opts...)
}

func (o *Observability) createTopic(ctx *pulumi.Context, name string) error {
	topic, err := sns.NewTopic(ctx, name+"-topic", &sns.TopicArgs{
		Name:           pulumi.String(o.args.Environment + "-alarms"),
		KmsMasterKeyId: o.args.Keys.Notifications,
	}, pulumi.Parent(o))
	if err != nil {
		return err
	}
	o.TopicArn = topic.Arn
	if _, err := sns.NewTopicPolicy(
		ctx,
		name+"-topic",
		&sns.TopicPolicyArgs{Arn: topic.Arn, Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return []platform.Statement{{
				Sid:       "Publishers",
				Principal: map[string][]string{"Service": {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}},
				Action:    []string{"sns:Publish"},
				Resource:  v[0],
				Condition: map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": o.args.Account}},
			}}
		}, topic.Arn)},
		pulumi.Parent(o),
	); err != nil {
		return err
	}
	for i, email := range o.args.AlarmEmails {
		if _, err := sns.NewTopicSubscription(ctx, fmt.Sprintf("%s-email-%d", name, i+1), &sns.TopicSubscriptionArgs{
			Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: pulumi.String(email),
		}, pulumi.Parent(o)); err != nil {
			return err
		}
	}
	return nil
}

func (o *Observability) createAlarms(ctx *pulumi.Context, name string) error {
	var names pulumi.StringArray
	for _, a := range table(o.args.Environment, o.args.Subjects) {
		made, err := cloudwatch.NewMetricAlarm(
			ctx,
			name+"-"+a.id,
			a.arguments(o.args.Environment, o.TopicArn),
			pulumi.Parent(o),
		)
		if err != nil {
			return fmt.Errorf("alarm %q: %w", a.id, err)
		}
		names = append(names, made.Name)
	}
	o.AlarmNames = names.ToStringArrayOutput()
	return nil
}

func (a alarm) arguments(environment string, topic pulumi.StringOutput) *cloudwatch.MetricAlarmArgs {
	arguments := &cloudwatch.MetricAlarmArgs{
		Name:               pulumi.String(environment + "-" + a.id),
		AlarmDescription:   pulumi.String(a.why + " (docs/alarms.md)"),
		ComparisonOperator: pulumi.String(a.comparison),
		Threshold:          pulumi.Float64(a.threshold),
		EvaluationPeriods:  pulumi.Int(a.evaluations),
		TreatMissingData:   pulumi.String(a.missing),
		AlarmActions:       pulumi.Array{topic},
		OkActions:          pulumi.Array{topic},
	}
	if a.statistic == growth {
		arguments.MetricQueries = cloudwatch.MetricAlarmMetricQueryArray{
			&cloudwatch.MetricAlarmMetricQueryArgs{
				Id:         pulumi.String("growth"),
				Expression: pulumi.String("DIFF(metric)"),
				Label:      pulumi.String(a.metric + " growth"),
				ReturnData: pulumi.Bool(true),
			},
			&cloudwatch.MetricAlarmMetricQueryArgs{
				Id: pulumi.String("metric"),
				Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
					Namespace:  pulumi.String(a.namespace),
					MetricName: pulumi.String(a.metric),
					Stat:       pulumi.String("Maximum"),
					Period:     pulumi.Int(a.seconds),
					Dimensions: a.dimensions,
				},
			},
		}
		return arguments
	}
	arguments.Namespace, arguments.MetricName, arguments.Statistic = pulumi.String(
		a.namespace,
	), pulumi.String(
		a.metric,
	), pulumi.String(
		a.statistic,
	)
	arguments.Period, arguments.Dimensions = pulumi.Int(a.seconds), a.dimensions
	return arguments
}

// createBudget warns at 80 % spent and when the month is forecast to go over.
func (o *Observability) createBudget(ctx *pulumi.Context, name string) error {
	if o.args.MonthlyBudget == 0 {
		return nil
	}
	warn := func(kind string, percent float64) *budgets.BudgetNotificationArgs {
		return &budgets.BudgetNotificationArgs{
			ComparisonOperator:     pulumi.String("GREATER_THAN"),
			NotificationType:       pulumi.String(kind),
			Threshold:              pulumi.Float64(percent),
			ThresholdType:          pulumi.String("PERCENTAGE"),
			SubscriberSnsTopicArns: pulumi.StringArray{o.TopicArn},
		}
	}
	_, err := budgets.NewBudget(ctx, name+"-budget", &budgets.BudgetArgs{
		Name:        pulumi.String(o.args.Environment),
		BudgetType:  pulumi.String("COST"),
		TimeUnit:    pulumi.String("MONTHLY"),
		LimitAmount: pulumi.Sprintf("%d", o.args.MonthlyBudget),
		LimitUnit:   pulumi.String("USD"),
		CostFilters: budgets.BudgetCostFilterArray{&budgets.BudgetCostFilterArgs{
			Name:   pulumi.String("TagKeyValue"),
			Values: pulumi.StringArray{pulumi.String("user:Environment$" + o.args.Environment)},
		}},
		Notifications: budgets.BudgetNotificationArray{warn("ACTUAL", 80), warn("FORECASTED", 100)},
	}, pulumi.Parent(o))
	return err
}
