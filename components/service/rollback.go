// The rollback check. When new tasks do not become healthy, ECS goes back to the last revision
// that did; that is a steady state too, so the provider calls it a success (pulumi-aws#4487).
// Nobody would learn that the new version does not run. Here the update fails.

package service

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkDeployed reads back from ECS which task definition the service runs, and fails if it is not
// the expected one. The failure counts because the output is one of the component's:
// registering a failed output fails the program. The program keeps only the first such error,
// so each is also logged at its service.
//
// It also sets how many tasks are to be awaited, by the number that ECS has: a raised TaskCount it
// follows only with the next scaling out.
//
// A preview does not look: after a rollback it would refuse the very update that is to mend it.
func (s *Service) checkDeployed(ctx *pulumi.Context, _ string) error {
	s.Awaited = pulumi.Int(s.args.TaskCount).ToIntOutput()
	s.Deployed = s.definition.Arn
	if ctx.DryRun() || !s.args.hasImage() {
		return nil
	}
	// Read from ECS itself, after the service is steady again: its state as recorded may still
	// be the expected one.
	found := ecs.LookupServiceOutput(ctx, ecs.LookupServiceOutputArgs{
		ClusterArn:  s.args.Cluster.Arn,
		ServiceName: s.running.Name,
	}, pulumi.Parent(s), pulumi.DependsOn([]pulumi.Resource{s.running}))

	s.Awaited = found.DesiredCount().ApplyT(func(desired int) int {
		return min(desired, s.args.TaskCount)
	}).(pulumi.IntOutput)
	s.Deployed = pulumi.All(s.definition.Arn, found.TaskDefinition(), s.args.Cluster.Name, s.LogGroup).ApplyT(
		func(known []any) (string, error) {
			expected, deployed := known[0].(string), known[1].(string)
			err := compare(s.args.Name, expected, deployed, known[2].(string), known[3].(string))
			if err != nil {
				if logErr := ctx.Log.Error(err.Error(), &pulumi.LogArgs{Resource: s}); logErr != nil {
					return "", fmt.Errorf("%w (and logging this failed: %w)", err, logErr)
				}
				return "", err
			}
			return deployed, nil
		}).(pulumi.StringOutput)
	return nil
}

// compare refuses a task definition that runs and is not the expected one.
func compare(service, expected, deployed, cluster, logGroup string) error {
	if revision(expected) == revision(deployed) {
		return nil
	}
	return fmt.Errorf(
		"deploying service %q: asked for task definition %s, but ECS runs %s: the new tasks did not become healthy "+
			"and ECS rolled back, or someone else deployed. Look into log group %s and at the events of "+
			"\"aws ecs describe-services --cluster %s --services %s\", mend the image or its configuration, then run "+
			"\"pulumi up --refresh\"",
		service,
		revision(expected),
		revision(deployed),
		logGroup,
		cluster,
		service,
	)
}

// revision is family:revision of a task definition's ARN; what is no ARN stays as it is.
func revision(arn string) string {
	_, after, found := strings.Cut(arn, ":task-definition/")
	if !found {
		return arn
	}
	return after
}
