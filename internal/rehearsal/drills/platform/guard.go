// Drills of drift and of protection: what someone changed behind the program's back, and what the
// program must refuse to do.

package platform

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "refresh.noop",
			Wanted: "refresh finds no drift; a deleted alarm and an opened security group are found and repaired",
			Play:   refreshNoop,
		},
		On: drills.SharedRecords,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "guard.protect",
			Wanted: "an up that would delete a NATS volume or Redis is refused and says so",
			Play:   guardProtect,
		},
		On: drills.SharedRecords,
	})
}

func refreshNoop(ctx context.Context, s *stage.Stage) (string, error) {
	steps, err := s.Refresh(ctx)
	if err != nil {
		return "", err
	}
	if found := steps.Drift(); len(found) > 0 {
		return "", fmt.Errorf("drift where there is none: %s", strings.Join(found, ", "))
	}
	alarm := s.Cloud.Records(stage.AlarmType)[0]
	s.Cloud.Remove(stage.AlarmType, alarm.ID)
	var group string
	for _, g := range s.Cloud.Records(stage.SecurityGroupType) {
		if stage.NameOf(g.URN) == "flow-nats" {
			group = g.ID
		}
	}
	opened := resource.NewPropertyValue(map[string]any{
		"protocol": "tcp", "fromPort": 22, "toPort": 22,
		"cidrBlocks": []any{"0.0.0.0/0"}, "description": "opened by hand",
	})
	if !s.Cloud.Change(stage.SecurityGroupType, group, func(properties resource.PropertyMap) {
		properties["ingress"] = resource.NewArrayProperty(append(properties["ingress"].ArrayValue(), opened))
	}) {
		return "", fmt.Errorf("found no security group of the NATS nodes")
	}
	if steps, err = s.Refresh(ctx); err != nil {
		return "", err
	}
	found := strings.Join(steps.Drift(), ", ")
	if !strings.Contains(found, "flow-nats") || !strings.Contains(found, stage.NameOf(alarm.URN)) {
		return found, fmt.Errorf("expected the deleted alarm and the opened group to be found")
	}
	if steps, err = s.Up(ctx); err != nil {
		return found, err
	}
	for _, g := range s.Cloud.Records(stage.SecurityGroupType) {
		if strings.Contains(fmt.Sprint(g.Get("ingress")), "opened by hand") {
			return found, fmt.Errorf("the group is still open after: %s", steps.Summary())
		}
	}
	mended := false
	for _, a := range s.Cloud.Records(stage.AlarmType) {
		mended = mended || a.URN == alarm.URN
	}
	if !mended {
		return found, fmt.Errorf("the alarm is still gone after: %s", steps.Summary())
	}
	return "no drift; then found " + found + "; repaired by " + steps.Summary(), nil
}

// guardProtect looks at both lines of defence: the preview with which every `pulumi up` begins
// refuses, so that nothing is begun; and an update that skips it still cannot delete the data.
func guardProtect(ctx context.Context, s *stage.Stage) (string, error) {
	inventory := stage.InventoryText(s.Cloud.Inventory())
	if err := s.Configure(map[string]any{"natsNodeCount": 3}); err != nil {
		return "", err
	}
	_, fewer := s.Preview(ctx)
	if err := stage.ExpectRefusal(fewer, "nats-4-volume", "nats-5-volume", "protected"); err != nil {
		return "", fmt.Errorf("a preview of three nodes instead of five: %w", err)
	}
	program := s.Options.Program
	s.Options.Program = func(*pulumi.Context) error { return nil }
	_, nothing := s.Preview(ctx)
	s.Options.Program = program
	if err := stage.ExpectRefusal(nothing, "redis-group", "nats-1-volume", "protected"); err != nil {
		return "", fmt.Errorf("a preview of a program without Redis: %w", err)
	}
	if after := stage.InventoryText(s.Cloud.Inventory()); after != inventory {
		return "", fmt.Errorf("a preview changed the cloud: before %s, after %s", inventory, after)
	}
	_, unseen := s.Up(ctx)
	if err := stage.ExpectRefusal(unseen, "nats-4-volume", "protected"); err != nil {
		return "", fmt.Errorf("an update without a preview: %w", err)
	}
	if disks := len(s.Cloud.Records("aws:ebs/volume:Volume")); disks != 5 {
		return "", fmt.Errorf("%d of 5 disks are left", disks)
	}
	return "refused by the preview that every pulumi up begins with, nothing touched; without a preview all five " +
		"disks stay", s.Restore(ctx)
}
