//go:build !linux

// Elsewhere no process runs a service's part, so none has to end.
package cloud

import "syscall"

// DieWithParent returns no attributes.
func DieWithParent() *syscall.SysProcAttr { return nil }
