//go:build !linux

// Elsewhere no process runs a service's part, so none has to end.
package localcloud

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
