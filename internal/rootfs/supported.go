// Whether this computer can boot such a machine at all.

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

// Supported says everything that keeps a machine from booting here, or nil.
func Supported() error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("this is %s on %s, what nodes run is built for linux on amd64", runtime.GOOS, runtime.GOARCH)
	}
	var errs []error
	if os.Geteuid() != 0 {
		errs = append(errs, fmt.Errorf("this is user %d: only root may mount and make loop devices", os.Geteuid()))
	}
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			errs = append(errs, err)
		}
	}
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		errs = append(errs, fmt.Errorf("there are no loop devices: %w", err))
	} else {
		errs = append(errs, control.Close())
	}
	if _, err := controlGroups(); err != nil {
		errs = append(errs, err)
	}
	for _, kind := range []string{"ext4", "xfs"} {
		errs = append(errs, fileSystem(kind))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// Root in a container has the name and not the rights.
	_, err = run(context.Background(), "unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
	return err
}

// fileSystem wants the kernel to know a file system, as a module perhaps.
func fileSystem(kind string) error {
	for range 2 {
		known, err := os.ReadFile("/proc/filesystems")
		if err != nil {
			return err
		}
		if strings.Contains(string(known), "\t"+kind+"\n") {
			return nil
		}
		_ = exec.Command("modprobe", kind).Run() // what it did is looked at
	}
	return fmt.Errorf("the kernel has no file system %s", kind)
}
