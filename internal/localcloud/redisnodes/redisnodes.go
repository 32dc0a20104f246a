// Package redisnodes runs real Redis servers as a cluster of shards with replicas, as ElastiCache
// does with cluster mode: TLS alone, AUTH, a name for each node. Failing over is Redis's own doing.
package redisnodes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bodybroker/platform/internal/poll"
)

// Port is where clients connect; the nodes among themselves use Redis's, 10000 above.
const Port = 6379

// slots are what a Redis cluster divides its keys into (Redis cluster specification).
const slots = 16384

// nodeTimeout is after how long without an answer a node is held to have failed, and a replica asks
// to take over: Redis's cluster-node-timeout. ElastiCache's own is not public; this is no measure
// of it.
const nodeTimeout = 5 * time.Second

// startLimit is generous: the computer of a rehearsal starts dozens of other programs at once.
const startLimit = time.Minute

// Place describes a node to start.
type Place struct {
	// Name is the host name that the node gives to clients, and that its certificate covers.
	Name    string
	Address netip.Addr
	// Shard counts from 1. The first place of a shard becomes its primary.
	Shard int
}

// Options of a cluster. All but Attributes are needed.
type Options struct {
	// Program is redis-server, 7.0 or newer, built with TLS.
	Program string
	// Dir is a folder that Start makes, for what the servers write.
	Dir string
	// Certificate is every node's and covers all names; Key is its key, Authority what it chains
	// to: PEM.
	Certificate, Key, Authority []byte
	// Tokens are what AUTH takes, one or two.
	Tokens []string
	Places []Place
	// Attributes of the server processes; nil: those of any program.
	Attributes *syscall.SysProcAttr
}

// Cluster is a running cluster. It is safe for concurrent use.
type Cluster struct {
	options Options
	nodes   []*node
	trusted *x509.CertPool
}

// Start starts the servers and joins them. The context bounds the start alone.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{options: o, trusted: x509.NewCertPool()}
	if !c.trusted.AppendCertsFromPEM(o.Authority) {
		return nil, errors.New("starting Redis: the authority holds no certificate")
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := c.start(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("starting Redis: %w", err)
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := os.MkdirAll(c.options.Dir, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		certificateFile: c.options.Certificate,
		keyFile:         c.options.Key,
		authorityFile:   c.options.Authority,
	} {
		if err := os.WriteFile(filepath.Join(c.options.Dir, name), content, 0o600); err != nil {
			return err
		}
	}
	// All are made before the first is started: a server that ends at once makes its node look at
	// the others.
	for _, place := range c.options.Places {
		c.nodes = append(c.nodes, &node{Place: place, cluster: c, tokens: c.options.Tokens})
	}
	for _, n := range c.nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	for _, n := range c.nodes {
		if err := c.until(ctx, n, func(r *redis.Client) error { return r.Ping(ctx).Err() }); err != nil {
			return err
		}
	}
	return c.join(ctx)
}

// join gives each shard's first node its slots, makes the nodes known to each other, and the others
// replicas.
func (c *Cluster) join(ctx context.Context) error {
	primaries := map[int]*node{}
	for _, n := range c.nodes {
		if primaries[n.Shard] == nil {
			primaries[n.Shard] = n
		}
	}
	for shard, n := range primaries {
		first, last := slots*(shard-1)/len(primaries), slots*shard/len(primaries)-1
		if err := n.do(
			ctx,
			func(r *redis.Client) error { return r.ClusterAddSlotsRange(ctx, first, last).Err() },
		); err != nil {
			return fmt.Errorf("giving %s the slots %d to %d: %w", n.Name, first, last, err)
		}
	}
	for _, n := range c.nodes[1:] {
		err := c.nodes[0].do(
			ctx,
			func(r *redis.Client) error { return r.ClusterMeet(ctx, n.Address.String(), strconv.Itoa(Port)).Err() },
		)
		if err != nil {
			return fmt.Errorf("introducing %s: %w", n.Name, err)
		}
	}
	for _, n := range c.nodes {
		primary := primaries[n.Shard]
		if n == primary {
			continue
		}
		id, err := primary.id(ctx)
		if err != nil {
			return err
		}
		// It is refused until the node has heard of its primary.
		if err := c.until(
			ctx,
			n,
			func(r *redis.Client) error { return r.ClusterReplicate(ctx, id).Err() },
		); err != nil {
			return err
		}
	}
	return c.waitUntilComplete(ctx)
}

// waitUntilComplete waits until every node knows a server for each slot, and every replica follows
// its primary.
func (c *Cluster) waitUntilComplete(ctx context.Context) error {
	for _, n := range c.nodes {
		err := c.until(ctx, n, func(r *redis.Client) error {
			text, err := r.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(text, "cluster_state:ok") ||
				!strings.Contains(text, fmt.Sprintf("cluster_known_nodes:%d\r", len(c.nodes))) {
				return errors.Join(fmt.Errorf("waiting for a complete cluster: a node reports %.80q", text), err)
			}
			_, err = role(ctx, r)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// until repeats a call to a node until it succeeds. The server must run meanwhile.
func (c *Cluster) until(ctx context.Context, n *node, ask func(*redis.Client) error) error {
	err := poll.Until(ctx, func() error {
		select {
		case <-n.ended():
			return poll.GiveUp(fmt.Errorf("the server ended: %s", n.tail()))
		default:
			return n.do(ctx, ask)
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", n.Name, errors.Join(ctx.Err(), err))
	}
	return nil
}

// SetTokens makes these what AUTH takes. Clients that are logged in stay logged in, as with
// ElastiCache (user guide, "Authenticating with the Redis OSS AUTH command").
func (c *Cluster) SetTokens(ctx context.Context, tokens []string) error {
	for _, n := range c.nodes {
		if err := n.setTokens(ctx, tokens); err != nil {
			return fmt.Errorf("setting the tokens of %s: %w", n.Name, err)
		}
	}
	return nil
}

// Node describes a running node for callers.
type Node struct {
	Place
	// Primary is false for a replica, and for a node that does not answer.
	Primary bool
	// Answers is false while a node is away, or has not loaded what its primary has.
	Answers bool
	// Process is the server's; 0 while none runs.
	Process int
}

// Nodes returns all nodes as they are now, in the order of their places.
func (c *Cluster) Nodes(ctx context.Context) []Node {
	var found []Node
	for _, n := range c.nodes {
		one := Node{Place: n.Place, Process: n.process()}
		one.Answers = n.do(
			ctx,
			func(r *redis.Client) (err error) { one.Primary, err = role(ctx, r); return err },
		) == nil
		found = append(found, one)
	}
	return found
}

// Places returns the places of all nodes.
func (c *Cluster) Places() []Place { return c.options.Places }

// Close ends all servers.
func (c *Cluster) Close() {
	for _, n := range c.nodes {
		n.stop()
	}
}

// role reports whether a node is a primary. A replica that does not follow its primary yet is an
// error.
func role(ctx context.Context, r *redis.Client) (primary bool, err error) {
	answer, err := r.Do(ctx, "ROLE").Slice()
	if err != nil {
		return false, err
	}
	if answer[0] == "master" {
		return true, nil
	}
	if state := answer[3]; state != "connected" {
		return false, fmt.Errorf("a replica whose link to its primary is %q", state)
	}
	return false, nil
}

func (c *Cluster) tls(name string) *tls.Config {
	return &tls.Config{RootCAs: c.trusted, ServerName: name, MinVersion: tls.VersionTLS12}
}

func hostPort(address netip.Addr) string {
	return net.JoinHostPort(address.String(), strconv.Itoa(Port))
}
