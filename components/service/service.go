// Package service runs one service on Fargate: its tasks, their role, their log, their scaling,
// and the proof that the tasks that run are the expected ones.
package service

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:service:Service"

// DefaultPort is where a service answers GET /health when Args.Port is 0.
const DefaultPort = 8080

// Settings are what a stack's configuration says of a service's tasks. All are required.
type Settings struct {
	TaskCount int // the least number of tasks, 1 or more; what the service starts with
	CPU       int // Fargate CPU units, 1,024 to the vCPU
	Memory    int // MiB; one of those that Fargate takes with CPU
}

// Args are what one service needs. All are required unless a default is named.
type Args struct {
	platform.Stack
	Settings
	Name      string // name of ECS service and container, for example "quest-system"
	Cluster   containercluster.Handle
	Placement network.Placement
	// Image is the full reference with tag or digest. Default nil: there is none yet, and the
	// service is created with no tasks, so that all around it can be made before its first image is
	// pushed.
	Image pulumi.StringInput
	// MaxTaskCount is the most that autoscaling adds up to. Not above TaskCount: no autoscaling.
	MaxTaskCount int
	Port         int // where the container listens; default DefaultPort
	// TargetGroups are load balancers' target groups (type ip), by the port on which the container
	// answers them. Default none.
	TargetGroups map[int]pulumi.StringInput
	// After is what must exist before the first task starts, for example the NATS gates. Only
	// the tasks wait for it. Default nothing.
	After     []pulumi.Resource
	Variables map[string]pulumi.StringInput // environment, visible to all who may read the task definition
	Secrets   map[string]pulumi.StringInput // variable name → ARN of the secret that Fargate reads into it
}

// hasImage says whether tasks can run.
func (a Args) hasImage() bool { return a.Image != nil }

// Service is one running service.
type Service struct {
	pulumi.ResourceState

	// Deployed is the ARN of the task definition that ECS runs. It fails, and with it the update,
	// when that is not the expected one. In a preview it is the expected one.
	Deployed pulumi.StringOutput `pulumi:"deployedTaskDefinition"`
	// Awaited is how many tasks there should be at the least: TaskCount, or fewer where autoscaling
	// has not gone up to a raised one yet.
	Awaited  pulumi.IntOutput
	LogGroup pulumi.StringOutput `pulumi:"logGroup"`
	// Name is the name of the ECS service, known once it is steady.
	Name pulumi.StringOutput `pulumi:"name"`

	args       Args
	role       pulumi.StringOutput // ARN of the task role, known once the role has its rights
	definition *ecs.TaskDefinition
	running    *ecs.Service
	scaling    *appautoscaling.Policy // nil: the number of tasks is fixed
}

// Ready is what whoever needs the tasks depends on, besides the component: the SDK adds what is in
// a component to it in the background, and the last ones may be missing for a moment.
func (s *Service) Ready() []pulumi.Resource {
	if s.scaling == nil {
		return []pulumi.Resource{s.running}
	}
	return []pulumi.Resource{s.running, s.scaling}
}

// New makes the service and waits until its tasks are healthy.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Service, error) {
	if args.Port == 0 {
		args.Port = DefaultPort
	}
	s := &Service{args: args}
	return platform.Create(ctx, name, s, platform.Definition{
		Type: Type,
		Noun: "service",
		Inputs: pulumi.Map{
			"environment": pulumi.String(args.Environment),
			"service":     pulumi.String(args.Name),
			"hasImage":    pulumi.Bool(args.hasImage()),
			"taskCount":   pulumi.Int(args.TaskCount),
		},
		Steps: []platform.Step{
			s.createRole, s.createLogGroup, s.createTaskDefinition, s.createService, s.createScaling, s.checkDeployed,
		},
	}, opts...)
}
