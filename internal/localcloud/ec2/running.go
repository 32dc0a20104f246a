// What runs behind an instance: a machine in a folder, with its metadata service and its disks. It
// boots with the instance, and stops with it.
package ec2

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

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/imds"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// Computer is the machine of an instance, with the metadata service that only this machine knows.
type Computer struct {
	*machine.Machine
	metadata *imds.Metadata
	Guard    *flowguard.Guard // nil where flowguard is not supported
	dir      string
}

// Machines holds the computers of the running instances, by instance id.
var Machines = cloud.NewState(cloud.StopServers, makeFolders, powerOffAll)

func makeFolders(_ *cloud.Cloud, r cloud.Runtime) (*cloud.ByID[*Computer], error) {
	for _, folder := range []string{"machines", "disks"} {
		if err := os.MkdirAll(filepath.Join(r.Dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	return &cloud.ByID[*Computer]{}, nil
}

func powerOffAll(held *cloud.ByID[*Computer]) error {
	var errs []error
	for _, m := range held.TakeAll() {
		errs = append(errs, m.destroy())
	}
	return errors.Join(errs...)
}

// Machine returns the machine of an instance; nil if the instance does not run.
func Machine(c *cloud.Cloud, instance string) *machine.Machine {
	if found := Machines.Of(c).Get(instance); found != nil {
		return found.Machine
	}
	return nil
}

// shutdownLimit is how long EC2 waits for the system to stop before it turns the power off (the
// provider's default timeout of a stop, internal/service/ec2/ec2_instance.go: 20 minutes).
const shutdownLimit = 20 * time.Minute

func bootInstance(c *cloud.Cloud, r cloud.Record) error {
	metadata, err := imds.ServeMetadata(c, r.ID)
	if err != nil {
		return fmt.Errorf("starting instance %s: %w", r.ID, err)
	}
	made := &Computer{metadata: metadata, dir: filepath.Join(c.Runtime().Dir, "machines", r.ID)}
	if err := made.boot(c, r); err != nil {
		return errors.Join(fmt.Errorf("starting instance %s: %w", r.ID, err), made.closeServices())
	}
	Machines.Of(c).Set(r.ID, made)
	return nil
}

func (m *Computer) boot(c *cloud.Cloud, r cloud.Record) error {
	source, err := netip.ParseAddr(r.Str("privateIp"))
	if err != nil {
		return fmt.Errorf("reading its private address: %w", err)
	}
	var start func(*exec.Cmd) error
	// Where guards are not supported, machines run without. Callers that start the cloud can call
	// flowguard.Supported themselves and report it.
	if flowguard.Supported() == nil {
		if m.Guard, err = NewGuard(c, source, flowguard.Options{}); err != nil {
			return err
		}
		start = m.Guard.Start
	}
	runtime := c.Runtime()
	m.Machine, err = machine.Boot(machine.Options{
		Name:     r.ID,
		Dir:      m.dir,
		Address:  source.String(),
		UserData: r.Str("userData"),
		Environment: map[string]string{
			"AWS_ENDPOINT_URL":                  awsapi.APIURL(c),
			"AWS_EC2_METADATA_SERVICE_ENDPOINT": m.metadata.URL,
		},
		Tools:   runtime.Tools,
		Scale:   runtime.Scale,
		Command: machineCommand(c, m.metadata),
		Start:   start,
	})
	return err
}

// closeServices closes the metadata service and the guard of a machine.
func (m *Computer) closeServices() error {
	err := m.metadata.Close()
	if m.Guard != nil {
		err = errors.Join(err, m.Guard.Close())
	}
	return err
}

// stopInstance ends a machine for good, as EC2 terminates an instance. The system gets time to
// stop. Everything outside its attached disks is lost.
func stopInstance(c *cloud.Cloud, r cloud.Record) error {
	found := Machines.Of(c).Get(r.ID)
	if found == nil {
		return nil
	}
	err := errors.Join(found.halt(), found.destroy())
	Machines.Of(c).Take(r.ID)
	return err
}

func (m *Computer) halt() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
	defer cancel()
	return m.Shutdown(ctx)
}

func (m *Computer) destroy() error {
	m.PowerOff()
	return errors.Join(m.closeServices(), os.RemoveAll(m.dir))
}

// attachDisk makes a disk appear on a running machine. The content of the disk is in a folder that
// outlives the machine.
func attachDisk(c *cloud.Cloud, r cloud.Record) error {
	found := Machines.Of(c).Get(r.Str("instanceId"))
	if found == nil {
		return nil
	}
	dir := diskFolder(c, r.Str("volumeId"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("attaching disk %s: %w", r.Str("volumeId"), err)
	}
	return found.Attach(r.Str("volumeId"), dir)
}

// diskFolder is the folder with the content of a disk.
func diskFolder(c *cloud.Cloud, volume string) string {
	return filepath.Join(c.Runtime().Dir, "disks", volume)
}

// detachDisk detaches a disk. With stopInstanceBeforeDetaching the system stops first. Without it,
// a mounted disk stays busy, and the provider gives up waiting.
func detachDisk(c *cloud.Cloud, r cloud.Record) error {
	found := Machines.Of(c).Get(r.Str("instanceId"))
	if found == nil {
		return nil
	}
	if stop, _ := strconv.ParseBool(r.Text("stopInstanceBeforeDetaching")); stop {
		if err := found.halt(); err != nil {
			return fmt.Errorf(
				"stopping instance %s before detaching %s: %w",
				r.Str("instanceId"),
				r.Str("volumeId"),
				err,
			)
		}
	} else if found.IsOn() {
		return fmt.Errorf(
			"waiting for Volume (%s) detach from Instance (%s): timeout while waiting for state to become 'available' "+
				"(last state: 'busy'): the file system on it is mounted",
			r.Str("volumeId"),
			r.Str("instanceId"),
		)
	}
	return found.Detach(r.Str("volumeId"))
}

// LoseDisk makes a disk fail for good: AWS loses it with its content, and its machine loses power.
// The disk is no longer attached either (EBS user guide, "Volume status checks": a failed volume
// cannot be used again).
func LoseDisk(c *cloud.Cloud, volume string) error {
	for _, attachment := range c.Records(AttachmentType) {
		if attachment.Str("volumeId") != volume {
			continue
		}
		if found := Machines.Of(c).Get(attachment.Str("instanceId")); found != nil {
			found.PowerOff()
			if err := found.Detach(volume); err != nil {
				return fmt.Errorf("losing disk %s: %w", volume, err)
			}
		}
		c.Remove(AttachmentType, attachment.ID)
	}
	if !c.Remove(VolumeType, volume) {
		return fmt.Errorf("losing disk %s: there is no disk with that id", volume)
	}
	return os.RemoveAll(diskFolder(c, volume))
}
