//go:build !linux

// Other systems than Linux have neither /proc nor the parent-death signal, nor 127.20.0.0/16 as
// addresses.

package machine

import (
	"fmt"
	"os/exec"
	"runtime"
)

func launch(*exec.Cmd, func(*exec.Cmd) error) error {
	return fmt.Errorf(
		"a rehearsed machine needs Linux, this is %s: run the rehearsal in a Linux container",
		runtime.GOOS,
	)
}
