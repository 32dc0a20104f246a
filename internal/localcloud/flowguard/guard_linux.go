// How a guard works: a thread starts processes under a filter, and a goroutine answers their calls.

package flowguard

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bodybroker/platform/internal/localcloud/dispositions"
)

// Guard looks after the processes that it starts, and after their children.
type Guard struct {
	options   Options
	blackhole *blackhole
	// notifications is the descriptor from which the kernel reports calls that wait for an answer.
	notifications *os.File
	// mark is in the environment of the processes.
	mark       string
	starts     chan start
	closed     chan struct{}
	closeOnce  sync.Once
	closeError error
	running    sync.WaitGroup
	bound      sync.Map // ports that were bound to the machine's own address, with OwnLoopback
}

// environmentMark is the variable by which a guard finds its processes again; one that empties its
// environment is guarded, but its connections are not found by Silence and Hear.
const environmentMark = "FLOW_GUARD"

type start struct {
	command *exec.Cmd
	result  chan error
}

// New creates a guard. The caller closes it.
func New(o Options) (*Guard, error) {
	if !o.Source.Is4() || !o.Network.Addr().Is4() || o.Decide == nil {
		return nil, fmt.Errorf(
			"guarding the connections of %s in %s: both must be IPv4, and Decide must be set",
			o.Source,
			o.Network,
		)
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	hole, err := openBlackhole()
	if err != nil {
		return nil, fmt.Errorf("guarding the connections of %s: %w", o.Source, err)
	}
	g := &Guard{
		options:   o,
		blackhole: hole,
		mark:      rand.Text(),
		starts:    make(chan start),
		closed:    make(chan struct{}),
	}
	ready := make(chan error)
	go g.launch(ready)
	if err := <-ready; err != nil {
		return nil, errors.Join(fmt.Errorf("guarding the connections of %s: %w", o.Source, err), hole.close())
	}
	g.running.Go(g.listen)
	return g, nil
}

// launch puts a filter on a thread of its own, which its children inherit, and starts them from
// there. The thread is never given back: it ends with the guard, and what was started to die with
// its parent thread (Pdeathsig) dies then. The runtime makes no other thread from a locked one.
func (g *Guard) launch(ready chan<- error) {
	runtime.LockOSThread()
	calls := []uint32{unix.SYS_CONNECT}
	if g.options.OwnLoopback {
		calls = append(calls, unix.SYS_BIND)
	}
	fd, err := installFilter(calls...)
	if err == nil {
		g.notifications = os.NewFile(uintptr(fd), "seccomp notifications")
	}
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case <-g.closed:
			return
		case s := <-g.starts:
			s.result <- s.command.Start()
		}
	}
}

// Start is command.Start under the guard. It sets no_new_privs: a program that changes its user
// (sudo) does not there.
func (g *Guard) Start(command *exec.Cmd) error {
	dispositions.DefaultInChildren()
	command.Env = append(command.Environ(), environmentMark+"="+g.mark)
	s := start{command, make(chan error, 1)}
	select {
	case <-g.closed:
		return errClosed
	case g.starts <- s:
		return <-s.result
	}
}

// Close ends the guard. Processes that still run cannot connect any more (ENOSYS); those with
// Pdeathsig get their signal.
func (g *Guard) Close() error {
	g.closeOnce.Do(func() {
		close(g.closed)
		g.closeError = g.notifications.Close()
		g.running.Wait()
		g.closeError = errors.Join(g.closeError, g.blackhole.close())
	})
	return g.closeError
}

// listen takes notifications until the guard is closed, and answers each in a goroutine of its own.
func (g *Guard) listen() {
	raw, err := g.notifications.SyscallConn()
	for err == nil {
		var n notification
		received := false
		err = raw.Read(func(fd uintptr) bool {
			if !pending(int(fd)) {
				return false
			}
			received = receive(int(fd), &n)
			return true
		})
		if err == nil && received {
			g.running.Go(func() { g.handle(&n) })
		}
	}
}

// handle allows, answers or drops one call.
func (g *Guard) handle(n *notification) {
	destination, ok := n.destination()
	if ok && n.number == unix.SYS_BIND {
		g.bind(n, destination)
		return
	}
	if ok && g.own(n, destination) {
		return
	}
	if !ok || destination.Addr() == g.options.Source || !g.options.Network.Contains(destination.Addr()) {
		g.pass(n)
		return
	}
	process, socket, kind, ok := g.meant(n)
	if !ok {
		return
	}
	defer unix.Close(socket) //nolint:errcheck // a second descriptor of the process's own socket
	if kind != unix.SOCK_STREAM {
		g.pass(n)
		return
	}
	if err := g.options.Decide(process, destination); err != nil {
		g.drop(n, socket)
		return
	}
	if err := bindTo(socket, g.options.Source); err != nil {
		g.reply(n, errno(err))
		return
	}
	g.pass(n)
}

// meant borrows the socket that a call is about; not ok: the call was let through, for the kernel
// says itself that the process has ended or that the descriptor is none.
func (g *Guard) meant(n *notification) (process, socket, kind int, ok bool) {
	process, socket, err := n.socket()
	if err != nil {
		g.pass(n)
		return 0, 0, 0, false
	}
	kind, err = unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || !g.waits(n) {
		_ = unix.Close(socket) // a second descriptor of the process's own socket
		g.pass(n)
		return 0, 0, 0, false
	}
	return process, socket, kind, true
}

// bindTo gives a socket without an address the machine's. The kernel chooses the port when it knows
// the other side (ip(7), IP_BIND_ADDRESS_NO_PORT), so that connections to different servers may
// share one.
func bindTo(socket int, source netip.Addr) error {
	name, err := unix.Getsockname(socket)
	if err != nil {
		return err
	}
	if local, ok := name.(*unix.SockaddrInet4); !ok || local.Addr != [4]byte{} || local.Port != 0 {
		return nil
	}
	if err := unix.SetsockoptInt(socket, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	return unix.Bind(socket, &unix.SockaddrInet4{Addr: source.As4()})
}
