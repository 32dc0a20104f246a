// Drills that break running NATS nodes under load: processes, machines, zones, majorities.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bodybroker/platform/internal/poll"
)

func init() {
	register(
		drill{
			scenario: scenario{
				id:     "nats.kill1",
				wanted: "each server process is killed in turn: no acknowledged message lost, no stall over 10 s",
				play:   killEach,
			},
			on: SharedMachines,
		},
		drill{
			scenario: scenario{
				id:     "nats.kill2",
				wanted: "two nodes lose power at once: no acknowledged message lost, service resumes when they return",
				play:   killTwo,
			},
			on: SharedMachines,
		},
		drill{
			scenario: scenario{id: "nats.zone", wanted: "a whole zone loses power: streams stay available", play: loseZone},
			on:       SharedMachines,
		},
		drill{
			scenario: scenario{
				id:     "nats.quorum",
				wanted: "three nodes lose power: writes are refused, none is falsely acknowledged, it heals by itself",
				play:   loseQuorum,
			},
			on: SharedMachines,
		},
		drill{
			scenario: scenario{
				id:     "nats.restart",
				wanted: "all five lose power and are started: everything acknowledged is there",
				play:   restartAll,
			},
			on: SharedMachines,
		},
	)
}

// refusedEnough is how many writes are refused until it is believed: some of each publisher of the
// load.
const refusedEnough = 4

// longestStall is how long a client may go without an answer when one node dies.
const longestStall = 10 * time.Second

// underLoad runs a drill while the load runs, waits until the cluster is whole again and reads
// every acknowledged message back. judge gets the load's report.
func underLoad(
	ctx context.Context,
	s *Stage,
	fault func(*cluster, *load) (string, error),
	judge func(loadReport) error,
) (string, error) {
	c, err := newCluster(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.Detach()
	if err := c.whole(ctx); err != nil {
		return "", fmt.Errorf("before the drill: %w", err)
	}
	l, err := startLoad(ctx, s)
	if err != nil {
		return "", err
	}
	seen, err := fault(c, l)
	if err == nil {
		err = c.whole(ctx)
	}
	report, readErr := l.stop(ctx)
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
	return seen, judge(report)
}

func anything(loadReport) error { return nil }

func shortStalls(r loadReport) error {
	if stall := max(r.LongestStall, r.LongestWriteStall); stall > longestStall {
		return fmt.Errorf("a client stalled for %s, %s at most", stall.Round(time.Millisecond), longestStall)
	}
	return nil
}

// killEach kills the server process of each node in turn; systemd starts it again.
func killEach(ctx context.Context, s *Stage) (string, error) {
	return underLoad(ctx, s, func(c *cluster, _ *load) (string, error) {
		led := 0
		for _, n := range c.nodes() {
			leader, err := c.leader(ctx, n)
			if err != nil {
				return "", err
			}
			if leader == n.name {
				led++
			}
			before := n.machine.Unit("nats.service").MainPID
			if err := n.machine.Signal("nats.service", syscall.SIGKILL); err != nil {
				return "", err
			}
			if err := c.restarted(ctx, n, before); err != nil {
				return "", err
			}
		}
		// The leader is one of the five, so it was killed once at least, wherever it went
		// meanwhile.
		if led == 0 {
			if err := c.killLeader(ctx); err != nil {
				return "", err
			}
		}
		return "5 killed in turn, the meta leader's among them", nil
	}, shortStalls)
}

func (c *cluster) killLeader(ctx context.Context) error {
	nodes := c.nodes()
	leader, err := c.leader(ctx, nodes[0])
	if err != nil {
		return err
	}
	i := slices.IndexFunc(nodes, func(n clusterNode) bool { return n.name == leader })
	if i < 0 {
		return fmt.Errorf("the meta leader is %q, which is no node", leader)
	}
	before := nodes[i].machine.Unit("nats.service").MainPID
	if err := nodes[i].machine.Signal("nats.service", syscall.SIGKILL); err != nil {
		return err
	}
	return c.restarted(ctx, nodes[i], before)
}

// outage takes the power of some nodes away for a while, and gives it back.
func (c *cluster) outage(nodes []clusterNode, meanwhile func() error) error {
	for _, n := range nodes {
		n.machine.PowerOff()
	}
	err := meanwhile()
	for _, n := range nodes {
		err = errors.Join(err, n.machine.Start())
	}
	return err
}

// killTwo: two nodes may hold two of the three replicas of a stream, which then takes no writes
// until one of them is back; requests go on meanwhile.
func killTwo(ctx context.Context, s *Stage) (string, error) {
	return underLoad(ctx, s, func(c *cluster, l *load) (string, error) {
		nodes := c.nodes()
		err := c.outage([]clusterNode{nodes[0], nodes[1]}, func() error { return l.AwaitReplies(ctx) })
		if err == nil {
			err = l.AwaitService(ctx)
		}
		return "nats-1 and nats-2 without power at once, then back", err
	}, anything)
}

// loseZone: R3 streams stand over three zones, so a zone with two nodes costs each one replica.
func loseZone(ctx context.Context, s *Stage) (string, error) {
	return underLoad(ctx, s, func(c *cluster, l *load) (string, error) {
		zones := map[string][]clusterNode{}
		for _, n := range c.nodes() {
			zones[n.zone] = append(zones[n.zone], n)
		}
		var lost []clusterNode
		for _, nodes := range zones {
			if len(nodes) > len(lost) {
				lost = nodes
			}
		}
		err := c.outage(lost, func() error { return l.AwaitService(ctx) })
		return fmt.Sprintf("%s without its %d nodes: streams stayed available", lost[0].zone, len(lost)), err
	}, shortStalls)
}

// loseQuorum: without a majority nothing is acknowledged, and nothing needs a person afterwards.
func loseQuorum(ctx context.Context, s *Stage) (string, error) {
	return underLoad(ctx, s, func(c *cluster, l *load) (string, error) {
		keepers, err := c.keepers(ctx, loadStream)
		if err != nil {
			return "", err
		}
		err = c.outage(keepers, func() error {
			before := l.soFar()
			if err := poll.For(ctx, settleLimit, func() error {
				if l.soFar().RefusedWrites < before.RefusedWrites+refusedEnough {
					return errors.New("writes are not refused")
				}
				return nil
			}); err != nil {
				return err
			}
			refused := l.soFar()
			return poll.For(ctx, settleLimit, func() error {
				now := l.soFar()
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
	}, anything)
}

// keepers are the nodes that hold a stream's replicas. Without these three it has no majority
// either; with two of them it would go on.
func (c *cluster) keepers(ctx context.Context, stream string) ([]clusterNode, error) {
	access, leave, err := c.stage.looking(ctx, "keepers")
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
	nodes := slices.DeleteFunc(c.nodes(), func(n clusterNode) bool { return !slices.Contains(names, n.name) })
	if len(nodes) != 3 {
		return nil, fmt.Errorf("stream %s is kept by %v, wanted three nodes", stream, names)
	}
	return nodes, nil
}

// restartAll: every process dies at once, as in a power loss that the disks survive.
func restartAll(ctx context.Context, s *Stage) (string, error) {
	return underLoad(ctx, s, func(c *cluster, l *load) (string, error) {
		err := c.outage(c.nodes(), func() error { return nil })
		if err == nil {
			err = l.AwaitService(ctx)
		}
		return "all five without power at once, then started", err
	}, anything)
}
