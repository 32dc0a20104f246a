// Log group and task definition: what runs, and where it writes.

package service

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/naming"
)

func (s *Service) taskDefinition(
	ctx *pulumi.Context, name string, args Args, role pulumi.StringOutput,
) (*ecs.TaskDefinition, error) {
	logGroup, err := naming.LogGroup.Path("/"+args.Environment, args.Name)
	if err != nil {
		return nil, err
	}
	family, err := naming.TaskFamily.Compose(args.Environment, args.Name)
	if err != nil {
		return nil, err
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(logGroup),
		KmsKeyId:        args.LogsKeyArn,
		RetentionInDays: pulumi.Int(args.LogRetentionDays),
	}, pulumi.Parent(s), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating log group %q: %w", logGroup, err)
	}
	s.LogGroup = logs.Name

	definition, err := ecs.NewTaskDefinition(ctx, name+"-task", &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(family),
		RequiresCompatibilities: pulumi.ToStringArray([]string{"FARGATE"}),
		NetworkMode:             pulumi.String("awsvpc"),
		Cpu:                     pulumi.String(strconv.Itoa(args.CPU)),
		Memory:                  pulumi.String(strconv.Itoa(args.Memory)),
		ExecutionRoleArn:        args.ExecutionRoleArn.ToStringOutput(),
		TaskRoleArn:             role,
		ContainerDefinitions:    s.containers(args),
		Volumes:                 volumes(),
		// A revision that was replaced stays registered: it is what ECS rolls back to, also in the
		// update after the one that replaced it. Revisions cost nothing.
		SkipDestroy: pulumi.Bool(true),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, fmt.Errorf("creating task definition %q: %w", family, err)
	}
	return definition, nil
}

// containers is the container definition, once all that stands in it is known.
func (s *Service) containers(args Args) pulumi.StringOutput {
	image := args.Image
	if !args.HasImage {
		// A task definition must name an image; with no tasks nobody ever pulls this one.
		image = pulumi.String(args.Name + ":awaited")
	}
	return pulumi.All(image, s.LogGroup, resolved(args.Variables), resolved(args.Secrets)).ApplyT(
		func(known []any) (string, error) {
			return containers(args, known[0].(string), known[1].(string),
				known[2].(map[string]string), known[3].(map[string]string))
		}).(pulumi.StringOutput)
}

func resolved(inputs map[string]pulumi.StringInput) pulumi.StringMapOutput {
	values := pulumi.StringMap{}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		values[name] = inputs[name]
	}
	return values.ToStringMapOutput()
}

func volumes() ecs.TaskDefinitionVolumeArray {
	var all ecs.TaskDefinitionVolumeArray
	for _, w := range writable {
		all = append(all, ecs.TaskDefinitionVolumeArgs{Name: pulumi.String(w.volume)})
	}
	return all
}
