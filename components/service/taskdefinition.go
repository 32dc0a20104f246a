// Log group and task definition: what runs, and where it writes.

package service

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

func (s *Service) createLogGroup(ctx *pulumi.Context, name string) error {
	logs, err := s.args.LogGroup(ctx, name+"-logs", s, s.args.Name)
	if err != nil {
		return err
	}
	s.LogGroup = logs.Name
	return nil
}

func (s *Service) createTaskDefinition(ctx *pulumi.Context, name string) error {
	family, err := s.args.Compose(platform.TaskFamily, s.args.Name)
	if err != nil {
		return err
	}
	s.definition, err = ecs.NewTaskDefinition(ctx, name+"-task", &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(family),
		RequiresCompatibilities: pulumi.ToStringArray([]string{"FARGATE"}),
		NetworkMode:             pulumi.String("awsvpc"),
		Cpu:                     pulumi.String(strconv.Itoa(s.args.CPU)),
		Memory:                  pulumi.String(strconv.Itoa(s.args.Memory)),
		ExecutionRoleArn:        s.args.Cluster.ExecutionRoleArn,
		TaskRoleArn:             s.role,
		ContainerDefinitions:    s.containers(),
		Volumes:                 volumes(),
		// A revision that was replaced stays registered: it is what ECS rolls back to, also in the
		// update after the one that replaced it. Revisions cost nothing.
		SkipDestroy: pulumi.Bool(true),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating task definition %q: %w", family, err)
	}
	return nil
}

// containers is the container definition, once all that is in it is known.
func (s *Service) containers() pulumi.StringOutput {
	image := s.args.Image
	if !s.args.hasImage() {
		// A task definition must name an image; with no tasks nobody ever pulls this one.
		image = pulumi.String(s.args.Name + ":awaited")
	}
	return pulumi.All(image, s.LogGroup, resolved(s.args.Variables), resolved(s.args.Secrets)).ApplyT(
		func(known []any) (string, error) {
			return containers(s.args, known[0].(string), known[1].(string),
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
