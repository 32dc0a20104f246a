// Package flowguard gives real processes the network of a machine in a VPC, without privileges:
// which TCP connections they may open is asked for each, those that are let through leave from the
// machine's own address, and those that are not get no answer, as behind a security group (VPC user
// guide, "Security groups": what no rule allows is dropped).
//
// It works by seccomp's user notifications (seccomp_unotify(2)), for all addresses of 127.0.0.0/8
// on one Linux host. Only connect(2), and bind(2) where that is asked for, are looked at, so data
// passes at full speed. It is a model of a network, not a cell: a process that means to get around
// it can (between the look at an address and the kernel's own; by sendto(2) with MSG_FASTOPEN, or
// io_uring).
//
// A dropped connection is really tried, against a socket that drops all that it gets: a client's
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

// Options say whose connections a guard looks after.
type Options struct {
	// Source is the machine's IPv4 address: connections that are let through come from it, unless
	// the process has bound its socket. Connections to Source itself never leave a machine: they
	// are let through.
	Source netip.Addr
	// Network is the range in which connections are judged; those to other addresses are let
	// through as they are.
	Network netip.Prefix
	// Decide says whether a process may connect to an address of Network: nil, or an error, of
	// which the process sees nothing. It is called by several goroutines at once; the process waits
	// for it.
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

// Match says of a TCP socket of a guarded process, by the addresses of its two sides, whether it is
// meant.
type Match func(local, remote netip.AddrPort) bool

// errClosed is the answer of a guard after Close.
var errClosed = errors.New("the guard is closed")
