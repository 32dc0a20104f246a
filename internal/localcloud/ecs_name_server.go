// The name server of the VPC, as tasks have it.
package localcloud

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServers are the VPC's, by zone.
var nameServers = newState(stopServers, nil, func(held *byID[net.PacketConn]) error {
	var errs []error
	for _, server := range held.takeAll() {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
})

// nameServer is the VPC's, as a zone sees it: it answers what Resolve knows. What it does not know
// does not exist, for a rehearsal has no other network.
func (c *Cloud) nameServer(zone string) (netip.AddrPort, error) {
	server, err := nameServers.of(c).getOrMake(zone, func() (net.PacketConn, error) {
		opened, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err == nil {
			go c.answerNames(opened, zone)
		}
		return opened, err
	})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("starting the name server of zone %s: %w", zone, err)
	}
	return server.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

// answerNames answers until the socket is closed. What is no question gets no answer, as from any
// server.
func (c *Cloud) answerNames(server net.PacketConn, zone string) {
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
		if packed, err := c.nameAnswer(message, zone); err == nil {
			_, _ = server.WriteTo(packed, from) // datagrams may be lost
		}
	}
}

func (c *Cloud) nameAnswer(message dnsmessage.Message, zone string) ([]byte, error) {
	question := message.Questions[0]
	answer := dnsmessage.Message{Header: dnsmessage.Header{
		ID:                 message.ID,
		Response:           true,
		Authoritative:      true,
		RecursionDesired:   message.RecursionDesired,
		RecursionAvailable: true,
	}, Questions: message.Questions}
	addresses, err := c.Resolve(question.Name.String(), zone)
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

// taskGuard gives a task its place in the VPC: its address, its own ports, and the VPC's name
// server.
func (c *Cloud) taskGuard(source netip.Addr) (*flowguard.Guard, error) {
	resolver, err := c.nameServer(c.ZoneOf(source))
	if err != nil {
		return nil, err
	}
	return c.guardOf(source, flowguard.Options{OwnLoopback: true, Resolver: resolver})
}
