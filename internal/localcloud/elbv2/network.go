// How a running network load balancer starts and stops: it has one node in each zone, which
// forwards only to healthy targets of that zone, with AWS's delays on the scaled clock.
package elbv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// propagation is how long new connections still go to a target that is known to be unhealthy: 30 to
// 40 s (facts, "AWS"), here the middle.
const propagation = 35 * time.Second

// balancer is one running TCP listener of a network load balancer.
type balancer struct {
	cloud    *cloud.Cloud
	listener cloud.Record
	dnsName  string
	affinity bool
	nodes    []*node
	stop     context.CancelFunc
	running  sync.WaitGroup

	targetGroup *targetGroup

	mu    sync.Mutex
	pipes map[net.Conn]string // open connections, with the target of each
}

// node is the address of a load balancer in one zone.
type node struct {
	zone    string
	address netip.Addr
	socket  net.Listener
}

func openNetwork(c *cloud.Cloud, owner cloud.Record, nodes []*node, listener cloud.Record) error {
	b := &balancer{
		cloud:    c,
		listener: listener,
		dnsName:  owner.Str("dnsName"),
		nodes:    nodes,
		affinity: owner.Str("dnsRecordClientRoutingPolicy") == "availability_zone_affinity",
		pipes:    map[net.Conn]string{},
	}
	action, err := actionOf(listener)
	if err != nil {
		return err
	}
	for group := range action.weights {
		b.targetGroup = newTargetGroup(
			c,
			group,
			func(t target, port int) (*net.Dialer, error) { return b.dialer(t.zone, t.Address, port) },
		)
	}
	port := int(cloud.Number(listener.Get("port")))
	for _, f := range b.nodes {
		socket, err := net.Listen("tcp", netip.AddrPortFrom(f.address, uint16(port)).String())
		if err != nil {
			return errors.Join(fmt.Errorf("opening the load balancer's node in %s: %w", f.zone, err), b.close())
		}
		f.socket = socket
	}
	b.start()
	balancers.Of(c).Set(listener.ID, b)
	return nil
}

func (b *balancer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	b.running.Go(func() { b.targetGroup.watch(ctx) })
	for _, f := range b.nodes {
		b.running.Go(func() { b.accept(f) })
	}
}

// close closes the nodes and every connection through them.
func (b *balancer) close() error {
	var errs []error
	if b.stop != nil {
		b.stop()
	}
	for _, f := range b.nodes {
		if f.socket != nil {
			errs = append(errs, f.socket.Close())
		}
	}
	b.mu.Lock()
	open := slices.Collect(maps.Keys(b.pipes))
	b.mu.Unlock()
	for _, connection := range open {
		_ = connection.Close() // it is being ended, whatever its state
	}
	b.running.Wait()
	return errors.Join(errs...)
}

// dialer returns a dialer from the node of a zone to a target, if the security groups allow it.
func (b *balancer) dialer(zone string, to netip.Addr, port int) (*net.Dialer, error) {
	i := slices.IndexFunc(b.nodes, func(f *node) bool { return f.zone == zone })
	if i < 0 {
		return nil, fmt.Errorf("the load balancer has no node in zone %q", zone)
	}
	if err := ec2.CheckConnection(b.cloud, b.nodes[i].address, to, port); err != nil {
		return nil, err
	}
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: b.nodes[i].address.AsSlice()}}, nil
}
