// Package regions holds the drill of a lost region: the platform comes up in another one from its
// snapshots.
package regions

import (
	"context"
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "dr.rebuild",
			Wanted: "the first region is gone; the platform comes up in a second one, with disks and Redis made " +
				"from the snapshots",
			Play: drRebuild,
		},
		On: drills.OwnRecords,
	})
}

func drRebuild(ctx context.Context, s *stage.Stage) (string, error) {
	if _, err := s.Up(ctx); err != nil {
		return "", fmt.Errorf("bringing the first region up: %w", err)
	}
	disks, redis := localcloud.Snapshot(s.Cloud, "us-west-2")
	if err := s.Close(); err != nil {
		return "", fmt.Errorf("losing the first region: %w", err)
	}
	second, err := stage.New(ctx, stage.Options{
		Root:    s.Options.Root,
		Region:  "us-west-2",
		Stack:   "dr",
		Observe: s.Options.Observe,
		Override: map[string]any{
			"allowedAccounts": []any{s.Cloud.Account}, "natsVolumeSnapshots": ids(disks), "redisSnapshotName": redis.ID,
		},
	})
	if err != nil {
		return "", err
	}
	seen, err := rebuilt(ctx, second, disks, redis)
	if closeErr := second.Close(); err == nil {
		err = closeErr
	}
	return seen, err
}

func rebuilt(ctx context.Context, s *stage.Stage, disks []cloud.Record, redis cloud.Record) (string, error) {
	for _, snapshot := range append(disks, redis) {
		s.Cloud.Seed(snapshot.Type, snapshot.ID, snapshot.Outputs)
	}
	steps, err := s.Up(ctx)
	if err != nil {
		return "", fmt.Errorf("rebuilding in %s: %w", s.Cloud.Region, err)
	}
	if _, wrong := stage.CompareWithProduction(s.Cloud); len(wrong) > 0 {
		return "", fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	for i, volume := range s.Cloud.Records("aws:ebs/volume:Volume") {
		if !strings.Contains(fmt.Sprint(ids(disks)), fmt.Sprint(volume.Get("snapshotId"))) {
			return "", fmt.Errorf("disk %d was not made from a snapshot: %v", i+1, volume.Get("snapshotId"))
		}
	}
	group := s.Cloud.Records("aws:elasticache/replicationGroup:ReplicationGroup")[0]
	if group.Get("snapshotName") != redis.ID {
		return "", fmt.Errorf("the replication group was not made from its snapshot: %v", group.Get("snapshotName"))
	}
	return fmt.Sprintf("%s in %s, %d disks and Redis from snapshots", steps.Summary(), s.Cloud.Region, len(disks)), nil
}

func ids(records []cloud.Record) (list []any) {
	for _, r := range records {
		list = append(list, r.ID)
	}
	return list
}
