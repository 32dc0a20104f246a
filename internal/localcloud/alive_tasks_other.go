//go:build !linux

package localcloud

import (
	"os"
	"syscall"
)

// Elsewhere no guard can be made, so no task starts.
func dieWithParent() *syscall.SysProcAttr { return nil }

func terminate(p *os.Process) error { return p.Kill() }

func killGroup(p *os.Process) error { return p.Kill() }
