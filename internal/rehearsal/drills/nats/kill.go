// Package nats holds the drills of the NATS nodes: processes, machines, zones and majorities that
// go, other machines and configurations, disks, identities and backups.
package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.kill1",
			Wanted: "each server process is killed in turn: no acknowledged message lost, no stall over 10 s",
			Play:   killEach,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.kill2",
			Wanted: "two nodes lose power at once: no acknowledged message lost, service resumes when they return",
			Play:   killTwo,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.zone",
			Wanted: "a whole zone loses power: streams stay available",
			Play:   loseZone,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.quorum",
			Wanted: "three nodes lose power: writes are refused, none is falsely acknowledged, it heals by itself",
			Play:   loseQuorum,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.restart",
			Wanted: "all five lose power and are started: everything acknowledged is there",
			Play:   restartAll,
		},
		On: drills.SharedMachines,
	})
}

// refusedEnough is the number of refused writes after which the drill believes it: some of each
// publisher of the load.
const refusedEnough = 4

// longestStall is how long a client may go without an answer when one node dies.
const longestStall = 10 * time.Second

// underLoad runs a drill while the load runs, waits until the cluster is complete again and reads
// every acknowledged message back. check gets the load's report.
func underLoad(
	ctx context.Context,
	s *stage.Stage,
	fault func(*stage.Cluster, *stage.Load) (string, error),
	check func(stage.LoadReport) error,
) (string, error) {
	c, err := stage.NewCluster(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.Detach()
	if err := c.AwaitHealthy(ctx); err != nil {
		return "", fmt.Errorf("before the drill: %w", err)
	}
	l, err := stage.StartLoad(ctx, s)
	if err != nil {
		return "", err
	}
	seen, err := fault(c, l)
	if err == nil {
		err = c.AwaitHealthy(ctx)
	}
	report, readErr := l.Stop(ctx)
	seen = strings.TrimPrefix(seen+"; "+report.String(), "; ")
	if err = errors.Join(err, readErr); err != nil {
		return seen, err
	}
	if report.Lost > 0 {
		return seen, fmt.Errorf("%d acknowledged messages are lost", report.Lost)
	}
	if report.Acknowledged == 0 || report.Requests == 0 {
		return seen, errors.New("the load did nothing")
	}
	return seen, check(report)
}

func anyReport(stage.LoadReport) error { return nil }

func expectShortStalls(r stage.LoadReport) error {
	if stall := max(r.LongestStall, r.LongestWriteStall); stall > longestStall {
		return fmt.Errorf("a client stalled for %s, %s at most", stall.Round(time.Millisecond), longestStall)
	}
	return nil
}

// killEach kills the server process of each node in turn; systemd starts it again.
func killEach(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, _ *stage.Load) (string, error) {
		led := 0
		for _, n := range c.Nodes() {
			leader, err := c.MetaLeader(ctx, n)
			if err != nil {
				return "", err
			}
			if leader == n.Name {
				led++
			}
			before := n.Machine.Unit("nats.service").MainPID
			if err := n.Machine.Signal("nats.service", syscall.SIGKILL); err != nil {
				return "", err
			}
			if err := c.AwaitRestart(ctx, n, before); err != nil {
				return "", err
			}
		}
		// The leader is one of the five, so it was killed once at least, wherever it went
		// meanwhile.
		if led == 0 {
			if err := killLeader(ctx, c); err != nil {
				return "", err
			}
		}
		return "5 killed in turn, the meta leader's among them", nil
	}, expectShortStalls)
}

func killLeader(ctx context.Context, c *stage.Cluster) error {
	nodes := c.Nodes()
	leader, err := c.MetaLeader(ctx, nodes[0])
	if err != nil {
		return err
	}
	i := slices.IndexFunc(nodes, func(n stage.Node) bool { return n.Name == leader })
	if i < 0 {
		return fmt.Errorf("the meta leader is %q, which is no node", leader)
	}
	before := nodes[i].Machine.Unit("nats.service").MainPID
	if err := nodes[i].Machine.Signal("nats.service", syscall.SIGKILL); err != nil {
		return err
	}
	return c.AwaitRestart(ctx, nodes[i], before)
}

// outage takes the power of some nodes away for a while, and gives it back.
func outage(c *stage.Cluster, nodes []stage.Node, meanwhile func() error) error {
	for _, n := range nodes {
		n.Machine.PowerOff()
	}
	err := meanwhile()
	for _, n := range nodes {
		err = errors.Join(err, n.Machine.Start())
	}
	return err
}

// killTwo: two nodes may hold two of the three replicas of a stream, which then takes no writes
// until one of them is back; requests go on meanwhile.
func killTwo(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		nodes := c.Nodes()
		err := outage(c, []stage.Node{nodes[0], nodes[1]}, func() error { return l.AwaitReplies(ctx) })
		if err == nil {
			err = l.AwaitService(ctx)
		}
		return "nats-1 and nats-2 without power at once, then back", err
	}, anyReport)
}

// loseZone: R3 streams are spread over three zones, so a zone with two nodes costs each one
// replica.
func loseZone(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		zones := map[string][]stage.Node{}
		for _, n := range c.Nodes() {
			zones[n.Zone] = append(zones[n.Zone], n)
		}
		var lost []stage.Node
		for _, nodes := range zones {
			if len(nodes) > len(lost) {
				lost = nodes
			}
		}
		err := outage(c, lost, func() error { return l.AwaitService(ctx) })
		return fmt.Sprintf("%s without its %d nodes: streams stayed available", lost[0].Zone, len(lost)), err
	}, expectShortStalls)
}

// loseQuorum: without a majority nothing is acknowledged, and nothing needs a person afterwards.
func loseQuorum(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		nodesOfStream, err := nodesOfStream(ctx, c, stage.LoadStream)
		if err != nil {
			return "", err
		}
		err = outage(c, nodesOfStream, func() error {
			before := l.SoFar()
			if err := poll.For(ctx, stage.SettleLimit, func() error {
				if l.SoFar().RefusedWrites < before.RefusedWrites+refusedEnough {
					return errors.New("writes are not refused")
				}
				return nil
			}); err != nil {
				return err
			}
			refused := l.SoFar()
			return poll.For(ctx, stage.SettleLimit, func() error {
				now := l.SoFar()
				if now.Acknowledged > refused.Acknowledged {
					return fmt.Errorf(
						"%d messages were acknowledged without a majority",
						now.Acknowledged-refused.Acknowledged,
					)
				}
				if now.RefusedWrites < refused.RefusedWrites+refusedEnough {
					return errors.New("waiting for more refused writes")
				}
				return nil
			})
		})
		if err == nil {
			err = l.AwaitService(ctx)
		}
		return "three of five without power: writes refused, no acknowledgement; healed by itself", err
	}, anyReport)
}

// nodesOfStream are the nodes that hold a stream's replicas. Without these three it has no majority
// either; with two of them it would go on.
func nodesOfStream(ctx context.Context, c *stage.Cluster, stream string) ([]stage.Node, error) {
	access, leave, err := c.Stage.Administrator(ctx, "keepers")
	if err != nil {
		return nil, err
	}
	defer leave()
	found, err := access.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	names := []string{found.CachedInfo().Cluster.Leader}
	for _, replica := range found.CachedInfo().Cluster.Replicas {
		names = append(names, replica.Name)
	}
	nodes := slices.DeleteFunc(c.Nodes(), func(n stage.Node) bool { return !slices.Contains(names, n.Name) })
	if len(nodes) != 3 {
		return nil, fmt.Errorf("stream %s is kept by %v, expected three nodes", stream, names)
	}
	return nodes, nil
}

// restartAll: every process dies at once, as in a power loss that the disks survive.
func restartAll(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		err := outage(c, c.Nodes(), func() error { return nil })
		if err == nil {
			err = l.AwaitService(ctx)
		}
		return "all five without power at once, then started", err
	}, anyReport)
}
