// How guarded machines get ports of their own and a name server, although they share one host.

package flowguard

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// namePort is the port of name servers (RFC 1035, 4.2.1).
const namePort = 53

// everywhere reports whether an address means all addresses of a machine, or its loopback
// interface.
func everywhere(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsUnspecified() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback()
}

// bind gives a listening socket the machine's address for all addresses or the loopback
// interface's, and remembers the port.
func (g *Guard) bind(n *notification, address netip.AddrPort) {
	if !everywhere(address.Addr()) {
		g.pass(n)
		return
	}
	_, socket, kind, ok := g.meant(n)
	if !ok {
		return
	}
	defer unix.Close(socket) //nolint:errcheck // a second descriptor of the process's own socket
	if kind != unix.SOCK_STREAM {
		g.pass(n)
		return
	}
	err := unix.Bind(socket, addressFor(socket, netip.AddrPortFrom(g.options.Source, address.Port())))
	if err == nil {
		if port := portOf(socket); port != 0 {
			g.bound.Store(port, true)
		}
	}
	g.reply(n, errno(err))
}

// own answers a call that is about the machine's own loopback interface or its name server; false
// if it is about neither.
func (g *Guard) own(n *notification, address netip.AddrPort) bool {
	_, listens := g.bound.Load(address.Port())
	loopback := listens && everywhere(address.Addr())
	named := address.Port() == namePort && g.options.Resolver.IsValid()
	if !loopback && !named {
		return false
	}
	_, socket, kind, ok := g.meant(n)
	if !ok {
		return true
	}
	defer unix.Close(socket) //nolint:errcheck // a second descriptor of the process's own socket
	switch {
	case loopback && kind == unix.SOCK_STREAM:
		g.reply(
			n,
			errno(unix.Connect(socket, addressFor(socket, netip.AddrPortFrom(g.options.Source, address.Port())))),
		)
	case named && kind == unix.SOCK_DGRAM:
		g.reply(n, errno(unix.Connect(socket, addressFor(socket, g.options.Resolver))))
	default:
		g.pass(n)
	}
	return true
}

// addressFor is an IPv4 address as a socket of either family takes it.
func addressFor(socket int, a netip.AddrPort) unix.Sockaddr {
	if domain, err := unix.GetsockoptInt(
		socket,
		unix.SOL_SOCKET,
		unix.SO_DOMAIN,
	); err == nil &&
		domain == unix.AF_INET6 {
		return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

// portOf returns the port of a bound socket; 0 if it has none.
func portOf(socket int) uint16 {
	name, err := unix.Getsockname(socket)
	if err != nil {
		return 0
	}
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return uint16(a.Port)
	case *unix.SockaddrInet6:
		return uint16(a.Port)
	}
	return 0
}
