// How a client in this process connects through a network load balancer: it gets the connection to
// the target itself, so that no byte is copied in between. That is like AWS, where the load
// balancer forwards packets and terminates no connection (Network Load Balancers, "What is a
// Network Load Balancer?": it works at the connection level and routes each flow to one target).
package elbv2

import (
	"context"
	"net"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// flow is the client's end of a connection to a target, until either side closes it.
type flow struct {
	net.Conn
	balancer *balancer
}

// Close ends the flow.
func (f *flow) Close() error {
	f.balancer.release(f)
	return f.Conn.Close()
}

// nodeAt finds the load balancer and its node that listen on an address; nil if none does.
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

// open opens a flow for a client that the security groups allow.
func (b *balancer) open(ctx context.Context, f *node) (net.Conn, error) {
	server, target, err := b.connect(ctx, f)
	if err != nil {
		return nil, err
	}
	opened := &flow{server, b}
	b.hold(opened, target)
	return opened, nil
}
