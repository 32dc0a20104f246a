// Starting a process so that it dies with the rehearsal.

package machine

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"github.com/bodybroker/platform/internal/localcloud/dispositions"
)

type launchRequest struct {
	command *exec.Cmd
	result  chan error
}

// launches go to one goroutine that never leaves its thread: the kernel sends the parent-death
// signal when the thread ends that started the process, not when the process does (prctl(2),
// PR_SET_PDEATHSIG).
var launches = sync.OnceValue(func() chan launchRequest {
	requests := make(chan launchRequest)
	go func() {
		runtime.LockOSThread()
		for request := range requests {
			request.result <- request.command.Start()
		}
	}()
	return requests
})

// launch starts a process in a group of its own, in the way that start says; nil: on the thread of
// launches.
func launch(command *exec.Cmd, start func(*exec.Cmd) error) error {
	dispositions.DefaultInChildren()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if start != nil {
		return start(command)
	}
	request := launchRequest{command, make(chan error, 1)}
	launches() <- request
	return <-request.result
}
