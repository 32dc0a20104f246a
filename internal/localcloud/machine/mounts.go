// Mounts: while a disk is mounted, its mount point is a symbolic link to the disk's folder. The
// folder that was there before gets another name meanwhile, as a mount hides it.

package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// deviceTimeout is how long boot waits for a disk of etc/fstab: DefaultDeviceTimeoutSec=
// (systemd-system.conf(5)).
const deviceTimeout = 90 * time.Second

// tableEntry is one line of etc/fstab (fstab(5)).
type tableEntry struct {
	source, mountPoint, kind string
	options                  []string
}

func (m *Machine) mountTable() []tableEntry {
	var entries []tableEntry
	for _, line := range m.lines("etc/fstab") {
		if fields := strings.Fields(line); len(fields) >= 4 {
			entries = append(entries, tableEntry{
				source:     fields[0],
				mountPoint: filepath.Clean(fields[1]),
				kind:       fields[2],
				options:    strings.Split(fields[3], ","),
			})
		}
	}
	return entries
}

// entryFor finds the line for a mount point.
func (m *Machine) entryFor(mountPoint string) (tableEntry, bool) {
	entries := m.mountTable()
	at := slices.IndexFunc(entries, func(e tableEntry) bool { return e.mountPoint == mountPoint })
	if at < 0 {
		return tableEntry{}, false
	}
	return entries[at], true
}

// commandError is the message and the exit status of a command that failed.
type commandError struct {
	status  int
	message string
}

func (e *commandError) Error() string { return e.message }

func refuse(status int, format string, values ...any) *commandError {
	return &commandError{status, fmt.Sprintf(format, values...)}
}

func (e *commandError) reply() reply { return failure(e.status, "%s", e.message) }

// source finds the disk for LABEL=… or a device name.
func (m *Machine) source(e tableEntry) (*disk, *commandError) {
	if label, byLabel := strings.CutPrefix(e.source, "LABEL="); byLabel {
		for _, d := range m.disks {
			if fs, formatted := d.filesystem(); formatted && fs.label == label {
				return d, nil
			}
		}
		return nil, refuse(1, "mount: %s: can't find %s.", e.mountPoint, e.source)
	}
	if !strings.HasPrefix(e.source, "/dev/") {
		return nil, refuse(1, "stand-in for mount does not know %s: write LABEL=... or a device", e.source)
	}
	if d := m.diskByDevice(e.source); d != nil {
		return d, nil
	}
	return nil, refuse(32, "mount: %s: special device %s does not exist.", e.mountPoint, e.source)
}

// mount mounts by an entry (mount(8): exit status 32 is a failed mount).
func (m *Machine) mount(e tableEntry) *commandError {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, refusal := m.source(e)
	if refusal != nil {
		return refusal
	}
	found, formatted := d.filesystem()
	switch {
	case d.mountPoint != "" || m.mountedAt(e.mountPoint) != nil:
		return refuse(32, "mount: %s: %s already mounted or mount point busy.", e.mountPoint, d.device)
	case !formatted || e.kind != found.kind && e.kind != "auto":
		return refuse(32, "mount: %s: wrong fs type, bad option, bad superblock on %s.", e.mountPoint, d.device)
	}
	point := m.path(e.mountPoint)
	if info, err := os.Lstat(point); err != nil || !info.IsDir() {
		return refuse(32, "mount: %s: mount point does not exist.", e.mountPoint)
	}
	if err := os.Rename(point, hidden(point)); err != nil {
		return refuse(32, "mount: %s: %v", e.mountPoint, err)
	}
	if err := os.Symlink(d.content(), point); err != nil {
		return refuse(32, "mount: %s: %v", e.mountPoint, errors.Join(err, os.Rename(hidden(point), point)))
	}
	d.mountPoint = e.mountPoint
	return nil
}

// hidden is the path of a mount point's own folder while a disk is mounted there.
func hidden(point string) string {
	return filepath.Join(filepath.Dir(point), "."+filepath.Base(point)+".below-the-mount")
}

func (m *Machine) mountedAt(mountPoint string) *disk {
	for _, d := range m.disks {
		if d.mountPoint == mountPoint {
			return d
		}
	}
	return nil
}

// unmount gives the mount point its own folder back. The caller holds m.mu.
func (m *Machine) unmount(d *disk) error {
	point := m.path(d.mountPoint)
	if err := os.Remove(point); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unmounting %s: %w", d.mountPoint, err)
	}
	if err := os.Rename(hidden(point), point); err != nil {
		return fmt.Errorf("unmounting %s: %w", d.mountPoint, err)
	}
	d.mountPoint = ""
	return nil
}

// unmountAll unmounts all disks when the machine stops.
func (m *Machine) unmountAll() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var faults []error
	for _, d := range m.disks {
		if d.mountPoint != "" && !d.root {
			faults = append(faults, m.unmount(d))
		}
	}
	return errors.Join(faults...)
}

// mountAll mounts what etc/fstab lists, and waits for disks that are not attached yet
// (systemd.mount(5), systemd-fstab-generator(8): without nofail a missing one stops the boot).
func (b *boot) mountAll() error {
	for _, e := range b.m.mountTable() {
		if slices.Contains(e.options, "noauto") {
			continue
		}
		limit := b.after(deviceTimeout)
		for {
			err := b.m.mount(e)
			if err == nil || slices.Contains(e.options, "nofail") {
				break
			}
			select {
			case <-b.off:
				return errOff
			case <-limit:
				return fmt.Errorf("mounting %s at boot: %w", e.mountPoint, err)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// requireMount mounts what etc/fstab lists for a path or a folder above it (systemd.unit(5),
// RequiresMountsFor=); without such a line the path is on the machine's own disk.
func (b *boot) requireMount(path string) error {
	for _, e := range b.m.mountTable() {
		if path != e.mountPoint && !strings.HasPrefix(path, e.mountPoint+"/") {
			continue
		}
		b.m.mu.Lock()
		mounted := b.m.mountedAt(e.mountPoint) != nil
		b.m.mu.Unlock()
		if mounted {
			continue
		}
		if err := b.m.mount(e); err != nil {
			return err
		}
	}
	return nil
}

// users are the processes that have a file of the disk open or their working directory on it.
func (b *boot) users(d *disk) []int {
	inside := func(link string) bool {
		target, err := os.Readlink(link)
		return err == nil && (target == d.content() || strings.HasPrefix(target, d.content()+"/"))
	}
	var found []int
	for _, pid := range b.pids("") {
		folder := fmt.Sprintf("/proc/%d", pid)
		// A process that has ended meanwhile holds nothing.
		open, _ := filepath.Glob(folder + "/fd/*")
		if slices.ContainsFunc(append(open, folder+"/cwd"), inside) {
			found = append(found, pid)
		}
	}
	return found
}
