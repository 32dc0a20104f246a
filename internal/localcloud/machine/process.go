// Processes of a machine: how they start, and how all of them are found and ended.

package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// searchPath is where a service's programs are looked for when a name has no path (systemd.exec(5),
// $PATH).
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// launcher sets what Go cannot set in a child before its program begins. What the user of the
// rehearsal may not raise stays at the hard limit.
const launcher = `umask 0022; [ "$1" = 0 ] || ulimit -n "$1" 2>/dev/null || ulimit -n "$(ulimit -H -n)"; shift; ` +
	`exec "$@"`

// process is one that this package started.
type process struct {
	os *os.Process
	// ended is closed when it has ended; state is valid then.
	ended chan struct{}
	state *os.ProcessState
	// drained is closed when no process holds its output any more.
	drained chan struct{}
}

// program is a program to start.
type program struct {
	argv        []string
	environment map[string]string
	directory   string
	openFiles   int
	// source is the prefix of its lines in the journals.
	source   string
	journals []*journal
}

// environment holds the variables of every process of the machine.
func (b *boot) environment() map[string]string {
	values := map[string]string{
		"PATH":           b.m.options.Tools + ":" + searchPath,
		"LANG":           "C.UTF-8",
		"HOME":           b.m.path("root"),
		"TMPDIR":         b.m.path("tmp"),
		"MACHINE_ROOT":   b.m.options.Dir,
		"MACHINE_SOCKET": b.socket,
	}
	maps.Copy(values, b.m.options.Environment)
	return values
}

// find resolves the program's name as systemd does: an absolute path, or a bare name in the search
// path.
func (b *boot) find(name string) (string, error) {
	candidates := []string{b.m.fileOf(name)}
	if !strings.Contains(name, "/") {
		candidates = nil
		for _, folder := range strings.Split(b.m.options.Tools+":"+searchPath, ":") {
			candidates = append(candidates, filepath.Join(folder, name))
		}
	}
	for _, candidate := range candidates {
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("there is no executable file %s", strings.Join(candidates, " or "))
}

// start starts a program in a process group of its own. It dies with the rehearsal's process.
func (b *boot) start(p program) (*process, error) {
	b.starting.RLock()
	defer b.starting.RUnlock()
	select {
	case <-b.off:
		return nil, errOff
	default:
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe for the output of %s: %w", p.argv[0], err)
	}
	defer writer.Close() //nolint:errcheck // the child holds its own; closing ours cannot fail in a way that matters
	command := exec.Command(
		"/bin/sh",
		append([]string{"-c", launcher, "launcher", strconv.Itoa(p.openFiles)}, p.argv...)...)
	command.Dir = p.directory
	for _, name := range slices.Sorted(maps.Keys(p.environment)) {
		command.Env = append(command.Env, name+"="+p.environment[name])
	}
	command.Stdout, command.Stderr = writer, writer
	if err := launch(command, b.m.options.Start); err != nil {
		_ = reader.Close()
		return nil, fmt.Errorf("starting %s: %w", p.argv[0], err)
	}
	started := &process{os: command.Process, ended: make(chan struct{}), drained: make(chan struct{})}
	go func() {
		defer close(started.drained)
		defer reader.Close() //nolint:errcheck // it was read to its end
		take(reader, fmt.Sprintf("%s[%d]", p.source, command.Process.Pid), p.journals...)
	}()
	go func() {
		defer close(started.ended)
		// The error repeats what the state says.
		_ = command.Wait()
		started.state = command.ProcessState
	}()
	return started, nil
}

// finishOutput waits until the output of an ended process is read, but does not wait for
// another process that holds the output.
func (p *process) finishOutput() {
	select {
	case <-p.drained:
	case <-time.After(2 * time.Second):
	}
}

// pids returns the processes of this boot, or those of one unit's invocation, found by their
// environment.
func (b *boot) pids(invocation string) []int {
	marks := [][]byte{[]byte("MACHINE_SOCKET=" + b.socket)}
	if invocation != "" {
		marks = append(marks, []byte("INVOCATION_ID="+invocation))
	}
	// One that ended while the list was read may have left a child that is not on it: then the list
	// is read again.
	for range 10 {
		found, ended := processesWith(marks)
		if len(found) > 0 || !ended {
			return found
		}
	}
	return nil
}

// processesWith returns the processes whose environment holds all marks. ended reports that one of
// the list had ended before it was read.
func processesWith(marks [][]byte) (found []int, ended bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		values, err := environmentOf(pid)
		ended = ended || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
		if err == nil && holds(values, marks) {
			found = append(found, pid)
		}
	}
	return found, ended
}

// environmentOf reads the environment that a process began with. That of another user is an
// error. A process that is just becoming another program shows none for a moment, and
// is looked at again: for a while if the kernel has not even said where it will lie, a few times if
// it lies there and is empty.
func environmentOf(pid int) ([][]byte, error) {
	deadline := time.Now().Add(5 * time.Second)
	for empty := 0; empty < 20 && time.Now().Before(deadline); {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			return nil, err
		}
		if len(text) > 0 {
			return bytes.Split(text, []byte{0}), nil
		}
		// Neither a thread of the kernel nor a process that has ended has a program.
		if !hasProgram(pid) {
			return nil, nil
		}
		if environmentPlaced(pid) {
			empty++
		}
		time.Sleep(200 * time.Microsecond)
	}
	return nil, nil
}

func hasProgram(pid int) bool {
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil
}

// environmentPlaced says whether the kernel knows where a process's environment ends: field 51 of
// proc_pid_stat(5), env_end.
func environmentPlaced(pid int) bool {
	const environmentEnd = 51 - 3
	fields := statusOf(pid)
	return len(fields) <= environmentEnd || fields[environmentEnd] != "0"
}

// statusOf are the fields of a process in proc_pid_stat(5) from the third on, its state; none if it
// has ended. They are taken from behind the name, the second, which may hold anything.
func statusOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

func holds(values, marks [][]byte) bool {
	return !slices.ContainsFunc(marks, func(mark []byte) bool {
		return !slices.ContainsFunc(values, func(value []byte) bool { return bytes.Equal(value, mark) })
	})
}

// signalAll sends a signal to every process of this boot or of one invocation, and says whether
// there were any. They are stopped before and continued after, as one that goes on while the list
// is read could leave a child that is not on it, or get its signal with the children that it makes
// for its answer.
func (b *boot) signalAll(invocation string, s syscall.Signal) bool {
	held := map[int]bool{}
	for more := true; more; {
		more = false
		for _, pid := range b.pids(invocation) {
			if !held[pid] {
				held[pid], more = true, true
				// A process that has ended meanwhile needs no signal.
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
		}
		for pid := range held {
			waitUntilStopped(pid)
		}
	}
	for _, signal := range []syscall.Signal{s, syscall.SIGCONT} {
		for pid := range held {
			_ = syscall.Kill(pid, signal)
		}
	}
	return len(held) > 0
}

// waitUntilStopped waits for a stop to take effect: a process may be in the middle of making a
// child. One that waits in the kernel is not waited for long.
func waitUntilStopped(pid int) {
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Microsecond) {
		fields := statusOf(pid)
		if len(fields) == 0 || strings.Contains("TtZX", fields[0]) {
			return
		}
	}
}

// killAll kills the processes of this boot or of one invocation until none is left, also those that
// start meanwhile. A process that cannot die (it hangs in the kernel) is given up after ten
// seconds.
func (b *boot) killAll(invocation string) error {
	deadline := time.Now().Add(10 * time.Second)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		left := b.pids(invocation)
		if len(left) == 0 {
			return nil
		}
		for _, pid := range left {
			// It may have ended meanwhile.
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of %s do not die", left, b.m.options.Name)
		}
		time.Sleep(wait)
	}
}
