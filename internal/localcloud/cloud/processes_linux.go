// Processes that run a part of a service must not outlive a program that is killed.
package cloud

import "syscall"

// DieWithParent returns the attributes of a process that the kernel kills when the thread that
// started it ends.
func DieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
