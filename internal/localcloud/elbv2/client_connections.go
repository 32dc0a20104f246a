// Connections that a client in this process makes through a network load balancer. AWS's forwards
// packets and ends no connection of its own (Network Load Balancers, "What is a Network Load
// Balancer?": it works at the connection level and routes each flow to one target), so such a
// client gets its target's connection itself: chosen, refused and ended as any other, without a
// copy of every byte in between.
package elbv2

import (
	"context"
	"net"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// flow is a client's end of a connection to a target, until either ends it.
type flow struct {
	net.Conn
	balancer *balancer
}

// Close ends the flow.
func (f *flow) Close() error {
	f.balancer.release(f)
	return f.Conn.Close()
}

// nodeAt finds the load balancer that listens on an address; nil if none does.
func nodeAt(c *cloud.Cloud, address netip.Addr, port int) (*balancer, *node) {
	for _, b := range balancers.Of(c).All() {
		for _, f := range b.nodes {
			if f.address == address && int(cloud.Number(b.listener.Get("port"))) == port {
				return b, f
			}
		}
	}
	return nil, nil
}

// open begins a flow from a client that the security groups let in.
func (b *balancer) open(ctx context.Context, f *node) (net.Conn, error) {
	server, target, err := b.connect(ctx, f)
	if err != nil {
		return nil, err
	}
	opened := &flow{server, b}
	b.hold(opened, target)
	return opened, nil
}
