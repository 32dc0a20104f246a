// Whether guards work here is tried, not guessed: kernels and container profiles differ.

package flowguard

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// trialLimit is how long a shell may take for one connection on this host.
const trialLimit = 20 * time.Second

// Supported returns why guards do not work here; nil if they do. The first call decides for all. It
// starts a shell that connects.
var Supported = sync.OnceValue(func() error {
	source := netip.MustParseAddr("127.0.0.2")
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("trying whether connections can be guarded: %w", err)
	}
	defer listener.Close() //nolint:errcheck // it is over either way
	g, err := New(
		Options{
			Source:  source,
			Network: netip.MustParsePrefix("127.0.0.0/8"),
			Decide:  func(int, netip.AddrPort) error { return nil },
		},
	)
	if err == nil {
		err = errors.Join(tryConnection(g, listener.(*net.TCPListener), source), g.Close())
	}
	if err != nil {
		return fmt.Errorf("trying whether connections can be guarded: %w", err)
	}
	return nil
})

func tryConnection(g *Guard, listener *net.TCPListener, source netip.Addr) error {
	address := listener.Addr().(*net.TCPAddr)
	command := exec.Command("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", address.IP, address.Port))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := g.Start(command); err != nil {
		return fmt.Errorf("starting a shell: %w", err)
	}
	defer command.Wait()         //nolint:errcheck // what it did was seen
	defer command.Process.Kill() //nolint:errcheck // it may have ended
	if err := listener.SetDeadline(time.Now().Add(trialLimit)); err != nil {
		return err
	}
	connection, err := listener.Accept()
	if err != nil {
		return fmt.Errorf("waiting for the connection of a guarded shell: %w", err)
	}
	seen := netip.MustParseAddrPort(connection.RemoteAddr().String()).Addr()
	if err := connection.Close(); err != nil {
		return err
	}
	if seen != source {
		return fmt.Errorf(
			"a guarded shell connected from %s, not from its machine's address %s: its sockets cannot be reached "+
				"(pidfd_getfd(2), process_vm_readv(2))",
			seen,
			source,
		)
	}
	return nil
}
