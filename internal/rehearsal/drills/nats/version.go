// Drills that give the nodes another server program: one that works, and one that does not.

package nats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/s3"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/toolchain"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.roll.version",
			Wanted: "another server version: strictly one node at a time, no request fails twice, no message lost",
			Play:   rollVersion,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.roll.bad",
			Wanted: "a configuration that the server refuses, a server that does not start: stops at the first " +
				"node, four untouched; the next up with the good one completes",
			Play: rollBad,
		},
		On: drills.SharedMachines,
	})
}

// otherServer is the folder of the module that pins another version of nats-server, under the root.
const otherServer = "internal/rehearsal/drills/nats/otherserver"

// rollVersion gives the nodes another version of the server, node by node.
func rollVersion(ctx context.Context, s *stage.Stage) (string, error) {
	other := filepath.Join(s.Dir, "other-"+toolchain.ServerFile)
	if err := toolchain.BuildServer(ctx, filepath.Join(s.Options.Root, otherServer), other); err != nil {
		return "", err
	}
	return underLoad(ctx, s, func(c *stage.Cluster, _ *stage.Load) (string, error) {
		before, err := c.Servers(ctx)
		if err != nil {
			return "", err
		}
		nodes, events := c.Nodes(), len(s.Cloud.Events())
		if steps, err := s.UpWith(ctx, map[string]any{"natsServerBinary": other}); err != nil {
			return steps.Summary(), err
		}
		after, err := c.Servers(ctx)
		if err != nil {
			return "", err
		}
		wanted := after["nats-1"].Version
		for name, now := range after {
			if now.Version != wanted || now.Version == before[name].Version {
				return "", fmt.Errorf(
					"%s ran %s and runs %s, nats-1 runs %s",
					name,
					before[name].Version,
					now.Version,
					wanted,
				)
			}
		}
		seen := fmt.Sprintf("five servers from %s to %s, one after the other", before["nats-1"].Version, wanted)
		return seen, expectRoll(s.Cloud.Events()[events:], nodes)
	}, expectNoFailures)
}

// rollBad gives the nodes a server program that does not start, sees it stop at the first node, and
// goes on with the good one.
func rollBad(ctx context.Context, s *stage.Stage) (string, error) {
	bad, err := stage.BadServer(s)
	if err != nil {
		return "", err
	}
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		nodes := c.Nodes()
		before, err := c.Servers(ctx)
		if err != nil {
			return "", err
		}
		if err := expectRefusedConfiguration(ctx, s, nodes[0]); err != nil {
			return "", fmt.Errorf("a configuration that the server refuses: %w", err)
		}
		if err := c.ExpectUntouched(ctx, nodes, before); err != nil {
			return "", fmt.Errorf("a configuration that the server refuses: %w", err)
		}
		start := time.Now()
		s.GateLimit = stage.ShortGate
		_, failed := s.UpWith(ctx, map[string]any{"natsServerBinary": bad})
		s.GateLimit = 0
		if err := stage.ExpectRefusal(failed, "gate of nats-1", "not passed", "journalctl"); err != nil {
			return "", fmt.Errorf("an update to a server that does not start: %w", err)
		}
		waited := time.Since(start)
		if err := c.ExpectUntouched(ctx, nodes[1:], before); err != nil {
			return "", err
		}
		if err := l.AwaitService(ctx); err != nil {
			return "", fmt.Errorf("with four nodes: %w", err)
		}
		if err := s.Restore(ctx); err != nil {
			return "", err
		}
		// What nodes run must still be in the bucket after the failed update has been cleaned up.
		if _, err := s.ReplaceNode(ctx, nodes[0].Name); err != nil {
			return "", fmt.Errorf("a new machine after going back: %w", err)
		}
		return fmt.Sprintf(
			"a configuration that the server refuses stayed out; the update to a bad program failed at nats-1 after "+
				"%.0f s, four servers untouched and answering; the next one with the good program completed",
			waited.Seconds(),
		), nil
	}, expectNoFailures)
}

// expectRefusedConfiguration points a node to a configuration that the server cannot read, waits
// until the node says that it does not take it, and puts the pointer back.
func expectRefusedConfiguration(ctx context.Context, s *stage.Stage, n stage.Node) error {
	for _, r := range s.Cloud.Records("aws:s3/bucketObjectv2:BucketObjectv2") {
		if stage.NameOf(r.URN) != n.Name+"-configuration" {
			continue
		}
		bucket, bad := fmt.Sprint(r.Get("bucket")), []byte("server_name: { no end")
		sum := sha256.Sum256(bad)
		name := hex.EncodeToString(sum[:])
		defer s3.Put(s.Cloud, bucket, "configuration/"+name+"/nats.conf", bad)()
		defer s3.Put(s.Cloud, bucket, fmt.Sprint(r.Get("key")), []byte(name+"\n"))()
		return poll.For(ctx, stage.SettleLimit, func() error {
			if said := n.Machine.Journal(
				"nats-configuration.service",
			); !strings.Contains(
				said,
				"configuration "+name+": the server refuses it",
			) {
				return fmt.Errorf("the journal of nats-configuration says %s", stage.LastLines(said, 3))
			}
			return nil
		})
	}
	return fmt.Errorf("%s has no pointer to a configuration", n.Name)
}
