// What only Linux has: loop devices, control groups and namespaces.

package rootfs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// attach shows a file as a disk. The kernel takes the loop device away when nobody has it open or
// mounted any more, so that none is left over even if this process is killed (loop(4),
// LO_FLAGS_AUTOCLEAR).
func attach(file string) (*os.File, error) {
	backing, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("attaching %s to a loop device: %w", file, err)
	}
	defer backing.Close() //nolint:errcheck // the kernel holds the file
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("attaching %s to a loop device: %w", file, err)
	}
	defer control.Close() //nolint:errcheck // nothing was written
	// Another process may take the free device before this one uses it.
	for range 20 {
		number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("attaching %s: asking for a free loop device: %w", file, err)
		}
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", number), os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("attaching %s to a loop device: %w", file, err)
		}
		settings := unix.LoopConfig{Fd: uint32(backing.Fd())}
		settings.Info.Flags = unix.LO_FLAGS_AUTOCLEAR
		copy(settings.Info.File_name[:len(settings.Info.File_name)-1], file)
		err = unix.IoctlLoopConfigure(int(device.Fd()), &settings)
		if err == nil {
			return device, nil
		}
		if err = errors.Join(err, device.Close()); !errors.Is(err, unix.EBUSY) {
			return nil, fmt.Errorf("attaching %s to %s: %w", file, device.Name(), err)
		}
	}
	return nil, fmt.Errorf("attaching %s to a loop device: another process took each that was free", file)
}

// released says whether a loop device no longer shows a file.
func released(device, file string) error {
	backing, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(device), "loop/backing_file"))
	if err == nil && strings.TrimSpace(string(backing)) == file {
		return fmt.Errorf("%s still shows %s", device, file)
	}
	return nil // the kernel has no such page for a free device
}

// controlGroups is where the host's unified hierarchy is mounted.
func controlGroups() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(
			line,
		); len(fields) > 3 && fields[2] == "cgroup2" &&
			strings.HasPrefix(fields[3], "rw") {
			return fields[1], nil
		}
	}
	return "", errors.New("no control group file system (cgroup2) is mounted that may be written: systemd needs one")
}

// enclose makes a command start in namespaces and in a control group of its own. It dies with the
// thread that starts it.
func enclose(command *exec.Cmd, group *os.File) {
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Setpgid:     true,
		Pdeathsig:   syscall.SIGKILL,
		UseCgroupFD: true,
		CgroupFD:    int(group.Fd()),
	}
}
