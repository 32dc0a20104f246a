// How tasks end on Linux: with the guard that started them, and with all that they have started.
package ecs

import (
	"os"
	"syscall"
)

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// killGroup kills a process and the processes that it started.
func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
