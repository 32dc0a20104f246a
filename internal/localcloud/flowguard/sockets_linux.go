// How connections of guarded processes go silent for a while, and how their sockets are found.

package flowguard

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// blackhole is a listening socket that drops every packet: to connect to it is to wait for an
// answer.
type blackhole struct {
	fd      int
	address unix.SockaddrInet4
}

func openBlackhole() (*blackhole, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the socket that never answers: %w", err)
	}
	hole := &blackhole{fd: fd}
	err = errors.Join(silence(fd), unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0))
	if err == nil {
		hole.address, err = nameOf(fd)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the socket that never answers: %w", err), hole.close())
	}
	return hole, nil
}

func nameOf(socket int) (unix.SockaddrInet4, error) {
	name, err := unix.Getsockname(socket)
	if ip4, ok := name.(*unix.SockaddrInet4); ok && err == nil {
		return *ip4, nil
	}
	return unix.SockaddrInet4{}, errors.Join(errors.New("asking a socket for its IPv4 address"), err)
}

// take makes a socket that does not block try to connect; the error says that it goes on trying.
func (b *blackhole) take(socket int) error {
	address := b.address // the call writes to it
	return unix.Connect(socket, &address)
}

func (b *blackhole) close() error { return unix.Close(b.fd) }

// Packets on one host come with the time to live that they began with, which is 64 unless a process
// sets it (ip(7), IP_TTL).
const (
	leastTimeToLive = 255
	anyTimeToLive   = 0
)

// silence makes a socket drop every packet that it gets, as none has come with the longest time to
// live (ip(7), IP_MINTTL): the other side sees no acknowledgement and no end, as over a broken
// network. A filter of SO_ATTACH_FILTER would do the same, but is not for everybody on every host.
func silence(socket int) error {
	return unix.SetsockoptInt(socket, unix.IPPROTO_IP, unix.IP_MINTTL, leastTimeToLive)
}

// Silence makes the connections that match lose every packet that they get, until Hear. Both sides'
// guards must do it to lose those of both ways. It returns their number.
func (g *Guard) Silence(match Match) (int, error) { return g.each(match, silence) }

// Hear ends the silence of the connections that match: what was lost meanwhile is sent again by
// TCP.
func (g *Guard) Hear(match Match) (int, error) {
	return g.each(match, func(socket int) error {
		return unix.SetsockoptInt(socket, unix.IPPROTO_IP, unix.IP_MINTTL, anyTimeToLive)
	})
}

// each calls do for every connected TCP socket of the guarded processes that matches.
func (g *Guard) each(match Match, do func(socket int) error) (int, error) {
	processes, err := g.processes()
	if err != nil {
		return 0, err
	}
	found := 0
	var errs []error
	for _, process := range processes {
		for _, fd := range sockets(process) {
			socket, err := borrow(process, fd)
			if err != nil {
				continue // it was closed meanwhile
			}
			if local, remote, ok := ends(socket); ok && match(local, remote) {
				found++
				if err := do(socket); err != nil {
					errs = append(
						errs,
						fmt.Errorf(
							"reaching the connection of process %d from %s to %s: %w",
							process,
							local,
							remote,
							err,
						),
					)
				}
			}
			_ = unix.Close(socket) // the process has its own descriptor
		}
	}
	return found, errors.Join(errs...)
}

// processes returns the processes under this guard.
func (g *Guard) processes() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing the guarded processes: %w", err)
	}
	mark := []byte(environmentMark + "=" + g.mark)
	var found []int
	for _, entry := range entries {
		process, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// A process that has ended, or belongs to another user, is not under this guard.
		environment, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", process))
		if bytes.Contains(environment, mark) {
			found = append(found, process)
		}
	}
	return found, nil
}

// sockets returns the socket descriptors of a process; none if it has ended.
func sockets(process int) []int {
	folder := fmt.Sprintf("/proc/%d/fd", process)
	entries, _ := os.ReadDir(folder)
	var found []int
	for _, entry := range entries {
		target, _ := os.Readlink(folder + "/" + entry.Name())
		if fd, err := strconv.Atoi(entry.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			found = append(found, fd)
		}
	}
	return found
}

// borrow returns a descriptor of our own for a process's file. The caller closes it.
func borrow(process, fd int) (int, error) {
	handle, err := unix.PidfdOpen(process, 0)
	if err != nil {
		return 0, fmt.Errorf("opening process %d: %w", process, err)
	}
	defer unix.Close(handle) //nolint:errcheck // nothing was written
	own, err := unix.PidfdGetfd(handle, fd, 0)
	if err != nil {
		return 0, fmt.Errorf("getting descriptor %d of process %d: %w", fd, process, err)
	}
	return own, nil
}

// ends returns the two addresses of a connected TCP socket; false for any other socket.
func ends(socket int) (local, remote netip.AddrPort, ok bool) {
	kind, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_STREAM {
		return local, remote, false
	}
	near, nearErr := unix.Getsockname(socket)
	far, farErr := unix.Getpeername(socket)
	if nearErr != nil || farErr != nil {
		return local, remote, false
	}
	local, remote = addressOf(near), addressOf(far)
	return local, remote, local.IsValid() && remote.IsValid()
}

func addressOf(name unix.Sockaddr) netip.AddrPort {
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
