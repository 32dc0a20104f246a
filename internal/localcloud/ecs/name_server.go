// The name server of the VPC: tasks resolve names with it, so that their own resolvers work as on
// Fargate.
package ecs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

// nameServers are the name servers of the VPC, by availability zone.
var nameServers = cloud.NewState(cloud.StopServers, nil, func(held *cloud.ByID[net.PacketConn]) error {
	var errs []error
	for _, server := range held.TakeAll() {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
})

// nameServer returns the address of the name server for a zone, and starts it if needed. It answers
// what route53.Resolve knows. Other names do not exist, because a rehearsal has no other network.
func nameServer(c *cloud.Cloud, zone string) (netip.AddrPort, error) {
	server, err := nameServers.Of(c).GetOrMake(zone, func() (net.PacketConn, error) {
		opened, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err == nil {
			go serveNames(c, opened, zone)
		}
		return opened, err
	})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("starting the name server of zone %s: %w", zone, err)
	}
	return server.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

// serveNames answers queries until the socket is closed. Like any name server, it ignores messages
// that are not queries.
func serveNames(c *cloud.Cloud, server net.PacketConn, zone string) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := server.ReadFrom(buffer)
		if err != nil {
			return
		}
		var message dnsmessage.Message
		if message.Unpack(buffer[:n]) != nil || len(message.Questions) != 1 {
			continue
		}
		if packed, err := AnswerQuery(c, message, zone); err == nil {
			_, _ = server.WriteTo(packed, from) // datagrams may be lost
		}
	}
}

// AnswerQuery returns the packed answer to a DNS query from a zone. A name that route53.Resolve
// does not know gets NXDOMAIN.
func AnswerQuery(c *cloud.Cloud, message dnsmessage.Message, zone string) ([]byte, error) {
	question := message.Questions[0]
	answer := dnsmessage.Message{Header: dnsmessage.Header{
		ID:                 message.ID,
		Response:           true,
		Authoritative:      true,
		RecursionDesired:   message.RecursionDesired,
		RecursionAvailable: true,
	}, Questions: message.Questions}
	addresses, err := route53.Resolve(c, question.Name.String(), zone)
	switch {
	case err != nil:
		answer.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		for _, address := range addresses {
			answer.Answers = append(answer.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{
					Name:  question.Name,
					Type:  dnsmessage.TypeA,
					Class: dnsmessage.ClassINET,
				},
				Body: &dnsmessage.AResource{A: address.As4()},
			})
		}
	}
	return answer.Pack()
}

// taskGuard gives a task its place in the VPC: its address, ports of its own, and the name server.
func taskGuard(c *cloud.Cloud, source netip.Addr) (*flowguard.Guard, error) {
	resolver, err := nameServer(c, ec2.ZoneOf(c, source))
	if err != nil {
		return nil, err
	}
	return ec2.NewGuard(c, source, flowguard.Options{OwnLoopback: true, Resolver: resolver})
}
