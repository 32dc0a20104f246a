// Package dispositions gives children the actions for signals that systemd and ECS would give them.
package dispositions

import (
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"sync"
	"syscall"
)

// DefaultInChildren makes the processes that this one starts from now on begin with the default
// action for every signal. Those that this process was started to ignore (SIGHUP under nohup,
// SIGINT in the background of a shell) would be ignored in its children too, and a shell cannot
// undo that. This process goes on ignoring them. Signals that the C library keeps for itself (32
// and 33 of signal(7)) stay as they are: Go cannot catch them, and no program is stopped by them.
func DefaultInChildren() { defaultInChildren() }

// A signal that is caught is reset by execve(2), one that is ignored is not. The channel has no
// reader: what is caught has no effect.
var defaultInChildren = sync.OnceFunc(func() {
	caught := make(chan os.Signal, 1)
	for _, s := range ignored() {
		signal.Notify(caught, s)
	}
})

var ignoredMask = regexp.MustCompile(`(?m)^SigIgn:\t([0-9a-f]+)$`)

// ignored returns the signals that this process ignores (proc_pid_status(5), SigIgn). os/signal
// only knows of two. Where there is no /proc, nothing that must react to a signal is started.
func ignored() []os.Signal {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil
	}
	match := ignoredMask.FindSubmatch(status)
	if match == nil {
		return nil
	}
	// The pattern allows nothing but a number.
	mask, _ := strconv.ParseUint(string(match[1]), 16, 64)
	var found []os.Signal
	for bit := range 64 {
		if mask&(1<<bit) != 0 {
			found = append(found, syscall.Signal(bit+1))
		}
	}
	return found
}
