// Package containercluster makes the ECS cluster and what its services share: the execution
// role, with which Fargate itself pulls images and hands secrets to tasks, and the record of
// every command that a person runs in a task.
package containercluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/naming"
	"github.com/bodybroker/platform/components/ordering"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:containercluster:ContainerCluster"

// Args are what the cluster and its execution role need.
type Args struct {
	Environment      string             // the cluster's name; required
	Region           string             // for example "us-east-1"; required
	Account          string             // 12 digits; required
	LogsKeyArn       pulumi.StringInput // KMS key of the log groups and of exec sessions; required
	LogRetentionDays int                // one of CloudWatch's values; required
	Protect          bool               // refuse the deletion of the record of exec sessions; default false

	SecretArns     pulumi.StringArray      // secrets that tasks may be given, and no others; required
	SecretsKeyArn  pulumi.StringInput      // KMS key of those secrets; required
	RepositoryArns pulumi.StringArrayInput // ECR repositories that tasks may be made from; required
	// LogGroupArnPrefix is the beginning of the ARNs of the services' log groups, for example
	// "arn:aws:logs:us-east-1:123456789012:log-group:/prod/"; required.
	LogGroupArnPrefix pulumi.StringInput
}

// ContainerCluster is an ECS cluster for Fargate tasks.
type ContainerCluster struct {
	pulumi.ResourceState

	Arn  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"`
	// ExecutionRoleArn is known once the role may do what it is for.
	ExecutionRoleArn pulumi.StringOutput `pulumi:"executionRoleArn"`
	// ExecLogGroupArn is the log group of exec sessions; a service whose tasks are to be
	// entered must be allowed to write there.
	ExecLogGroupArn pulumi.StringOutput `pulumi:"execLogGroupArn"`
}

// New makes the cluster and the execution role.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*ContainerCluster, error) {
	cluster := &ContainerCluster{}
	err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"environment":      pulumi.String(args.Environment),
		"logRetentionDays": pulumi.Int(args.LogRetentionDays),
	}, cluster, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating container cluster %q: %w", name, err)
	}
	if err := cluster.create(ctx, name, args); err != nil {
		return nil, fmt.Errorf("creating container cluster %q: %w", name, err)
	}
	if err := cluster.executionRole(ctx, name, args); err != nil {
		return nil, fmt.Errorf("creating container cluster %q: %w", name, err)
	}
	err = ctx.RegisterResourceOutputs(cluster, pulumi.Map{
		"arn":              cluster.Arn,
		"name":             cluster.Name,
		"executionRoleArn": cluster.ExecutionRoleArn,
		"execLogGroupArn":  cluster.ExecLogGroupArn,
	})
	if err != nil {
		return nil, fmt.Errorf("creating container cluster %q: recording its outputs: %w", name, err)
	}
	return cluster, nil
}

func (c *ContainerCluster) create(ctx *pulumi.Context, name string, args Args) error {
	// Two parts after the environment: a service's log group has one, so no service can share it.
	logGroup, err := naming.LogGroup.Path("/"+args.Environment, "cluster", "exec")
	if err != nil {
		return err
	}
	sessions, err := cloudwatch.NewLogGroup(ctx, name+"-exec-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(logGroup),
		KmsKeyId:        args.LogsKeyArn,
		RetentionInDays: pulumi.Int(args.LogRetentionDays),
	}, pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return fmt.Errorf("creating log group %q: %w", logGroup, err)
	}
	cluster, err := ecs.NewCluster(ctx, name+"-cluster", &ecs.ClusterArgs{
		Name:          pulumi.String(args.Environment),
		Configuration: execution(args.LogsKeyArn, sessions.Name),
		// Not "enhanced": that adds metrics of every single task and container, paid by metric,
		// and no alarm here reads one.
		Settings: ecs.ClusterSettingArray{ecs.ClusterSettingArgs{
			Name:  pulumi.String("containerInsights"),
			Value: pulumi.String("enabled"),
		}},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("creating ECS cluster %q: %w", args.Environment, err)
	}
	capacity, err := ecs.NewClusterCapacityProviders(ctx, name+"-capacity", &ecs.ClusterCapacityProvidersArgs{
		ClusterName:       cluster.Name,
		CapacityProviders: pulumi.ToStringArray([]string{"FARGATE"}),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("giving ECS cluster %q its Fargate capacity: %w", args.Environment, err)
	}
	c.ExecLogGroupArn = sessions.Arn
	c.Name = cluster.Name
	// A service that starts while the cluster's capacity changes is refused by ECS.
	c.Arn = ordering.After(cluster.Arn, capacity)
	return nil
}

// execution records every exec session in a log group of its own and encrypts the session
// itself with our key.
func execution(key pulumi.StringInput, logGroup pulumi.StringOutput) ecs.ClusterConfigurationPtrInput {
	return ecs.ClusterConfigurationArgs{
		ExecuteCommandConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationArgs{
			KmsKeyId: key.ToStringOutput(),
			Logging:  pulumi.String("OVERRIDE"),
			LogConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs{
				CloudWatchEncryptionEnabled: pulumi.Bool(true),
				CloudWatchLogGroupName:      logGroup,
			},
		},
	}
}
