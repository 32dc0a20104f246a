// What went wrong with the services the last time, recreated on a platform that runs. Numbers are
// those of the list of incidents.

package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "svc.incidents",
			Wanted: "each of incidents 13 to 21 fails the update with a clear message, or cannot be expressed",
		},
		On:    drills.SharedTasks,
		Parts: serviceIncidents,
	})
}

// serviceIncidents are the parts of svc.incidents.
var serviceIncidents = []stage.Scenario{
	{
		ID:     "svc.incidents.13",
		Wanted: "an image without a version of its own is refused; the name of what runs says its version",
		Play:   incident13,
	},
	{ID: "svc.incidents.14", Wanted: "tasks have no public address and are in no public subnet", Play: incident14},
	{
		ID:     "svc.incidents.15",
		Wanted: "each service has a role of its own, which is not the one that reads secrets",
		Play:   incident15,
	},
	{ID: "svc.incidents.16", Wanted: "a process that runs and does not answer is found and replaced", Play: incident16},
	{ID: "svc.incidents.17", Wanted: "a new version waits until NATS has passed its gate", Play: incident17},
	{
		ID:     "svc.incidents.18",
		Wanted: "one name for one service everywhere; another spelling is refused",
		Play:   incident18,
	},
	{
		ID:     "svc.incidents.19",
		Wanted: "two of 22 services do not start: the update fails and names both",
		Play:   incident19,
	},
	{
		ID:     "svc.incidents.20",
		Wanted: "a client that speaks plain NATS is turned away; the gateway answers every subject",
		Play:   incident20,
	},
	{ID: "svc.incidents.21", Wanted: "a public load balancer serves by HTTPS alone", Play: incident21},
}

// expectRefusedPreview expects a preview with a configuration to be refused with all words.
func expectRefusedPreview(ctx context.Context, s *stage.Stage, override map[string]any, words ...string) error {
	if err := s.Configure(override); err != nil {
		return err
	}
	_, err := s.Preview(ctx)
	return errors.Join(stage.ExpectRefusal(err, words...), s.Configure(nil))
}

// incident13: images were tagged latest; nobody could say what ran.
func incident13(ctx context.Context, s *stage.Stage) (string, error) {
	latest, err := s.Images(map[string]string{stage.LoadService: "latest"})
	if err != nil {
		return "", err
	}
	if err := expectRefusedPreview(
		ctx,
		s,
		map[string]any{"serviceImages": latest},
		"serviceImages",
		stage.LoadService,
		"latest",
	); err != nil {
		return "", fmt.Errorf("an image tagged latest: %w", err)
	}
	running := map[string]int{}
	for _, service := range s.Cloud.Records(stage.ServiceType) {
		_, container, err := stage.TaskDefinition(s.Cloud, service)
		if err != nil {
			return "", err
		}
		_, version, tagged := strings.Cut(container.Image, ":")
		if !tagged || version == "latest" {
			return "", fmt.Errorf("%s runs %s", stage.NameOf(service.URN), container.Image)
		}
		running[version]++
	}
	seen := fmt.Sprintf(
		"latest was refused before anything was made; every definition names a version (%s), in repositories "+
			"whose tags cannot be moved",
		strings.Join(slices.Sorted(maps.Keys(running)), ", "),
	)
	return seen, expectImmutableTags(s)
}

func expectImmutableTags(s *stage.Stage) error {
	for _, r := range s.Cloud.Records("aws:ecr/repository:Repository") {
		if r.Get("imageTagMutability") != "IMMUTABLE" {
			return fmt.Errorf("tags of repository %s can be moved", stage.NameOf(r.URN))
		}
	}
	return nil
}

// incident14: tasks ran in public subnets with public addresses.
func incident14(_ context.Context, s *stage.Stage) (string, error) {
	public, err := publicSubnets(s)
	if err != nil {
		return "", err
	}
	subnets := map[string]bool{}
	for _, service := range s.Cloud.Records(stage.ServiceType) {
		if service.Get("networkConfiguration.assignPublicIp") != false {
			return "", fmt.Errorf("%s gives its tasks public addresses", stage.NameOf(service.URN))
		}
		placed, _ := service.Get("networkConfiguration.subnets").([]any)
		for _, subnet := range placed {
			if subnets[fmt.Sprint(subnet)] = true; public[fmt.Sprint(subnet)] {
				return "", fmt.Errorf("%s places tasks in the public subnet %v", stage.NameOf(service.URN), subnet)
			}
		}
	}
	return fmt.Sprintf(
		"%d services over %d subnets, none with a route to the internet gateway, as %d others have; no task has a "+
			"public address",
		len(s.Cloud.Records(stage.ServiceType)),
		len(subnets),
		len(public),
	), nil
}

// publicSubnets have a route to an internet gateway.
func publicSubnets(s *stage.Stage) (map[string]bool, error) {
	open, public := map[any]bool{}, map[string]bool{}
	for _, route := range s.Cloud.Records("aws:ec2/route:Route") {
		if gateway, _ := route.Get("gatewayId").(string); strings.HasPrefix(gateway, "igw-") {
			open[route.Get("routeTableId")] = true
		}
	}
	for _, association := range s.Cloud.Records("aws:ec2/routeTableAssociation:RouteTableAssociation") {
		if open[association.Get("routeTableId")] {
			public[fmt.Sprint(association.Get("subnetId"))] = true
		}
	}
	if len(public) == 0 {
		return nil, errors.New("no subnet is public: the routes to the internet gateway were not found")
	}
	return public, nil
}

// incident15: one role was both execution role and task role for all services.
func incident15(ctx context.Context, s *stage.Stage) (string, error) {
	owners := map[string]string{}
	var execution, task string
	for _, service := range s.Cloud.Records(stage.ServiceType) {
		definition, container, err := stage.TaskDefinition(s.Cloud, service)
		if err != nil {
			return "", err
		}
		execution = fmt.Sprint(definition.Get("executionRoleArn"))
		role := fmt.Sprint(definition.Get("taskRoleArn"))
		if owners[role] != "" || role == execution {
			return "", fmt.Errorf(
				"the tasks of %s have the role %s, which is %s's too",
				container.Name,
				role,
				owners[role],
			)
		}
		if owners[role] = container.Name; container.Name == stage.LoadService {
			task = role
		}
	}
	var errs []error
	for _, try := range []struct {
		role, Secret string
		may          bool
	}{
		{role: execution, Secret: stage.LoadService, may: true}, {
			role:   execution,
			Secret: catalog.Administrator,
			may:    false,
		}, {role: task, Secret: stage.LoadService, may: false}, {role: task, Secret: "payment", may: false},
	} {
		err := readSecret(ctx, s, try.role, "identity-"+try.Secret+"-seed")
		switch {
		case try.may && err != nil:
			errs = append(errs, err)
		case !try.may && (err == nil || !strings.Contains(err.Error(), "AccessDeniedException")):
			errs = append(
				errs,
				fmt.Errorf("role %s reads the seed of %s: expected AccessDeniedException", try.role, try.Secret),
				err,
			)
		}
	}
	seen := fmt.Sprintf(
		"%d services with as many roles, which read no secret; the role that starts tasks reads theirs and no "+
			"administrator's",
		len(owners),
	)
	return seen, errors.Join(errs...)
}

// readSecret reads a secret over AWS's own protocol, in a role's name.
func readSecret(ctx context.Context, s *stage.Stage, role, name string) error {
	given, err := awsapi.Session(s.Cloud, role, "drill")
	if err != nil {
		return err
	}
	for _, r := range s.Cloud.Records("aws:secretsmanager/secret:Secret") {
		if stage.NameOf(r.URN) != name {
			continue
		}
		_, err := secretsmanager.NewFromConfig(s.AWSConfig(given)).
			GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(r.ID)})
		return err
	}
	return fmt.Errorf("the cloud has no secret %s", name)
}

// incident16: the health check looked for the process in ps, found it, and knew nothing.
func incident16(ctx context.Context, s *stage.Stage) (string, error) {
	before := s.Processes(stage.LoadService)
	stopped := before[0]
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		return "", fmt.Errorf("stopping process %d of %s: %w", stopped, stage.LoadService, err)
	}
	err := poll.For(ctx, stage.SettleLimit, func() error {
		if now := s.Processes(stage.LoadService); len(now) != 2 || slices.Contains(now, stopped) {
			return fmt.Errorf("processes %v run, expected two without %d", now, stopped)
		}
		return nil
	})
	// ECS has asked it to end, and it gets that signal only now. It may have been killed.
	_ = syscall.Kill(stopped, syscall.SIGCONT)
	return "a process that was stopped, and that ps still showed, was unhealthy after three checks and replaced; " +
		"the other one went on", err
}

// incident18: names were mixed, with and without a suffix.
func incident18(ctx context.Context, s *stage.Stage) (string, error) {
	table, gatewayRow, err := catalog.Services()
	if err != nil {
		return "", err
	}
	mixed, err := s.Images(map[string]string{stage.LoadService + "-nats": "1.0.0"})
	if err != nil {
		return "", err
	}
	if err := expectRefusedPreview(
		ctx,
		s,
		map[string]any{"serviceImages": mixed},
		"serviceImages",
		stage.LoadService+"-nats",
	); err != nil {
		return "", fmt.Errorf("an image for a service by another spelling: %w", err)
	}
	repositories := map[string]bool{}
	for _, r := range s.Cloud.Records("aws:ecr/repository:Repository") {
		repositories[fmt.Sprint(r.Get("repositoryUrl"))] = true
	}
	called := append(stage.ServiceNames(table), gatewayRow.Name)
	for _, service := range s.Cloud.Records(stage.ServiceType) {
		definition, container, err := stage.TaskDefinition(s.Cloud, service)
		if err != nil {
			return "", err
		}
		name := container.Name
		if !slices.Contains(called, name) {
			continue // the verification's, which has the gateway's repository
		}
		repository, _, _ := strings.Cut(container.Image, ":")
		if !repositories[repository] || !strings.HasSuffix(repository, "/"+name) || service.Get("name") != name ||
			definition.Get("family") != s.Options.Stack+"-"+name {
			return "", fmt.Errorf(
				"%s is service %v of family %v with image %s",
				name,
				service.Get("name"),
				definition.Get("family"),
				container.Image,
			)
		}
	}
	return fmt.Sprintf(
		"%s-nats was refused before anything was made; %d services are called in ECS, their definitions and "+
			"repositories as in the table",
		stage.LoadService,
		len(called),
	), nil
}
