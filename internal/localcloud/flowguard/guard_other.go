//go:build !linux

// Other systems have no seccomp.

package flowguard

import (
	"fmt"
	"os/exec"
	"runtime"
)

// Guard does not exist here.
type Guard struct{}

// Supported says that guards do not work here.
func Supported() error {
	return fmt.Errorf("connections are guarded on Linux only, this is %s", runtime.GOOS)
}

// New is Supported's error.
func New(Options) (*Guard, error) { return nil, Supported() }

// Start is Supported's error.
func (*Guard) Start(*exec.Cmd) error { return Supported() }

// Silence is Supported's error.
func (*Guard) Silence(Match) (int, error) { return 0, Supported() }

// Hear is Supported's error.
func (*Guard) Hear(Match) (int, error) { return 0, Supported() }

// Close does nothing.
func (*Guard) Close() error { return nil }
