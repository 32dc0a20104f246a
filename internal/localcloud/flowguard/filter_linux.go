// The kernel's side of a guard: the filter, and the notifications of include/uapi/linux/seccomp.h.

package flowguard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// architectures name the numbering of system calls, by Go's names. Calls of another numbering (32
// bit) are let through.
var architectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// notification is struct seccomp_notif with its struct seccomp_data.
type notification struct {
	id                 uint64
	thread, flags      uint32
	number             int32
	architecture       uint32
	instructionPointer uint64
	arguments          [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// idValid is SECCOMP_IOCTL_NOTIF_ID_VALID: _IOW('!', 2, __u64).
const idValid = 0x40082102

// installFilter puts the filter on the calling thread and returns the descriptor of its
// notifications.
func installFilter(calls ...uint32) (int, error) {
	architecture, known := architectures[runtime.GOARCH]
	if !known {
		return 0, fmt.Errorf("the numbers of system calls on %s are not known here", runtime.GOARCH)
	}
	// struct seccomp_data begins with the call's number, then the architecture.
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 4},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: architecture, Jf: uint8(1 + len(calls))},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
	}
	for i, call := range calls {
		program = append(
			program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jt: uint8(len(calls) - i)},
		)
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("setting no_new_privs: %w", err)
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	// Before Linux 5.19 any signal interrupts a call that waits; it then begins anew.
	for _, more := range []uintptr{unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0} {
		fd, _, failed := unix.Syscall(
			unix.SYS_SECCOMP,
			unix.SECCOMP_SET_MODE_FILTER,
			flags|more,
			uintptr(unsafe.Pointer(&filter)),
		)
		if failed == 0 {
			// Only then does the runtime wait for it without a thread of its own.
			return int(fd), unix.SetNonblock(int(fd), true)
		}
		if failed != unix.EINVAL || more == 0 {
			return 0, fmt.Errorf("installing a seccomp filter with notifications: %w; "+
				"it needs Linux 5.6 and a container profile that permits seccomp(2), and no other filter with "+
				"notifications", failed)
		}
	}
	panic("unreachable")
}

// pending reports whether a notification can be taken without waiting.
func pending(fd int) bool {
	ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return err == nil && ready > 0
}

// receive takes a notification; false if its process has ended meanwhile.
func receive(fd int, n *notification) bool {
	_, _, failed := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(n)))
	return failed == 0
}

// waits reports whether the process still waits for this answer. Only then was the data that was
// read from it its own.
func (g *Guard) waits(n *notification) bool {
	return g.control(idValid, unsafe.Pointer(&n.id)) == nil
}

// pass lets the call go on as it was made.
func (g *Guard) pass(n *notification) {
	// An error says that the process has ended or the guard was closed: no process waits.
	_ = g.control(
		unix.SECCOMP_IOCTL_NOTIF_SEND,
		unsafe.Pointer(&response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}),
	)
}

// reply ends the call with an error, or with success for 0.
func (g *Guard) reply(n *notification, e unix.Errno) {
	// As in pass.
	_ = g.control(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&response{id: n.id, errno: -int32(e)}))
}

func (g *Guard) control(request uintptr, argument unsafe.Pointer) error {
	raw, err := g.notifications.SyscallConn()
	if err != nil {
		return err
	}
	var failed unix.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, failed = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(argument))
	}); err != nil {
		return err
	}
	if failed != 0 {
		return failed
	}
	return nil
}

// destination reads the address that the call names; false: not an IP address, or the process has
// ended.
func (n *notification) destination() (netip.AddrPort, bool) {
	text := make([]byte, min(n.arguments[2], unix.SizeofSockaddrInet6))
	if len(text) < unix.SizeofSockaddrInet4 {
		return netip.AddrPort{}, false
	}
	local := []unix.Iovec{{Base: &text[0]}}
	local[0].SetLen(len(text))
	remote := []unix.RemoteIovec{{Base: uintptr(n.arguments[1]), Len: len(text)}}
	read, err := unix.ProcessVMReadv(int(n.thread), local, remote, 0)
	if err != nil || read != len(text) {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(text[2:])
	switch family := binary.NativeEndian.Uint16(text); {
	case family == unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(text[4:8])), port), true
	case family == unix.AF_INET6 && len(text) >= 24:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(text[8:24])), port), true
	}
	return netip.AddrPort{}, false
}

// socket is a descriptor of the socket that the call is about, and the process that calls.
func (n *notification) socket() (process, fd int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.thread))
	if err != nil {
		return 0, 0, err
	}
	_, after, _ := bytes.Cut(status, []byte("\nTgid:"))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	if process, err = strconv.Atoi(strings.TrimSpace(string(line))); err != nil {
		return 0, 0, err
	}
	fd, err = borrow(process, int(n.arguments[0]))
	return process, fd, err
}

// drop makes the call fail as if the other side did not answer: at once and later, if the socket
// does not block.
func (g *Guard) drop(n *notification, socket int) {
	flags, err := unix.FcntlInt(uintptr(socket), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_NONBLOCK != 0 {
		g.reply(n, errno(g.blackhole.take(socket)))
		return
	}
	deadline := time.Now().Add(g.options.Timeout)
	for time.Now().Before(deadline) && g.waits(n) {
		select {
		case <-g.closed:
			return
		case <-time.After(min(time.Until(deadline), 100*time.Millisecond)):
		}
	}
	g.reply(n, unix.ETIMEDOUT)
}

// errno is the kernel's number of an error; EIO for one that has none.
func errno(err error) unix.Errno {
	var number unix.Errno
	if err != nil && !errors.As(err, &number) {
		return unix.EIO
	}
	return number
}
