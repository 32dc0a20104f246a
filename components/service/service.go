// Package service runs one service on Fargate: its tasks, their role, their log, their scaling,
// and the proof that the tasks that run are the ones that were asked for.
package service

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:service:Service"

// DefaultPort is where a service answers GET /health when Args.Port is 0.
const DefaultPort = 8080

// Args are what one service needs. All inputs are required unless a default is named.
type Args struct {
	Environment string // in the names of task family and log group
	Name        string // name of ECS service and container, for example "quest-system"
	Region      string // AWS region of the log group
	Account     string // 12 digits; only this account's tasks may take the role

	ClusterArn       pulumi.StringInput
	ClusterName      pulumi.StringInput
	ExecutionRoleArn pulumi.StringInput
	// ExecLogGroupArn is where the cluster records every command that a person runs in a task.
	ExecLogGroupArn pulumi.StringInput

	// HasImage says whether there is an image yet. Without one the service is created with no
	// tasks, so that all around it can be made before its first image is pushed.
	HasImage bool
	// Image is the full reference with tag or digest; required with HasImage, else unused.
	Image pulumi.StringInput
	// TaskCount is the least number of tasks, 1 or more; what the service starts with.
	TaskCount int
	// MaxTaskCount is the most that autoscaling adds up to. Not above TaskCount: no autoscaling.
	MaxTaskCount int
	CPU          int // Fargate CPU units, 1,024 to the vCPU
	Memory       int // MiB; one of those that Fargate takes with CPU
	Port         int // where the container listens; default DefaultPort

	SubnetIDs       pulumi.StringArrayInput // private subnets
	SecurityGroupID pulumi.StringInput
	// TargetGroups are load balancers' target groups (type ip), by the port on which the container
	// answers them. Default none.
	TargetGroups map[int]pulumi.StringInput

	// After is what must stand before the first task starts, for example the NATS gates. Only
	// the tasks wait for it. Default nothing.
	After []pulumi.Resource

	Variables map[string]pulumi.StringInput // environment, visible to all who may read the task definition
	Secrets   map[string]pulumi.StringInput // variable name → ARN of the secret that Fargate reads into it

	LogsKeyArn       pulumi.StringInput // KMS key of the log group and of exec sessions
	LogRetentionDays int                // one of CloudWatch's values
	Protect          bool               // refuse the deletion of the log group; default false
}

// Service is one running service.
type Service struct {
	pulumi.ResourceState

	// Deployed is the ARN of the task definition that ECS runs. It fails, and with it the update,
	// when that is not the one that was asked for. In a preview it is what is asked for.
	Deployed pulumi.StringOutput `pulumi:"deployedTaskDefinition"`
	// Awaited is how many tasks there should be at the least: TaskCount, or fewer where autoscaling
	// has not gone up to a raised one yet.
	Awaited  pulumi.IntOutput
	LogGroup pulumi.StringOutput `pulumi:"logGroup"`
	// Name is the name of the ECS service, known once it is steady.
	Name pulumi.StringOutput `pulumi:"name"`
}

// New makes the service and waits until its tasks are healthy.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Service, error) {
	if args.Port == 0 {
		args.Port = DefaultPort
	}
	service := &Service{}
	err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"environment": pulumi.String(args.Environment),
		"service":     pulumi.String(args.Name),
		"hasImage":    pulumi.Bool(args.HasImage),
		"taskCount":   pulumi.Int(args.TaskCount),
	}, service, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating service %q: %w", name, err)
	}
	if err := service.create(ctx, name, args); err != nil {
		return nil, fmt.Errorf("creating service %q: %w", name, err)
	}
	err = ctx.RegisterResourceOutputs(service, pulumi.Map{
		"deployedTaskDefinition": service.Deployed,
		"logGroup":               service.LogGroup,
		"name":                   service.Name,
	})
	if err != nil {
		return nil, fmt.Errorf("creating service %q: recording its outputs: %w", name, err)
	}
	return service, nil
}

func (s *Service) create(ctx *pulumi.Context, name string, args Args) error {
	role, err := s.taskRole(ctx, name, args)
	if err != nil {
		return err
	}
	definition, err := s.taskDefinition(ctx, name, args, role)
	if err != nil {
		return err
	}
	running, err := s.run(ctx, name, args, definition)
	if err != nil {
		return err
	}
	if err := s.scale(ctx, name, args, running); err != nil {
		return err
	}
	s.Name = running.Name
	s.Deployed = s.deployed(ctx, args, definition, running)
	return nil
}
