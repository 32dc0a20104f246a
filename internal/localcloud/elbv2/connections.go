// Which target of a network load balancer gets a connection, and how its bytes are forwarded.
package elbv2

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

// accept accepts connections at a node until it is closed.
func (b *balancer) accept(f *node) {
	for {
		connection, err := f.socket.Accept()
		if err != nil {
			return
		}
		b.running.Go(func() { b.pass(f, connection) })
	}
}

// pass forwards one connection to a target of the node's zone. A client outside the VPC, or one
// that the security groups refuse, gets no answer.
func (b *balancer) pass(f *node, client net.Conn) {
	defer client.Close() //nolint:errcheck // the other side may have closed it first
	remote, err := netip.ParseAddrPort(client.RemoteAddr().String())
	if err != nil ||
		ec2.CheckConnection(
			b.cloud,
			remote.Addr().Unmap(),
			f.address,
			int(cloud.Number(b.listener.Get("port"))),
		) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server, target, err := b.connect(ctx, f)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // as above
	b.hold(client, target)
	defer b.release(client)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			_, _ = io.Copy(way[0], way[1]) // a connection that breaks ends both ways
			if half, ok := way[0].(*net.TCPConn); ok {
				_ = half.CloseWrite()
			}
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

// connect connects a node to a target of its zone.
func (b *balancer) connect(ctx context.Context, f *node) (net.Conn, netip.Addr, error) {
	chosen, ok := b.choose(f.zone)
	if !ok {
		return nil, netip.Addr{}, fmt.Errorf("connecting to the load balancer in %s: it has no target there", f.zone)
	}
	dialer, err := b.dialer(f.zone, chosen.Address, chosen.port)
	if err != nil {
		return nil, netip.Addr{}, err
	}
	server, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(chosen.Address, uint16(chosen.port)).String())
	return server, chosen.Address, err
}

func (b *balancer) hold(client net.Conn, target netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pipes[client] = target.String()
}

func (b *balancer) release(client net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pipes, client)
}

// choose picks a target of a zone: a healthy one, or one that became unhealthy so recently that the
// zone does not know. If no target of any zone is healthy, it picks any (fail open: Network Load
// Balancers, "Health checks for your target groups").
func (b *balancer) choose(zone string) (target, bool) {
	var own, healthy, all []target
	for _, t := range b.targetGroup.Snapshot() {
		fresh := !t.Initial && time.Since(t.since) < b.cloud.Scaled(propagation)
		if t.Healthy {
			healthy = append(healthy, t)
		}
		if t.zone != zone {
			continue
		}
		all = append(all, t)
		if t.Healthy || fresh {
			own = append(own, t)
		}
	}
	if len(own) == 0 && len(healthy) == 0 {
		own = all
	}
	if len(own) == 0 {
		return target{}, false
	}
	return own[rand.IntN(len(own))], true
}

var _ = route53.RegisterRunningNames(balancerAddresses)

// balancerAddresses resolves the name of a load balancer for a query from a zone: to the nodes with
// a healthy target in their zone, or to all nodes if no target is healthy. A load balancer without
// a listener has no addresses.
func balancerAddresses(c *cloud.Cloud, host, zone string) []netip.Addr {
	for _, b := range balancers.Of(c).All() {
		if b.dnsName == host {
			return b.addressesFor(zone)
		}
	}
	for _, b := range applications.Of(c).All() {
		if b.owner.Str("dnsName") == host {
			return b.addresses()
		}
	}
	return nil
}

func (b *balancer) addressesFor(zone string) []netip.Addr {
	healthy := map[string]bool{}
	for _, t := range b.targetGroup.Snapshot() {
		if t.Healthy {
			healthy[t.zone] = true
		}
	}
	var all, good []netip.Addr
	for _, f := range b.nodes {
		all = append(all, f.address)
		if !healthy[f.zone] {
			continue
		}
		if b.affinity && f.zone == zone {
			return []netip.Addr{f.address}
		}
		good = append(good, f.address)
	}
	if len(good) == 0 {
		good = all
	}
	rand.Shuffle(len(good), func(i, j int) { good[i], good[j] = good[j], good[i] })
	return good
}
