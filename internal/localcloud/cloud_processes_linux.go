// How processes end on Linux that run a service's part: with the thread that started them.
package localcloud

import "syscall"

// dieWithParent ends a process with the thread that started it.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
