// Which volumes and attachments EBS refuses, and what a deleted volume leaves.
package ec2

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// validateVolume is the provider's check of a new volume's inputs against its type.
func validateVolume(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	if !cloud.Present(c.Inputs, "size") && !cloud.Present(c.Inputs, "snapshotId") {
		faults = append(
			faults,
			cloud.Failure{Property: "size", Reason: "\"size\": one of `size,snapshotId` must be specified"},
		)
	}
	if len(c.Old) > 0 {
		return faults
	}
	kind := c.Str("type")
	provisioned := kind == "io1" || kind == "io2"
	switch {
	case provisioned && !cloud.Present(c.Inputs, "iops"):
		faults = append(
			faults,
			cloud.Failure{Property: "iops", Reason: fmt.Sprintf("'iops' must be set when 'type' is '%s'", kind)},
		)
	case !provisioned && kind != "gp3" && c.Num("iops") != 0:
		faults = append(
			faults,
			cloud.Failure{Property: "iops", Reason: fmt.Sprintf("'iops' must not be set when 'type' is '%s'", kind)},
		)
	}
	if c.Bool("multiAttachEnabled") && !provisioned {
		faults = append(
			faults,
			cloud.Failure{
				Property: "multiAttachEnabled",
				Reason:   fmt.Sprintf("'multiAttachEnabled' must not be set when 'type' is '%s'", kind),
			},
		)
	}
	if c.Num("throughput") > 0 && kind != "gp3" {
		faults = append(
			faults,
			cloud.Failure{
				Property: "throughput",
				Reason:   fmt.Sprintf("'throughput' must not be set when 'type' is '%s'", kind),
			},
		)
	}
	return faults
}

// snapshotOf returns the snapshot that a volume is created from; nil if it is created empty.
func snapshotOf(c *cloud.Call) *cloud.Record {
	for _, token := range snapshotTypes {
		if r := c.Tx.Find(token, "", c.Str("snapshotId")); r != nil {
			return r
		}
	}
	return nil
}

func snapshotValue(c *cloud.Call, path string, otherwise any) any {
	if snapshot := snapshotOf(c); snapshot != nil && snapshot.Get(path) != nil {
		return snapshot.Get(path)
	}
	return otherwise
}

func volumeValue(c *cloud.Call, path string) any {
	if volume := c.Tx.Find(VolumeType, "", c.Str("volumeId")); volume != nil {
		return volume.Get(path)
	}
	return nil
}

// volumeKey returns the key of an encrypted volume that names none: the key of its snapshot, or the
// default key of EBS.
func volumeKey(c *cloud.Call) any {
	if encrypted := c.Bool("encrypted") || snapshotValue(c, "encrypted", false) == true; !encrypted {
		return ""
	}
	return snapshotValue(c, "kmsKeyId", c.Expand("arn:aws:kms:{region}:{account}:alias/aws/ebs"))
}

// checkVolume requires a zone of the region, a snapshot that fits, and values within the limits of
// the type.
func checkVolume(c *cloud.Call) error {
	if zone := c.Str("availabilityZone"); !slices.Contains(c.Cloud.Zones(), zone) {
		return cloud.Errorf("InvalidParameterValue: Invalid availability zone: [%s]", zone)
	}
	size := c.Num("size")
	if held, given := snapshotValue(c, "volumeSize", 0.0).(float64); given {
		if size == 0 {
			size = held
		}
		if size < held {
			return cloud.Errorf(
				"InvalidParameterValue: Volume of %sGiB is smaller than snapshot '%s', expect size>= %sGiB",
				cloud.FormatNumber(size),
				c.Str("snapshotId"),
				cloud.FormatNumber(held),
			)
		}
	}
	kind := c.Str("type")
	if kind == "" {
		kind = "gp2"
	}
	requested := Disk{Kind: kind, Size: size}
	// Outputs hold the values that AWS chose for missing inputs. Only the inputs are checked.
	requested.Iops, _ = c.InputOr("iops", 0).(float64)
	requested.Throughput, _ = c.InputOr("throughput", 0).(float64)
	return CheckDisk(requested)
}

// checkGrowth refuses to make a volume smaller.
func checkGrowth(c *cloud.Call) error {
	before, _ := cloud.ValueAt(c.Old, "size")
	if old, known := cloud.Plain(before).(float64); known && c.Num("size") < old {
		return cloud.Errorf("InvalidParameterValue: New size cannot be smaller than existing size")
	}
	return nil
}

// keepFinalSnapshot creates the snapshot that finalSnapshot requests.
func keepFinalSnapshot(c *cloud.Call) error {
	if !c.Bool("finalSnapshot") {
		return nil
	}
	c.Tx.Keep(FinalSnapshotType, "snap-"+cloud.RandomHex(17), map[string]any{
		"volumeId": c.ID, "volumeSize": c.Get("size"),
		"encrypted": c.Get("encrypted"), "kmsKeyId": c.Get("kmsKeyId"), "tags": c.Get("tags"),
	})
	return nil
}

var deviceName = regexp.MustCompile(`^(/dev/)?(sd[a-z][0-9]*|xvd[a-z]{1,2}|hd[a-z][0-9]*)$`)

// checkAttachment requires one instance in the volume's own zone, and a free device name.
func checkAttachment(c *cloud.Call) error {
	volume, instance := c.Tx.Find(
		VolumeType,
		"",
		c.Str("volumeId"),
	), c.Tx.Find(
		InstanceType,
		"",
		c.Str("instanceId"),
	)
	device := c.Str("deviceName")
	if !deviceName.MatchString(device) {
		return cloud.Errorf(
			"InvalidParameterValue: Value (%s) for parameter device is invalid. %s is not a valid EBS device name.",
			device,
			device,
		)
	}
	if volume.Str("availabilityZone") != instance.Str("availabilityZone") {
		return cloud.Errorf(
			"InvalidVolume.ZoneMismatch: The volume '%s' is not in the same availability zone as instance '%s'",
			volume.ID,
			instance.ID,
		)
	}
	for _, other := range c.Tx.All(AttachmentType) {
		// An instance that no longer exists holds nothing.
		if c.Tx.Find(InstanceType, "", other.Str("instanceId")) == nil {
			continue
		}
		if other.Str("volumeId") == volume.ID {
			return cloud.Errorf("VolumeInUse: %s is already attached to an instance", volume.ID)
		}
		if other.Str("instanceId") == instance.ID && other.Str("deviceName") == device {
			return cloud.Errorf(
				"InvalidParameterValue: Invalid value '%s' for unixDevice. Attachment point %s is already in use",
				device,
				device,
			)
		}
	}
	return nil
}
