// Package platform holds the drills of the whole program: changes of an ordinary day, drift,
// protection, updates that do not get through, upgrades, and the playground.
package platform

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "change.image",
			Wanted: "a new image tag touches that service's task definition and service, and the gate of the " +
				"services; nothing else",
			Play: changeImage,
		},
		On: drills.SharedRecords,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "change.rollback",
			Wanted: "a version that ECS rolls back fails the update, which names the service",
			Play:   changeRollback,
		},
		On: drills.SharedRecords,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "change.service",
			Wanted: "a 23rd service is added; no NATS instance and no other service is touched",
			Play:   changeService,
		},
		On: drills.SharedRecords,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "change.redis",
			Wanted: "another node type updates the replication group in place",
			Play:   changeRedis,
		},
		On: drills.SharedRecords,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "change.ami",
			Wanted: "a new AMI replaces the five instances one after the other, gates between; no volume, address " +
				"or name",
			Play: changeAMI,
		},
		On: drills.SharedRecords,
	})
}

func changeImage(ctx context.Context, s *stage.Stage) (string, error) {
	images, err := s.Images(map[string]string{"quest-system": "1.0.1"})
	if err != nil {
		return "", err
	}
	steps, err := s.UpWith(ctx, map[string]any{"serviceImages": images})
	if err != nil {
		return steps.Summary(), err
	}
	touched := map[string]bool{}
	for _, step := range steps.Changes() {
		touched[step.Type] = true
		if !strings.Contains(step.Name(), "quest-system") && step.Name() != "services-serving" {
			return steps.Summary(), fmt.Errorf("%s %s was touched too", step.Operation, step.URN)
		}
	}
	if !touched["aws:ecs/taskDefinition:TaskDefinition"] || !touched[stage.ServiceType] ||
		!touched[stage.InvocationType] ||
		len(touched) != 3 {
		return steps.Summary(), fmt.Errorf(
			"expected one task definition, one service and the gate of the services to change, got %v",
			touched,
		)
	}
	return steps.Summary() + ": quest-system's task definition and service, and the question whether it " +
		"answers", s.Restore(ctx)
}

// changeRollback replays incident 19: an update must not report as deployed what ECS has rolled
// back.
func changeRollback(ctx context.Context, s *stage.Stage) (string, error) {
	images, err := s.Images(map[string]string{"quest-system": "1.0.2"})
	if err != nil {
		return "", err
	}
	end := ecs.RollBack(s.Cloud, "quest-system")
	defer end()
	_, first := s.UpWith(ctx, map[string]any{"serviceImages": images})
	if err := stage.ExpectRefusal(first, "quest-system", "rolled back"); err != nil {
		return "", fmt.Errorf("the update after which ECS rolled back: %w", err)
	}
	_, again := s.Up(ctx)
	if err := stage.ExpectRefusal(again, "quest-system", "rolled back"); err != nil {
		return "", fmt.Errorf("the same update once more: %w", err)
	}
	end()
	return "the update failed and named the service, and so did the next; with a version that stays up it " +
		"passed", s.Restore(ctx)
}

func changeService(ctx context.Context, s *stage.Stage) (string, error) {
	const name = "match-maker"
	images, err := s.Images(map[string]string{name: "1.0.0"})
	if err != nil {
		return "", err
	}
	added := []any{
		map[string]any{"name": name, "queue": "q.match", "rpc": []any{"svc.match.v1.find"}, "events": []any{}},
	}
	steps, err := s.UpWith(ctx, map[string]any{"additionalServices": added, "serviceImages": images})
	if err != nil {
		return steps.Summary(), err
	}
	for _, step := range steps.Changes() {
		if step.Type == "aws:ec2/instance:Instance" {
			return steps.Summary(), fmt.Errorf("%s %s", step.Operation, step.Name())
		}
		if strings.HasPrefix(step.Type, "aws:ecs/") && !strings.Contains(step.Name(), name) {
			return steps.Summary(), fmt.Errorf("another service was touched: %s %s", step.Operation, step.URN)
		}
	}
	services := len(s.Cloud.Records(stage.ServiceType))
	if services != 25 {
		return steps.Summary(), fmt.Errorf(
			"expected 23 services, the gateway and the verification, the cloud has %d",
			services,
		)
	}
	summary := steps.Summary() + ": 23 services and the gateway, every instance as it was"
	return summary, s.Retire(ctx, map[string]any{"additionalServices": added, "serviceImages": images})
}

func changeRedis(ctx context.Context, s *stage.Stage) (string, error) {
	before := s.Cloud.Records("aws:elasticache/replicationGroup:ReplicationGroup")
	steps, err := s.UpWith(ctx, map[string]any{"redisNodeType": "cache.r7g.xlarge"})
	if err != nil {
		return steps.Summary(), err
	}
	after := s.Cloud.Records("aws:elasticache/replicationGroup:ReplicationGroup")
	switch {
	case len(after) != 1 || after[0].Created != before[0].Created:
		return steps.Summary(), fmt.Errorf("the replication group was replaced")
	case after[0].Get("nodeType") != "cache.r7g.xlarge":
		return steps.Summary(), fmt.Errorf("the cloud has node type %v", after[0].Get("nodeType"))
	}
	return steps.Summary() + ": the same group, now cache.r7g.xlarge", s.Restore(ctx)
}

func changeAMI(ctx context.Context, s *stage.Stage) (string, error) {
	kept := keptRecords(s.Cloud)
	before := len(s.Cloud.Events())
	steps, err := s.UpWith(ctx, map[string]any{"natsAmi": stage.NewAMI})
	if err != nil {
		return steps.Summary(), err
	}
	if after := keptRecords(s.Cloud); !slices.Equal(kept, after) {
		return steps.Summary(), fmt.Errorf("volumes, interfaces or names changed: before %v, after %v", kept, after)
	}
	order := rollOrder(s.Cloud.Events()[before:])
	var wanted []string
	for n := 1; n <= 5; n++ {
		for _, what := range []string{
			"delete nats-%d-gate", "delete nats-%d-attachment", "delete nats-%d-instance",
			"create nats-%d-instance", "create nats-%d-attachment", "create nats-%d-gate",
		} {
			wanted = append(wanted, fmt.Sprintf(what, n))
		}
	}
	if !slices.Equal(order, wanted) {
		return strings.Join(order, ", "), fmt.Errorf("expected %s", strings.Join(wanted, ", "))
	}
	for _, i := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if i.Get("ami") != stage.NewAMI {
			return steps.Summary(), fmt.Errorf("instance %s still runs %v", i.ID, i.Get("ami"))
		}
	}
	// Taking the image out of the configuration again must not touch the nodes either.
	steps, err = s.UpWith(ctx, nil)
	if err == nil && len(steps.Changes()) > 0 {
		err = fmt.Errorf("without natsAmi the nodes are touched again: %s", steps.Summary())
	}
	return "gate off, detached, terminated, made, attached, gate passed: node by node, 1 to 5", err
}

// keptRecords are the ids of what must outlive an instance.
func keptRecords(c *cloud.Cloud) (ids []string) {
	for _, token := range []string{
		"aws:ebs/volume:Volume",
		"aws:ec2/networkInterface:NetworkInterface",
		"aws:route53/record:Record",
	} {
		for _, r := range c.Records(token) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// rollOrder lists in order what happened to instances, attachments and gates.
func rollOrder(happened []cloud.Event) (order []string) {
	for _, e := range happened {
		switch e.Type {
		case "aws:ec2/instance:Instance", "aws:ec2/volumeAttachment:VolumeAttachment", stage.InvocationType:
			order = append(order, e.Operation+" "+stage.NameOf(e.URN))
		}
	}
	return order
}
