// Package rootfs boots a machine that is as real as one host allows: a Debian tree in an ext4 file
// system on a loop device, the systemd of that tree as process 1 of namespaces of its own, and a
// second loop device as the data disk. User-data runs in it with the tree's own bash, AWS CLI,
// useradd, lsblk, blkid, mkfs.xfs and mount. Where package machine plays systemd and the disks,
// here they are the real ones; it needs root and is for one machine at a time.
//
// Differences from a real machine:
//
//   - The release is the host's Debian, not Amazon Linux 2023, and its AWS CLI an older 2.x, which
//     gets the endpoint by an option (usr/local/bin/aws): AWS_ENDPOINT_URL is known since 2.13
//     (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
//   - The kernel and its network are the host's: an instance's address must be one that the host
//     has.
//   - There is no udev. The data disk's serial number, the volume's id, is in a file that udev
//     would write; the disk is /dev/loopN and not NVMe. systemd, which sees that it is in a
//     container, mounts no disk of fstab at boot: the mount that user-data makes is real, that of a
//     second boot cannot be shown.
//   - cloud-init is one unit that runs the script at boot, with the name and the place of
//     cloud-init's own.
//   - The unified hierarchy of control groups may have no controllers: limits of memory and
//     processor are not tried.
package rootfs

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/poll"
)

// Options say what machine to boot.
type Options struct {
	// Name is the machine's host name.
	Name string
	// Tree is the file that Tree made.
	Tree string
	// UserData is run once, at boot.
	UserData string
	// Environment is given to every service of the machine.
	Environment map[string]string
	// DiskSerial is what lsblk shows of the data disk; DiskBytes its size. It takes no more room
	// than what is written.
	DiskSerial string
	DiskBytes  int64
}

// rootBytes is the size of the root disk, an Amazon Linux 2023 image's default being 8 GiB. No more
// is taken than written.
const rootBytes = 8 << 30

// releaseLimit is how long a loop device may stay after the last process of a machine has gone.
const releaseLimit = 30 * time.Second

//go:embed init.sh
var initScript string

// Machine is one that was booted. Close it.
type Machine struct {
	folder  string // of the host: disks, and files that are laid over the tree
	group   string // the control group
	disks   []*os.File
	init    *exec.Cmd
	said    bytes.Buffer // by init.sh; read it after ended
	ended   chan struct{}
	outcome error // of init, after ended
}

// Boot starts a machine and returns when its systemd runs; what it starts at boot may be under way
// yet (Booted). With ctx the machine ends.
func Boot(ctx context.Context, o Options) (*Machine, error) {
	m := &Machine{ended: make(chan struct{})}
	err := m.boot(ctx, o)
	if err != nil {
		err = errors.Join(fmt.Errorf("booting %s in a root file system: %w", o.Name, err), m.Close())
	}
	return m, err
}

func (m *Machine) boot(ctx context.Context, o Options) (err error) {
	if m.folder, err = os.MkdirTemp("", "rootfs-"); err != nil {
		return err
	}
	if m.folder, err = filepath.EvalSymlinks(m.folder); err != nil {
		return err
	}
	if err := overlay(filepath.Join(m.folder, "files"), o); err != nil {
		return err
	}
	for name, size := range map[string]int64{rootDisk: rootBytes, dataDisk: o.DiskBytes} {
		if err := errors.Join(os.WriteFile(m.path(name), nil, 0o600), os.Truncate(m.path(name), size)); err != nil {
			return err
		}
	}
	if _, err := run(ctx, "mkfs.ext4", "-q", m.path(rootDisk)); err != nil {
		return err
	}
	environment := []string{
		"PATH=" + os.Getenv("PATH"),
		"FOLDER=" + m.folder,
		"TREE=" + o.Tree,
		"SERIAL=" + o.DiskSerial,
	}
	for _, disk := range []struct{ file, variable string }{
		{file: rootDisk, variable: "ROOT_DEVICE"},
		{file: dataDisk, variable: "DATA_DEVICE"},
	} {
		device, err := attach(m.path(disk.file))
		if err != nil {
			return err
		}
		m.disks = append(m.disks, device)
		environment = append(environment, disk.variable+"="+device.Name())
	}
	// The control group's namespace is entered last: its root is the group that the process is in
	// then.
	m.init = exec.CommandContext(ctx, "unshare", "--cgroup", "bash", m.path("init.sh"))
	m.init.Env, m.init.Stdout, m.init.Stderr = environment, &m.said, &m.said
	if err := os.WriteFile(m.path("init.sh"), []byte(initScript), 0o700); err != nil {
		return err
	}
	if err := m.start(); err != nil {
		return err
	}
	return m.until(ctx, func() bool {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", m.init.Process.Pid))
		return err == nil && strings.TrimSpace(string(name)) == "systemd"
	})
}

const (
	rootDisk = "root.img"
	dataDisk = "data.img"
)

func (m *Machine) path(name string) string { return filepath.Join(m.folder, name) }

// start starts the first process, from a thread that lives as long as it does: it dies with that
// thread, and all others of its namespace with it (pid_namespaces(7)).
func (m *Machine) start() error {
	groups, err := controlGroups()
	if err != nil {
		return err
	}
	m.group = filepath.Join(groups, "rootfs-"+rand.Text())
	if err := os.Mkdir(m.group, 0o755); err != nil {
		return err
	}
	group, err := os.Open(m.group)
	if err != nil {
		return err
	}
	defer group.Close() //nolint:errcheck // nothing was written
	enclose(m.init, group)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(m.ended)
		err := m.init.Start()
		started <- err
		if err == nil {
			m.outcome = m.init.Wait()
		}
	}()
	return <-started
}

// until waits for something, or for the machine's end, which is an error.
func (m *Machine) until(ctx context.Context, seen func() bool) error {
	err := poll.Until(ctx, func() error {
		if seen() {
			return nil
		}
		select {
		case <-m.ended:
			return poll.GiveUp(errors.Join(
				fmt.Errorf("expected its first process to run, got its end:\n%s", m.said.String()),
				m.outcome,
			))
		default:
			return errors.New("its first process does not run yet")
		}
	})
	return errors.Join(err, ctx.Err())
}

// Booted waits until all that starts at boot has started, user-data among it, and expects none of
// it to have failed.
func (m *Machine) Booted(ctx context.Context) error {
	var said string
	var err error
	if ended := m.until(ctx, func() bool {
		said, err = m.Run(ctx, "systemctl", "is-system-running", "--wait")
		return slices.Contains([]string{"running", "degraded", "maintenance"}, said)
	}); ended != nil {
		return errors.Join(ended, err)
	}
	if err != nil {
		failed, _ := m.Run(ctx, "systemctl", "--failed", "--no-legend", "--plain")
		return fmt.Errorf("%w\n%s\n%s", err, failed, m.Journal(ctx, UserDataUnit))
	}
	return nil
}

// Run runs a command in the machine as root, with no environment but PATH, and returns what it
// printed; its error has the same text.
func (m *Machine) Run(ctx context.Context, name string, arguments ...string) (string, error) {
	inside := []string{
		"--target",
		strconv.Itoa(m.init.Process.Pid),
		"--mount",
		"--uts",
		"--ipc",
		"--pid",
		"--cgroup",
		"--root",
		"--wd",
		"env",
		"--ignore-environment",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
		"LANG=C.UTF-8",
		name,
	}
	output, err := exec.CommandContext(ctx, "nsenter", append(inside, arguments...)...).CombinedOutput()
	said := strings.TrimSpace(string(output))
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, said)
	}
	return said, err
}

// Journal is what a unit wrote, the newest lines of it.
func (m *Machine) Journal(ctx context.Context, unit string) string {
	said, err := m.Run(ctx, "journalctl", "--no-pager", "--output", "cat", "--lines", "60", "--unit", unit)
	if err != nil {
		return err.Error()
	}
	return said
}

// File reads a file of the machine by its absolute path there.
func (m *Machine) File(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join("/proc", strconv.Itoa(m.init.Process.Pid), "root", path))
}

// Close takes the power away and leaves nothing on the host: no process, mount, loop device,
// control group or file.
func (m *Machine) Close() error {
	var errs []error
	if m.init != nil && m.init.Process != nil {
		if err := m.init.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		<-m.ended
	}
	for _, device := range m.disks {
		errs = append(errs, device.Close())
	}
	errs = append(errs, m.leaveNothing())
	if m.folder != "" {
		errs = append(errs, os.RemoveAll(m.folder))
	}
	return errors.Join(errs...)
}

// leaveNothing waits for the kernel, which takes mounts, loop devices and control groups away a
// little after the last process.
func (m *Machine) leaveNothing() error {
	return poll.For(context.Background(), releaseLimit, func() error {
		var errs []error
		for i, name := range []string{rootDisk, dataDisk}[:len(m.disks)] {
			errs = append(errs, released(m.disks[i].Name(), m.path(name)))
		}
		return errors.Join(append(errs, removeGroup(m.group))...)
	})
}

// removeGroup removes a control group and those in it, the innermost first; their files go with
// them.
func removeGroup(group string) error {
	if group == "" {
		return nil
	}
	var groups []string
	if err := filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return err
	}); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	slices.Reverse(groups)
	for _, path := range groups {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
