// Package containercluster makes the ECS cluster and what its services share: the execution
// role, with which Fargate itself pulls images and hands secrets to tasks, and the record of
// every command that a person runs in a task.
package containercluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:containercluster:ContainerCluster"

// Args are what the cluster and its execution role need.
type Args struct {
	platform.Stack                    // its environment is the cluster's name
	SecretArns     pulumi.StringArray // secrets that tasks may be given, and no others; required
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

	args     Args
	sessions *cloudwatch.LogGroup // of exec sessions
	role     *iam.Role            // the execution role
}

// Handle is the cluster as services get it. Its fields are ContainerCluster's.
type Handle struct {
	Arn              pulumi.StringOutput
	Name             pulumi.StringOutput
	ExecutionRoleArn pulumi.StringOutput
	ExecLogGroupArn  pulumi.StringOutput
}

// Handle hands on the cluster.
func (c *ContainerCluster) Handle() Handle {
	return Handle{
		Arn:              c.Arn,
		Name:             c.Name,
		ExecutionRoleArn: c.ExecutionRoleArn,
		ExecLogGroupArn:  c.ExecLogGroupArn,
	}
}

// New makes the cluster and the execution role.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*ContainerCluster, error) {
	c := &ContainerCluster{args: args}
	return platform.Create(ctx, name, c, platform.Definition{
		Type: Type,
		Noun: "container cluster",
		Inputs: pulumi.Map{
			"environment":      pulumi.String(args.Environment),
			"logRetentionDays": pulumi.Int(args.LogRetentionDays),
		},
		Steps: []platform.Step{c.createSessionLog, c.createCluster, c.createExecutionRole},
	}, opts...)
}

func (c *ContainerCluster) createSessionLog(ctx *pulumi.Context, name string) (err error) {
	// Two parts after the environment: a service's log group has one, so no service can share it.
	c.sessions, err = c.args.LogGroup(ctx, name+"-exec-logs", c, "cluster/exec")
	if err != nil {
		return err
	}
	c.ExecLogGroupArn = c.sessions.Arn
	return nil
}

func (c *ContainerCluster) createCluster(ctx *pulumi.Context, name string) error {
	cluster, err := ecs.NewCluster(ctx, name+"-cluster", &ecs.ClusterArgs{
		Name:          pulumi.String(c.args.Environment),
		Configuration: execution(c.args.Keys.Logs, c.sessions.Name),
		// Not "enhanced": that adds metrics of every single task and container, paid by metric,
		// and no alarm here reads one.
		Settings: ecs.ClusterSettingArray{ecs.ClusterSettingArgs{
			Name:  pulumi.String("containerInsights"),
			Value: pulumi.String("enabled"),
		}},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("creating ECS cluster %q: %w", c.args.Environment, err)
	}
	capacity, err := ecs.NewClusterCapacityProviders(ctx, name+"-capacity", &ecs.ClusterCapacityProvidersArgs{
		ClusterName:       cluster.Name,
		CapacityProviders: pulumi.ToStringArray([]string{"FARGATE"}),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("giving ECS cluster %q its Fargate capacity: %w", c.args.Environment, err)
	}
	c.Name = cluster.Name
	// A service that starts while the cluster's capacity changes is refused by ECS.
	c.Arn = platform.After(cluster.Arn, capacity)
	return nil
}

// execution records every exec session in a log group of its own and encrypts the session
// itself with our key.
func execution(key, logGroup pulumi.StringOutput) ecs.ClusterConfigurationPtrInput {
	return ecs.ClusterConfigurationArgs{
		ExecuteCommandConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationArgs{
			KmsKeyId: key,
			Logging:  pulumi.String("OVERRIDE"),
			LogConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs{
				CloudWatchEncryptionEnabled: pulumi.Bool(true),
				CloudWatchLogGroupName:      logGroup,
			},
		},
	}
}
