// The ECS service: how many tasks run, how they are replaced, and how their number follows load.

package service

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// startSeconds is how long ECS leaves a task behind a load balancer alone after its start: a
// Fargate task takes about a minute to come up.
const startSeconds = 60

// cpuTarget is the average CPU use in percent that autoscaling aims at.
const cpuTarget = 60

// outSeconds and inSeconds are waited after a change of the number of tasks. AWS's own default for
// both is 300; players should not wait for a second step up for longer than a task takes to start
// (Application Auto Scaling user guide, "Define cooldown periods").
const outSeconds, inSeconds = startSeconds, 300

// autoscaled says whether ECS and not the program decides how many tasks run.
func (a Args) autoscaled() bool { return a.hasImage() && a.MaxTaskCount > a.TaskCount }

// desired is the number of tasks that the service starts with.
func (a Args) desired() int {
	if !a.hasImage() {
		return 0
	}
	return a.TaskCount
}

func (s *Service) createService(ctx *pulumi.Context, name string) error {
	serviceName, err := platform.Service.Compose(s.args.Name)
	if err != nil {
		return err
	}
	inputs := &ecs.ServiceArgs{
		Name:            pulumi.String(serviceName),
		Cluster:         s.args.Cluster.Arn,
		TaskDefinition:  s.definition.Arn,
		DesiredCount:    pulumi.Int(s.args.desired()),
		LaunchType:      pulumi.String("FARGATE"),
		PlatformVersion: pulumi.String("LATEST"),
		NetworkConfiguration: ecs.ServiceNetworkConfigurationArgs{
			AssignPublicIp: pulumi.Bool(false),
			Subnets:        s.args.Placement.PrivateSubnetIDs,
			SecurityGroups: pulumi.StringArray{s.args.Placement.SecurityGroupID},
		},
		DeploymentCircuitBreaker: ecs.ServiceDeploymentCircuitBreakerArgs{
			Enable: pulumi.Bool(true), Rollback: pulumi.Bool(true),
		},
		// New tasks are healthy before old ones stop: an update never serves with fewer.
		DeploymentMinimumHealthyPercent: pulumi.Int(100),
		DeploymentMaximumPercent:        pulumi.Int(200),
		AvailabilityZoneRebalancing:     pulumi.String("ENABLED"),
		EnableExecuteCommand:            pulumi.Bool(true),
		EnableEcsManagedTags:            pulumi.Bool(true),
		PropagateTags:                   pulumi.String("SERVICE"),
		WaitForSteadyState:              pulumi.Bool(s.args.hasImage()),
	}
	if len(s.args.TargetGroups) > 0 {
		inputs.LoadBalancers = s.args.balanced()
		inputs.HealthCheckGracePeriodSeconds = pulumi.Int(startSeconds)
	}
	s.running, err = ecs.NewService(ctx, name+"-service", inputs, s.options()...)
	if err != nil {
		return fmt.Errorf("creating ECS service %q: %w", serviceName, err)
	}
	s.Name = s.running.Name
	return nil
}

// balanced are the target groups that the tasks are in, in the order of their ports.
func (a Args) balanced() (entries ecs.ServiceLoadBalancerArray) {
	for _, port := range slices.Sorted(maps.Keys(a.TargetGroups)) {
		entries = append(entries, ecs.ServiceLoadBalancerArgs{
			TargetGroupArn: a.TargetGroups[port].ToStringOutput(),
			ContainerName:  pulumi.String(a.Name), ContainerPort: pulumi.Int(port),
		})
	}
	return entries
}

// ports are all ports on which the container listens, lowest first.
func (a Args) ports() []int {
	ports := append(slices.Collect(maps.Keys(a.TargetGroups)), a.Port)
	return slices.Compact(slices.Sorted(slices.Values(ports)))
}

// options are the resource options of the ECS service. While it is autoscaled its number of
// tasks is ignored, else an update after a refresh would take away tasks in the middle of a peak.
// But ignoring keeps the number that was last asked for, which for a service created without
// an image is 0: it would stay empty for ever. So the first image replaces the service, which has
// nothing to lose, and a replacement starts with the number asked for. The name is fixed, so
// the old one has to go first.
func (s *Service) options() []pulumi.ResourceOption {
	image := "awaited"
	if s.args.hasImage() {
		image = "present"
	}
	options := []pulumi.ResourceOption{
		pulumi.Parent(s),
		pulumi.DeleteBeforeReplace(true),
		pulumi.ReplacementTrigger(pulumi.String(image)),
		pulumi.DependsOn(s.args.After),
	}
	if s.args.autoscaled() {
		options = append(options, pulumi.IgnoreChanges([]string{"desiredCount"}))
	}
	return options
}

// createScaling lets the number of tasks follow the CPU use. A raised TaskCount moves the lower
// bound; ECS goes up to it with the next scaling out, or at once by "aws ecs update-service
// --desired-count".
func (s *Service) createScaling(ctx *pulumi.Context, name string) error {
	if !s.args.autoscaled() {
		return nil
	}
	target, err := appautoscaling.NewTarget(ctx, name+"-scaling-target", &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", s.args.Cluster.Name, s.running.Name),
		MinCapacity:       pulumi.Int(s.args.TaskCount),
		MaxCapacity:       pulumi.Int(s.args.MaxTaskCount),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("making service %q scalable: %w", s.args.Name, err)
	}
	s.scaling, err = appautoscaling.NewPolicy(ctx, name+"-scaling-policy", &appautoscaling.PolicyArgs{
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		ServiceNamespace:  target.ServiceNamespace,
		ScalableDimension: target.ScalableDimension,
		ResourceId:        target.ResourceId,
		TargetTrackingScalingPolicyConfiguration: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			TargetValue:      pulumi.Float64(cpuTarget),
			ScaleOutCooldown: pulumi.Int(outSeconds),
			ScaleInCooldown:  pulumi.Int(inSeconds),
			PredefinedMetricSpecification: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{ //nolint:lll // the SDK's name
				PredefinedMetricType: pulumi.String("ECSServiceAverageCPUUtilization"),
			},
		},
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("scaling service %q by its CPU use: %w", s.args.Name, err)
	}
	return nil
}
