// Package flowguard gives real processes the network of a machine in a VPC, without privileges:
// Options.Decide decides on each TCP connection. Allowed ones leave from the machine's own address,
// and the others get no answer, as behind a security group (VPC user
// guide, "Security groups": what no rule allows is dropped).
//
// It works by seccomp's user notifications (seccomp_unotify(2)), for all addresses of 127.0.0.0/8
// on one Linux host. Only connect(2), and bind(2) if configured, are intercepted, so data
// passes at full speed. It is a model of a network, not a cell: a process that wants to evade
// it can (between the look at an address and the kernel's own; by sendto(2) with MSG_FASTOPEN, or
// io_uring).
//
// A dropped connection is really attempted, to a socket that drops all that it gets: a client's
// own timeout passes as in a VPC. While it waits, the kernel names that socket's address as the
// peer. A client whose socket blocks waits Options.Timeout.
//
// UDP, but for questions to name servers (Options.Resolver), IPv6 and Unix sockets are let through.
package flowguard

import (
	"errors"
	"net/netip"
	"time"
)

// Options configure a guard.
type Options struct {
	// Source is the machine's IPv4 address: connections that are let through come from it, unless
	// the process has bound its socket. Connections to Source itself never leave a machine: they
	// are let through.
	Source netip.Addr
	// Network is the range for which Decide is called. Connections to other addresses are allowed
	// unchanged.
	Network netip.Prefix
	// Decide returns nil if a process may connect to an address of Network. The process never sees
	// the error. Several goroutines call Decide at once, and the process waits for it.
	Decide func(process int, destination netip.AddrPort) error
	// OwnLoopback gives the machine its ports to itself: what a process binds to all addresses or
	// to the loopback interface, it binds to Source, and what it then opens to 127.0.0.1 at such a
	// port goes there. So many machines on one host may listen on port 8080.
	OwnLoopback bool
	// Resolver is where questions to name servers go: datagrams for port 53. The zero value leaves
	// them as they are.
	Resolver netip.AddrPort
	// Timeout is how long a dropped connection hangs that a process opens with a blocking socket,
	// before ETIMEDOUT. Default 127 s: tcp(7), tcp_syn_retries, "with the default … 127 seconds".
	Timeout time.Duration
}

const defaultTimeout = 127 * time.Second

// Match reports whether a TCP socket of a guarded process is selected, by the addresses of its two
// sides.
type Match func(local, remote netip.AddrPort) bool

// errClosed is the error of a guard after Close.
var errClosed = errors.New("the guard is closed")
