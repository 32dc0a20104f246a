// Drills of the nodes' disks: one that is lost, and a store that is full.

package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.replace.disk",
			Wanted: "a node's disk is lost: the runbook's procedure brings it back to three replicas everywhere",
			Play:   replaceDisk,
		},
		On: drills.SharedMachines,
	})
}

// replaceDisk loses a node's disk and follows the runbook ("A NATS disk is lost").
func replaceDisk(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		const node = "nats-2"
		volume, machines := "", c.Nodes()
		for _, r := range s.Cloud.Records("aws:ebs/volume:Volume") {
			if stage.NameOf(r.URN) == node+"-volume" {
				volume = r.ID
			}
		}
		if err := ec2.LoseDisk(s.Cloud, volume); err != nil {
			return "", err
		}
		if err := l.AwaitService(ctx); err != nil {
			return "", fmt.Errorf("without the disk of %s: %w", node, err)
		}
		found, err := s.Refresh(ctx)
		if err != nil {
			return "", err
		}
		if drift := strings.Join(found.Drift(), " "); !strings.Contains(drift, node+"-volume") {
			return drift, fmt.Errorf("the refresh did not find that the disk of %s is gone", node)
		}
		if steps, err := s.Up(ctx); err != nil {
			return steps.Summary(), err
		}
		for i, now := range c.Nodes() {
			if replaced := machines[i].Instance != now.Instance; replaced != (now.Name == node) {
				return "", fmt.Errorf(
					"%s was instance %s and is %s: expected another machine for %s alone",
					now.Name,
					machines[i].Instance,
					now.Instance,
					node,
				)
			}
		}
		if err := c.AwaitHealthy(ctx); err != nil {
			return "", err
		}
		streams, err := awaitReplicas(ctx, s)
		return fmt.Sprintf(
			"the disk of %s was lost; a refresh found it gone, and an update created it again: %d streams have all "+
				"their "+
				"replicas",
			node,
			streams,
		), err
	}, expectNoFailures)
}

// awaitReplicas expects every stream to have all its replicas, each current, and counts the
// streams.
func awaitReplicas(ctx context.Context, s *stage.Stage) (int, error) {
	access, leave, err := s.Administrator(ctx, "replicas")
	if err != nil {
		return 0, err
	}
	defer leave()
	count := 0
	err = poll.For(ctx, stage.SettleLimit, func() error {
		count = 0
		list, errs := access.ListStreams(ctx), []error(nil)
		for info := range list.Info() {
			count++
			if info.Cluster == nil {
				errs = append(errs, fmt.Errorf("stream %s says nothing of its replicas", info.Config.Name))
				continue
			}
			current := slices.DeleteFunc(
				slices.Clone(info.Cluster.Replicas),
				func(p *jetstream.PeerInfo) bool { return !p.Current || p.Offline },
			)
			if info.Cluster.Leader == "" || 1+len(current) < info.Config.Replicas {
				errs = append(errs, fmt.Errorf("stream %s has leader %q and %d current followers, expected %d replicas",
					info.Config.Name, info.Cluster.Leader, len(current), info.Config.Replicas))
			}
		}
		if count == 0 {
			errs = append(errs, errors.New("there are no streams"))
		}
		return errors.Join(append(errs, list.Err())...)
	})
	return count, err
}
