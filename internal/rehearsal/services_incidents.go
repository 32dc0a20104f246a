// What went wrong with the services the last time, recreated on the standing platform. Numbers are
// those of the list of incidents.
package rehearsal

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
	"github.com/bodybroker/platform/internal/poll"
)

func init() {
	register(
		drill{
			scenario: scenario{
				id:     "svc.incidents",
				wanted: "each of incidents 13 to 21 fails the update with a clear message, or cannot be expressed",
			},
			on:    SharedTasks,
			parts: serviceIncidents,
		},
	)
}

// serviceIncidents are the parts of svc.incidents.
var serviceIncidents = []scenario{
	{
		id:     "svc.incidents.13",
		wanted: "an image without a version of its own is refused; what runs can be told by its name",
		play:   incident13,
	},
	{id: "svc.incidents.14", wanted: "tasks have no public address and stand in no public subnet", play: incident14},
	{
		id:     "svc.incidents.15",
		wanted: "each service has a role of its own, which is not the one that reads secrets",
		play:   incident15,
	},
	{id: "svc.incidents.16", wanted: "a process that runs and does not answer is found and replaced", play: incident16},
	{id: "svc.incidents.17", wanted: "a new version waits until NATS has passed its gate", play: incident17},
	{
		id:     "svc.incidents.18",
		wanted: "one name for one service everywhere; another spelling is refused",
		play:   incident18,
	},
	{
		id:     "svc.incidents.19",
		wanted: "two of 22 services do not start: the update fails and names both",
		play:   incident19,
	},
	{
		id:     "svc.incidents.20",
		wanted: "who speaks plain NATS is turned away; the gateway answers every subject",
		play:   incident20,
	},
	{id: "svc.incidents.21", wanted: "a public load balancer serves by HTTPS alone", play: incident21},
}

// unmade wants a preview with a configuration to be refused with all words.
func unmade(ctx context.Context, s *Stage, override map[string]any, words ...string) error {
	if err := s.Configure(override); err != nil {
		return err
	}
	_, err := s.Preview(ctx)
	return errors.Join(refusedFor(err, words...), s.Configure(nil))
}

// incident13: images were tagged latest; nobody could tell what ran.
func incident13(ctx context.Context, s *Stage) (string, error) {
	latest, err := s.images(map[string]string{loadService: "latest"})
	if err != nil {
		return "", err
	}
	if err := unmade(
		ctx,
		s,
		map[string]any{"serviceImages": latest},
		"serviceImages",
		loadService,
		"latest",
	); err != nil {
		return "", fmt.Errorf("an image tagged latest: %w", err)
	}
	running := map[string]int{}
	for _, service := range s.Cloud.Records(serviceType) {
		_, container, err := definitionOf(s.Cloud, service)
		if err != nil {
			return "", err
		}
		_, version, tagged := strings.Cut(container.Image, ":")
		if !tagged || version == "latest" {
			return "", fmt.Errorf("%s runs %s", nameOf(service.URN), container.Image)
		}
		running[version]++
	}
	return fmt.Sprintf(
			"latest was refused before anything was made; every definition names a version (%s), in repositories "+
				"whose tags cannot be moved",
			strings.Join(slices.Sorted(maps.Keys(running)), ", "),
		), wantRepositories(
			s,
		)
}

func wantRepositories(s *Stage) error {
	for _, r := range s.Cloud.Records("aws:ecr/repository:Repository") {
		if r.Get("imageTagMutability") != "IMMUTABLE" {
			return fmt.Errorf("tags of repository %s can be moved", nameOf(r.URN))
		}
	}
	return nil
}

// incident14: tasks ran in public subnets with public addresses.
func incident14(_ context.Context, s *Stage) (string, error) {
	public, err := publicSubnets(s)
	if err != nil {
		return "", err
	}
	subnets := map[string]bool{}
	for _, service := range s.Cloud.Records(serviceType) {
		if service.Get("networkConfiguration.assignPublicIp") != false {
			return "", fmt.Errorf("%s gives its tasks public addresses", nameOf(service.URN))
		}
		placed, _ := service.Get("networkConfiguration.subnets").([]any)
		for _, subnet := range placed {
			if subnets[fmt.Sprint(subnet)] = true; public[fmt.Sprint(subnet)] {
				return "", fmt.Errorf("%s places tasks in the public subnet %v", nameOf(service.URN), subnet)
			}
		}
	}
	return fmt.Sprintf(
		"%d services over %d subnets, none with a route to the internet gateway, as %d others have; no task has a "+
			"public address",
		len(s.Cloud.Records(serviceType)),
		len(subnets),
		len(public),
	), nil
}

// publicSubnets have a route to an internet gateway.
func publicSubnets(s *Stage) (map[string]bool, error) {
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
func incident15(ctx context.Context, s *Stage) (string, error) {
	owners := map[string]string{}
	var execution, task string
	for _, service := range s.Cloud.Records(serviceType) {
		definition, container, err := definitionOf(s.Cloud, service)
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
		if owners[role] = container.Name; container.Name == loadService {
			task = role
		}
	}
	var errs []error
	for _, try := range []struct {
		role, secret string
		may          bool
	}{
		{role: execution, secret: loadService, may: true}, {
			role:   execution,
			secret: catalog.Administrator,
			may:    false,
		}, {role: task, secret: loadService, may: false}, {role: task, secret: "payment", may: false},
	} {
		err := s.readSecret(ctx, try.role, "identity-"+try.secret+"-seed")
		switch {
		case try.may && err != nil:
			errs = append(errs, err)
		case !try.may && (err == nil || !strings.Contains(err.Error(), "AccessDeniedException")):
			errs = append(
				errs,
				fmt.Errorf("role %s reads the seed of %s: wanted AccessDeniedException", try.role, try.secret),
				err,
			)
		}
	}
	return fmt.Sprintf(
			"%d services with as many roles, which read no secret; the role that starts tasks reads theirs and no "+
				"administrator's",
			len(owners),
		), errors.Join(
			errs...)
}

// readSecret reads a secret over AWS's own protocol, in a role's name.
func (s *Stage) readSecret(ctx context.Context, role, name string) error {
	given, err := s.Cloud.Session(role, "drill")
	if err != nil {
		return err
	}
	for _, r := range s.Cloud.Records("aws:secretsmanager/secret:Secret") {
		if nameOf(r.URN) != name {
			continue
		}
		_, err := secretsmanager.NewFromConfig(s.awsConfig(given)).
			GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(r.ID)})
		return err
	}
	return fmt.Errorf("the cloud has no secret %s", name)
}

// incident16: the health check looked for the process in ps, found it, and knew nothing.
func incident16(ctx context.Context, s *Stage) (string, error) {
	before := s.Processes(loadService)
	stopped := before[0]
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		return "", fmt.Errorf("stopping process %d of %s: %w", stopped, loadService, err)
	}
	err := poll.For(ctx, settleLimit, func() error {
		if now := s.Processes(loadService); len(now) != 2 || slices.Contains(now, stopped) {
			return fmt.Errorf("processes %v run, wanted two without %d", now, stopped)
		}
		return nil
	})
	// ECS has asked it to end, which it hears only now. It may have been killed.
	_ = syscall.Kill(stopped, syscall.SIGCONT)
	return "a process that was stopped, and that ps still showed, was unhealthy after three checks and replaced; " +
		"the other one went on", err
}

// incident18: names were mixed, with and without a suffix.
func incident18(ctx context.Context, s *Stage) (string, error) {
	table, front, err := catalog.Services()
	if err != nil {
		return "", err
	}
	mixed, err := s.images(map[string]string{loadService + "-nats": "1.0.0"})
	if err != nil {
		return "", err
	}
	if err := unmade(ctx, s, map[string]any{"serviceImages": mixed}, "serviceImages", loadService+"-nats"); err != nil {
		return "", fmt.Errorf("an image for a service by another spelling: %w", err)
	}
	repositories := map[string]bool{}
	for _, r := range s.Cloud.Records("aws:ecr/repository:Repository") {
		repositories[fmt.Sprint(r.Get("repositoryUrl"))] = true
	}
	called := append(names(table), front.Name)
	for _, service := range s.Cloud.Records(serviceType) {
		definition, container, err := definitionOf(s.Cloud, service)
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
		loadService,
		len(called),
	), nil
}
