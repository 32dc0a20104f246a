// Disks of a machine: folders that outlive it. A disk's folder holds a marker of its file system
// and, next to it, the content of the file system.

package machine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

const (
	// markerFile records the type and label of a disk's file system.
	markerFile = ".filesystem"
	// contentFolder is the file system's root.
	contentFolder = "data"
)

type disk struct {
	// serial is what EC2 shows as the NVMe serial number: the volume's id without its dash (Amazon
	// EC2 user guide, "Map Amazon EBS volumes to NVMe device names").
	serial, dir, device string
	// mountPoint is a path of the machine, "" while the disk is not mounted.
	mountPoint string
	// root marks the disk that the machine booted from. It is always mounted, and exists so that
	// programs may confuse it with others.
	root bool
}

func rootDisk() *disk {
	return &disk{serial: "vol" + randomHex(17), mountPoint: "/", root: true}
}

// filesystem is the content of the marker.
type filesystem struct{ kind, label string }

// Attach makes a disk appear as /dev/nvme<N>n1 with the volume's id, without dash, as its serial
// number. dir is the disk's folder; it is made if it does not exist, and outlives the machine. The
// machine may be on or off.
func (m *Machine) Attach(volumeID, dir string) error {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return fmt.Errorf("attaching %s to %s: %w", volumeID, m.options.Name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.diskOf(volumeID) != nil {
		return fmt.Errorf("attaching %s to %s: it is attached already", volumeID, m.options.Name)
	}
	added := &disk{serial: strings.ReplaceAll(volumeID, "-", ""), dir: dir}
	m.disks = append(m.disks, added)
	m.number(added)
	return nil
}

// Detach takes the disk away. While it is mounted on a machine that is on it is refused: EC2 would
// stay in "detaching" until it is unmounted (Amazon EBS user guide, "Detach an Amazon EBS volume").
func (m *Machine) Detach(volumeID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := m.diskOf(volumeID)
	if found == nil {
		return fmt.Errorf("detaching %s from %s: it is not attached", volumeID, m.options.Name)
	}
	if found.mountPoint != "" {
		return fmt.Errorf(
			"detaching %s from %s: it is mounted at %s: unmount it or shut the machine down first",
			volumeID,
			m.options.Name,
			found.mountPoint,
		)
	}
	for i, d := range m.disks {
		if d == found {
			m.disks = append(m.disks[:i:i], m.disks[i+1:]...)
			break
		}
	}
	return nil
}

func (m *Machine) diskOf(volumeID string) *disk {
	for _, d := range m.disks {
		if d.serial == strings.ReplaceAll(volumeID, "-", "") {
			return d
		}
	}
	return nil
}

// numberDisks names the disks at boot. NVMe names move between boots, so the first number of what
// is attached varies; it is never 1, so that a program which takes /dev/nvme1n1 for granted fails
// every time and not now and then.
func (m *Machine) numberDisks() {
	m.nextNumber = 2 + rand.N(7)
	for _, d := range m.disks {
		m.number(d)
	}
}

func (m *Machine) number(d *disk) {
	if d.root {
		d.device = deviceName(0)
		return
	}
	d.device = deviceName(m.nextNumber)
	m.nextNumber++
}

func deviceName(number int) string { return fmt.Sprintf("/dev/nvme%dn1", number) }

// filesystem reads the disk's marker; false if the disk is empty.
func (d *disk) filesystem() (filesystem, bool) {
	if d.root {
		return filesystem{"xfs", "/"}, true
	}
	text, err := os.ReadFile(filepath.Join(d.dir, markerFile))
	if err != nil {
		return filesystem{}, false
	}
	kind, label, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return filesystem{strings.TrimPrefix(kind, "TYPE="), strings.TrimPrefix(label, "LABEL=")}, true
}

func (d *disk) content() string { return filepath.Join(d.dir, contentFolder) }

// diskByDevice finds a disk by its device's name; nil if there is none.
func (m *Machine) diskByDevice(device string) *disk {
	for _, d := range m.disks {
		if d.device == device {
			return d
		}
	}
	return nil
}
