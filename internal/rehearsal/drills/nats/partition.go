// The drill that cuts the network between two NATS nodes and the other three: every server runs
// on, clients reach both sides, and the sides do not reach each other.

package nats

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.partition",
			Wanted: "a zone's two nodes are cut off from the other three: they acknowledge nothing, the three go " +
				"on; healed, all replicas are equal",
			Play: cutOffTwo,
		},
		On: drills.SharedMachines,
	})
}

// triesAlone is how often each client of the smaller side asks for an acknowledgement that it must
// not get.
const triesAlone = 3

// side is one part of a cluster that was cut, with a client at each node.
type side struct {
	nodes   []stage.Node
	clients []client
}

// client is connected to one node, past the load balancer.
type client struct {
	node       string
	connection *nats.Conn
	access     jetstream.JetStream
}

func cutOffTwo(ctx context.Context, s *stage.Stage) (string, error) {
	var looking *stage.Cluster
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		looking = c
		small, large, err := split(c)
		defer small.leave()
		defer large.leave()
		if err != nil {
			return "", err
		}
		for _, one := range slices.Concat(small.clients, large.clients) {
			if err := store(ctx, l, one, "before"); err != nil {
				return "", fmt.Errorf("before the cut: %w", err)
			}
		}
		if err := ec2.Partition(s.Cloud, small.addresses(), large.addresses()); err != nil {
			return "", err
		}
		seen, err := apart(ctx, l, small, large)
		// Also after a fault: other drills share the network.
		if err = errors.Join(err, ec2.Heal(s.Cloud)); err != nil {
			return seen, err
		}
		for _, one := range small.clients {
			if err := poll.For(
				ctx,
				stage.SettleLimit,
				func() error { return store(ctx, l, one, "healed") },
			); err != nil {
				return seen, fmt.Errorf("after the cut was healed: %w", err)
			}
		}
		return seen, l.AwaitService(ctx)
	}, func(stage.LoadReport) error { return awaitEqualReplicas(ctx, looking) })
}

// split takes the nodes of a zone with two as the smaller side: every stream has one replica of
// three in a zone, so none has a majority there.
func split(c *stage.Cluster) (small, large side, err error) {
	zones := map[string][]stage.Node{}
	for _, n := range c.Nodes() {
		zones[n.Zone] = append(zones[n.Zone], n)
	}
	for _, nodes := range zones {
		if len(nodes) == 2 {
			small.nodes = nodes
		}
	}
	if small.nodes == nil {
		return small, large, errors.New("no zone has two nodes")
	}
	for _, n := range c.Nodes() {
		if n.Zone != small.nodes[0].Zone {
			large.nodes = append(large.nodes, n)
		}
	}
	return small, large, errors.Join(small.connect(c.Client), large.connect(c.Client))
}

// connect connects to each node's own address, which its certificate names, and nowhere else.
func (s *side) connect(from *stage.Client) error {
	for _, n := range s.nodes {
		near := *from
		near.URL = "tls://" + n.Address + ":4222"
		connection, err := near.Connect(stage.LoadService)
		if err != nil {
			return err
		}
		access, err := jetstream.New(connection, jetstream.WithDefaultTimeout(stage.AnswerLimit))
		if err != nil {
			connection.Close()
			return err
		}
		s.clients = append(s.clients, client{node: n.Name, connection: connection, access: access})
	}
	return nil
}

func (s *side) leave() {
	for _, one := range s.clients {
		one.connection.Close()
	}
}

func (s *side) addresses() []netip.Addr {
	var found []netip.Addr
	for _, n := range s.nodes {
		found = append(found, netip.MustParseAddr(n.Address))
	}
	return found
}

func (s *side) String() string {
	var names []string
	for _, n := range s.nodes {
		names = append(names, n.Name)
	}
	return strings.Join(names, " and ")
}

// store publishes a message at a node; what is acknowledged is read back with the load's own.
func store(ctx context.Context, l *stage.Load, at client, when string) error {
	id := at.node + "-" + when + "-" + nats.NewInbox()
	ack, err := at.access.Publish(
		ctx,
		stage.LoadEvents,
		[]byte(id),
		jetstream.WithMsgID(id),
		jetstream.WithRetryAttempts(0),
	)
	if err != nil {
		return fmt.Errorf("storing a message through %s: %w", at.node, err)
	}
	l.AddAcknowledged(id, ack.Sequence)
	return nil
}

// apart looks at both sides while they are cut off from each other: from the first moment the
// smaller one acknowledges nothing, and soon every client of the larger one is served.
func apart(ctx context.Context, l *stage.Load, small, large side) (string, error) {
	var alone sync.WaitGroup
	wrong := make([]error, len(small.clients))
	for i, one := range small.clients {
		alone.Go(func() {
			for range triesAlone {
				if store(ctx, l, one, "alone") == nil {
					wrong[i] = fmt.Errorf("%s acknowledged a message without a majority", one.node)
				}
			}
		})
	}
	var errs []error
	for _, one := range large.clients {
		errs = append(errs, poll.For(ctx, stage.SettleLimit, func() error { return store(ctx, l, one, "majority") }))
	}
	alone.Wait()
	for _, one := range large.clients {
		errs = append(errs, store(ctx, l, one, "majority still"))
	}
	if err := errors.Join(append(errs, wrong...)...); err != nil {
		return fmt.Sprintf("%s cut off", &small), err
	}
	return fmt.Sprintf(
		"%s cut off: all %d writes there refused, %s served; then healed",
		&small,
		triesAlone*len(small.clients),
		&large,
	), nil
}

// content is what a node has of a stream.
type content struct {
	Messages int `json:"messages"`
	Bytes    int `json:"bytes"`
	First    int `json:"first_seq"`
	Last     int `json:"last_seq"`
	Deleted  int `json:"num_deleted"`
}

// awaitEqualReplicas waits until all nodes that hold a stream hold the same of it.
func awaitEqualReplicas(ctx context.Context, c *stage.Cluster) error {
	wanted, err := catalog.Streams()
	if err != nil {
		return err
	}
	return poll.For(ctx, stage.SettleLimit, func() error {
		held := map[string]map[string]content{} // by stream and node
		var errs []error
		for _, n := range c.Nodes() {
			errs = append(errs, contents(ctx, c, n, held))
		}
		for _, stream := range wanted {
			if copies := len(held[stream.Name]); copies != stream.Replicas {
				errs = append(
					errs,
					fmt.Errorf("stream %s is on %d nodes, expected %d", stream.Name, copies, stream.Replicas),
				)
			}
		}
		for stream, copies := range held {
			different := map[content]bool{}
			for _, found := range copies {
				different[found] = true
			}
			if len(different) > 1 {
				errs = append(errs, fmt.Errorf("stream %s differs between its replicas: %+v", stream, copies))
			}
		}
		return errors.Join(errs...)
	})
}

// contents adds what a node holds.
func contents(ctx context.Context, c *stage.Cluster, n stage.Node, held map[string]map[string]content) error {
	var page struct {
		Accounts []struct {
			Streams []struct {
				Name  string  `json:"name"`
				State content `json:"state"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := c.GetPage(ctx, n, "/jsz?accounts=true&streams=true", &page); err != nil {
		return err
	}
	for _, account := range page.Accounts {
		for _, stream := range account.Streams {
			if held[stream.Name] == nil {
				held[stream.Name] = map[string]content{}
			}
			held[stream.Name][n.Name] = stream.State
		}
	}
	return nil
}
