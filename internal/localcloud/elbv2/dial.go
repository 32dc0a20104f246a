// How clients connect from an address of the VPC: names are resolved there, security groups decide,
// and load balancers forward.
package elbv2

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

// ConnectFrom connects from an address of the VPC. Names are resolved in the private zones. An
// address outside the VPC, such as the embedded AWS's own API, is reached as it is.
func ConnectFrom(c *cloud.Cloud, ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
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
		found, err := route53.Resolve(c, host, ec2.ZoneOf(c, source))
		if err != nil {
			return nil, err
		}
		destination = found[0]
	}
	if strings.HasSuffix(awsapi.APIURL(c), address) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err := ec2.CheckConnection(c, source, destination, port); err != nil {
		// Security groups drop silently: the caller gets no answer.
		<-ctx.Done()
		return nil, fmt.Errorf("connecting to %s: %w (%w)", address, ctx.Err(), err)
	}
	if balancer, node := nodeAt(c, destination, port); node != nil {
		return balancer.open(ctx, node)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	return dialer.DialContext(ctx, network, netip.AddrPortFrom(destination, uint16(port)).String())
}

// DialFrom returns a dial function that connects from an address of the VPC (ec2.Attach).
func DialFrom(c *cloud.Cloud, source netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return ConnectFrom(c, ctx, source, network, address)
	}
}
