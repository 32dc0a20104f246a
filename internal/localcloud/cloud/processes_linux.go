// How processes end on Linux that run a service's part: with the thread that started them.
package cloud

import "syscall"

// DieWithParent ends a process with the thread that started it.
func DieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
