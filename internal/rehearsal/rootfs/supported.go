// What this computer must have to boot such a machine at all.

package rootfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// tools are the programs of the host that Boot and Tree call; all come with Debian itself.
var tools = []string{
	"apt-get",
	"bash",
	"chroot",
	"cp",
	"mkfs.ext4",
	"mount",
	"nsenter",
	"pivot_root",
	"stat",
	"tar",
	"unshare",
}

// ErrUnsupported says that this computer lacks what such a machine needs. Any other error of
// Supported and Tree is a fault.
var ErrUnsupported = errors.New("this computer boots no machine with a real root file system")

// Supported says everything that this computer lacks, as ErrUnsupported, or nil.
func Supported() error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf(
			"%w: this is %s on %s, what nodes run is built for linux on amd64",
			ErrUnsupported,
			runtime.GOOS,
			runtime.GOARCH,
		)
	}
	var missing []error
	if os.Geteuid() != 0 {
		missing = append(
			missing,
			fmt.Errorf("this is user %d: only root may mount and make loop devices", os.Geteuid()),
		)
	}
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, err)
		}
	}
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		missing = append(missing, fmt.Errorf("there are no loop devices: %w", err))
	} else if err := control.Close(); err != nil {
		return err
	}
	if _, err := controlGroups(); err != nil {
		missing = append(missing, err)
	}
	for _, kind := range []string{"ext4", "xfs"} {
		known, err := fileSystem(kind)
		if err != nil {
			return err
		}
		if !known {
			missing = append(missing, fmt.Errorf("the kernel has no file system %s", kind))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %w", ErrUnsupported, errors.Join(missing...))
	}
	return mayMount()
}

// mayMount tries to mount: root in a container has the name and not the rights.
func mayMount() error {
	said, err := run(
		context.Background(),
		"unshare",
		"--mount",
		"--pid",
		"--fork",
		"mount",
		"-t",
		"tmpfs",
		"tmpfs",
		"/mnt",
	)
	if err != nil && (strings.Contains(said, "not permitted") || strings.Contains(said, "denied")) {
		return fmt.Errorf("%w: root may not mount here: %w", ErrUnsupported, err)
	}
	return err
}

// fileSystem says whether the kernel has a file system, perhaps as a module.
func fileSystem(kind string) (known bool, err error) {
	for range 2 {
		listed, err := os.ReadFile("/proc/filesystems")
		if err != nil {
			return false, err
		}
		if strings.Contains(string(listed), "\t"+kind+"\n") {
			return true, nil
		}
		_ = exec.Command("modprobe", kind).Run() // the list is read again
	}
	return false, nil
}
