// Instances that boot: each is a machine in a folder, with its metadata service and its disks.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// computer is an instance's machine and the metadata service that only it is told of.
type computer struct {
	*machine.Machine
	metadata *Metadata
	guard    *flowguard.Guard // nil where this computer cannot guard
	dir      string
}

// machines are the running instances by their ids.
var machines = newState(stopServers, makeFolders, powerOffAll)

func makeFolders(_ *Cloud, r Runtime) (*byID[*computer], error) {
	for _, folder := range []string{"machines", "disks"} {
		if err := os.MkdirAll(filepath.Join(r.Dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	return &byID[*computer]{}, nil
}

func powerOffAll(held *byID[*computer]) error {
	var errs []error
	for _, m := range held.takeAll() {
		errs = append(errs, m.destroy())
	}
	return errors.Join(errs...)
}

// Machine is a running instance's machine; nil if there is none.
func (c *Cloud) Machine(instance string) *machine.Machine {
	if found := machines.of(c).get(instance); found != nil {
		return found.Machine
	}
	return nil
}

// shutdownLimit is how long EC2 waits for the system to stop before it takes the power away
// (the provider's default timeout of a stop, internal/service/ec2/ec2_instance.go: 20 minutes).
const shutdownLimit = 20 * time.Minute

func bootInstance(c *Cloud, r Record) error {
	metadata, err := c.ServeMetadata(r.ID)
	if err != nil {
		return fmt.Errorf("starting instance %s: %w", r.ID, err)
	}
	made := &computer{metadata: metadata, dir: filepath.Join(c.runtime().Dir, "machines", r.ID)}
	if err := made.boot(c, r); err != nil {
		return errors.Join(fmt.Errorf("starting instance %s: %w", r.ID, err), made.closeServices())
	}
	machines.of(c).set(r.ID, made)
	return nil
}

func (m *computer) boot(c *Cloud, r Record) error {
	source, err := netip.ParseAddr(r.str("privateIp"))
	if err != nil {
		return fmt.Errorf("reading its private address: %w", err)
	}
	var start func(*exec.Cmd) error
	// Elsewhere machines run unguarded; whoever starts the cloud can ask the same and say so.
	if flowguard.Supported() == nil {
		if m.guard, err = c.guardOf(source, flowguard.Options{}); err != nil {
			return err
		}
		start = m.guard.Start
	}
	runtime := c.runtime()
	m.Machine, err = machine.Boot(machine.Options{
		Name:     r.ID,
		Dir:      m.dir,
		Address:  source.String(),
		UserData: r.str("userData"),
		Environment: map[string]string{
			"AWS_ENDPOINT_URL":                  c.APIURL(),
			"AWS_EC2_METADATA_SERVICE_ENDPOINT": m.metadata.URL,
		},
		Tools:   runtime.Tools,
		Scale:   runtime.Scale,
		Command: machineCommand(c, m.metadata),
		Start:   start,
	})
	return err
}

// closeServices ends what serves a machine from outside it.
func (m *computer) closeServices() error {
	err := m.metadata.Close()
	if m.guard != nil {
		err = errors.Join(err, m.guard.Close())
	}
	return err
}

// stopInstance ends a machine for good, as EC2 terminates: the system is asked to stop and gets
// its time; what it wrote outside its attached disks is gone.
func stopInstance(c *Cloud, r Record) error {
	found := machines.of(c).get(r.ID)
	if found == nil {
		return nil
	}
	err := errors.Join(found.halt(), found.destroy())
	machines.of(c).take(r.ID)
	return err
}

func (m *computer) halt() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
	defer cancel()
	return m.Shutdown(ctx)
}

func (m *computer) destroy() error {
	m.PowerOff()
	return errors.Join(m.closeServices(), os.RemoveAll(m.dir))
}

// attachDisk makes a disk appear on a running machine. What is on it lies in a folder that
// outlives the machine.
func attachDisk(c *Cloud, r Record) error {
	found := machines.of(c).get(r.str("instanceId"))
	if found == nil {
		return nil
	}
	dir := diskFolder(c, r.str("volumeId"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("attaching disk %s: %w", r.str("volumeId"), err)
	}
	return found.Attach(r.str("volumeId"), dir)
}

// diskFolder is where a disk's content is.
func diskFolder(c *Cloud, volume string) string {
	return filepath.Join(c.runtime().Dir, "disks", volume)
}

// detachDisk: with stopInstanceBeforeDetaching the system stops first. Without it, a disk that is
// mounted stays busy, and the provider gives up waiting.
func detachDisk(c *Cloud, r Record) error {
	found := machines.of(c).get(r.str("instanceId"))
	if found == nil {
		return nil
	}
	if stop, _ := strconv.ParseBool(r.text("stopInstanceBeforeDetaching")); stop {
		if err := found.halt(); err != nil {
			return fmt.Errorf(
				"stopping instance %s before detaching %s: %w",
				r.str("instanceId"),
				r.str("volumeId"),
				err,
			)
		}
	} else if found.Alive() {
		return fmt.Errorf(
			"waiting for Volume (%s) detach from Instance (%s): timeout while waiting for state to become 'available' "+
				"(last state: 'busy'): the file system on it is mounted",
			r.str("volumeId"),
			r.str("instanceId"),
		)
	}
	return found.Detach(r.str("volumeId"))
}

// LoseDisk is a disk that fails for good: AWS has lost it with all that was on it, and its machine
// has no power. It is not attached any more either (EBS user guide, "Volume status checks": what
// has failed cannot be used again).
func (c *Cloud) LoseDisk(volume string) error {
	for _, attachment := range c.Records(attachmentType) {
		if attachment.str("volumeId") != volume {
			continue
		}
		if found := machines.of(c).get(attachment.str("instanceId")); found != nil {
			found.PowerOff()
			if err := found.Detach(volume); err != nil {
				return fmt.Errorf("losing disk %s: %w", volume, err)
			}
		}
		c.Remove(attachmentType, attachment.ID)
	}
	if !c.Remove(volumeType, volume) {
		return fmt.Errorf("losing disk %s: there is none of that id", volume)
	}
	return os.RemoveAll(diskFolder(c, volume))
}
