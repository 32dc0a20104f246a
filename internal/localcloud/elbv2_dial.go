// Connections from an address of the VPC: names are looked up, security groups decide, and load
// balancers lead on.
package localcloud

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// connectFrom connects from an address of the VPC. A name is looked up in the private zones; an
// address outside the VPC, such as the embedded AWS's own API, is reached as it is.
func (c *Cloud) connectFrom(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	destination, err := netip.ParseAddr(host)
	if err != nil {
		found, err := c.Resolve(host, c.ZoneOf(source))
		if err != nil {
			return nil, err
		}
		destination = found[0]
	}
	if strings.HasSuffix(c.APIURL(), address) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err := c.Allowed(source, destination, port); err != nil {
		// Security groups drop silently: what a caller sees is that nobody answers.
		<-ctx.Done()
		return nil, fmt.Errorf("connecting to %s: %w (%w)", address, ctx.Err(), err)
	}
	if balancer, node := c.nodeAt(destination, port); node != nil {
		return balancer.open(ctx, node)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	return dialer.DialContext(ctx, network, netip.AddrPortFrom(destination, uint16(port)).String())
}

// DialFrom connects from an address of the VPC (Attach).
func (c *Cloud) DialFrom(source netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return c.connectFrom(ctx, source, network, address)
	}
}
