// Network load balancers that pass connections on: one front in each zone, behind which only the
// zone's own healthy targets stand, with AWS's delays on the scaled clock.
package localcloud

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
)

// propagation is how long new connections still go to a target that is known to be unhealthy:
// 30 to 40 s (facts, "AWS"): the middle.
const propagation = 35 * time.Second

// balancer is one TCP listener of a network load balancer.
type balancer struct {
	cloud    *Cloud
	alive    *alive
	listener Record
	dnsName  string
	affinity bool
	fronts   []*front
	stop     context.CancelFunc
	running  sync.WaitGroup

	pool *pool

	mu    sync.Mutex
	pipes map[net.Conn]string // open connections and the target they lead to
}

// front is the load balancer's address in one zone.
type front struct {
	zone    string
	address netip.Addr
	socket  net.Listener
}

func openNetwork(c *Cloud, owner Record, fronts []*front, listener Record) error {
	b := &balancer{
		cloud:    c,
		alive:    c.life(),
		listener: listener,
		dnsName:  owner.str("dnsName"),
		fronts:   fronts,
		affinity: owner.str("dnsRecordClientRoutingPolicy") == "availability_zone_affinity",
		pipes:    map[net.Conn]string{},
	}
	action, err := actionOf(listener)
	if err != nil {
		return err
	}
	for group := range action.weights {
		b.pool = newPool(
			c,
			b.alive.Scale,
			group,
			func(t target, port int) (*net.Dialer, error) { return b.dialer(t.zone, t.address, port) },
		)
	}
	port := int(number(listener.Get("port")))
	for _, f := range b.fronts {
		socket, err := net.Listen("tcp", netip.AddrPortFrom(f.address, uint16(port)).String())
		if err != nil {
			return errors.Join(fmt.Errorf("opening the load balancer's front in %s: %w", f.zone, err), b.close())
		}
		f.socket = socket
	}
	b.start()
	b.alive.mu.Lock()
	defer b.alive.mu.Unlock()
	b.alive.balancers[listener.ID] = b
	return nil
}

func (b *balancer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	b.running.Go(func() { b.pool.watch(ctx) })
	for _, f := range b.fronts {
		b.running.Go(func() { b.accept(f) })
	}
}

// close ends the fronts and every connection through them.
func (b *balancer) close() error {
	var errs []error
	if b.stop != nil {
		b.stop()
	}
	for _, f := range b.fronts {
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

// dialer connects from the front of a zone, if the security groups let it.
func (b *balancer) dialer(zone string, to netip.Addr, port int) (*net.Dialer, error) {
	i := slices.IndexFunc(b.fronts, func(f *front) bool { return f.zone == zone })
	if i < 0 {
		return nil, fmt.Errorf("the load balancer has no front in zone %q", zone)
	}
	if err := b.cloud.Allowed(b.fronts[i].address, to, port); err != nil {
		return nil, err
	}
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: b.fronts[i].address.AsSlice()}}, nil
}
