// What EBS and Data Lifecycle Manager refuse, and what a deleted volume leaves.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
)

// checkVolume is the provider's check of a new volume's inputs against its type.
func checkVolume(c *call) []failure {
	var faults []failure
	if !present(c.inputs, "size") && !present(c.inputs, "snapshotId") {
		faults = append(faults, failure{"size", "\"size\": one of `size,snapshotId` must be specified"})
	}
	if len(c.old) > 0 {
		return faults
	}
	kind := c.str("type")
	provisioned := kind == "io1" || kind == "io2"
	switch {
	case provisioned && !present(c.inputs, "iops"):
		faults = append(faults, failure{"iops", fmt.Sprintf("'iops' must be set when 'type' is '%s'", kind)})
	case !provisioned && kind != "gp3" && c.num("iops") != 0:
		faults = append(faults, failure{"iops", fmt.Sprintf("'iops' must not be set when 'type' is '%s'", kind)})
	}
	if c.yes("multiAttachEnabled") && !provisioned {
		faults = append(
			faults,
			failure{
				"multiAttachEnabled",
				fmt.Sprintf("'multiAttachEnabled' must not be set when 'type' is '%s'", kind),
			},
		)
	}
	if c.num("throughput") > 0 && kind != "gp3" {
		faults = append(
			faults,
			failure{"throughput", fmt.Sprintf("'throughput' must not be set when 'type' is '%s'", kind)},
		)
	}
	return faults
}

// snapshotOf is the snapshot that a volume begins with; nil if none.
func (c *call) snapshotOf() *Record {
	for _, token := range anySnapshot {
		if r := c.tx.find(token, "", c.str("snapshotId")); r != nil {
			return r
		}
	}
	return nil
}

func (c *call) snapshotSays(path string, otherwise any) any {
	if snapshot := c.snapshotOf(); snapshot != nil && snapshot.Get(path) != nil {
		return snapshot.Get(path)
	}
	return otherwise
}

func (c *call) volumeSays(path string) any {
	if volume := c.tx.find(volumeType, "", c.str("volumeId")); volume != nil {
		return volume.Get(path)
	}
	return nil
}

// volumeKey is the key of an encrypted volume that names none: its snapshot's, or EBS's own.
func volumeKey(c *call) any {
	if encrypted := c.yes("encrypted") || c.snapshotSays("encrypted", false) == true; !encrypted {
		return ""
	}
	return c.snapshotSays("kmsKeyId", c.expand("arn:aws:kms:{region}:{account}:alias/aws/ebs"))
}

// judgeVolume: a zone of the region, a snapshot that fits, and the limits of the type.
func judgeVolume(c *call) error {
	if zone := c.str("availabilityZone"); !slices.Contains(c.cloud.Zones(), zone) {
		return errorf("InvalidParameterValue: Invalid availability zone: [%s]", zone)
	}
	size := c.num("size")
	if held, given := c.snapshotSays("volumeSize", 0.0).(float64); given {
		if size == 0 {
			size = held
		}
		if size < held {
			return errorf(
				"InvalidParameterValue: Volume of %sGiB is smaller than snapshot '%s', expect size>= %sGiB",
				trimFloat(size),
				c.str("snapshotId"),
				trimFloat(held),
			)
		}
	}
	kind := c.str("type")
	if kind == "" {
		kind = "gp2"
	}
	asked := disk{kind: kind, size: size}
	// Outputs hold what AWS took in place of inputs; only what is asked for is judged.
	asked.iops, _ = c.givenOr("iops", 0).(float64)
	asked.throughput, _ = c.givenOr("throughput", 0).(float64)
	return judgeDisk(asked)
}

// growOnly: a volume never gets smaller.
func growOnly(c *call) error {
	before, _ := valueAt(c.old, "size")
	if old, known := plain(before).(float64); known && c.num("size") < old {
		return errorf("InvalidParameterValue: New size cannot be smaller than existing size")
	}
	return nil
}

// keepLast is the snapshot that finalSnapshot asks for.
func keepLast(c *call) error {
	if !c.yes("finalSnapshot") {
		return nil
	}
	c.tx.keep(finalSnapshotType, "snap-"+randomHex(17), map[string]any{
		"volumeId": c.id, "volumeSize": c.get("size"),
		"encrypted": c.get("encrypted"), "kmsKeyId": c.get("kmsKeyId"), "tags": c.get("tags"),
	})
	return nil
}

var deviceName = regexp.MustCompile(`^(/dev/)?(sd[a-z][0-9]*|xvd[a-z]{1,2}|hd[a-z][0-9]*)$`)

// judgeAttachment: one instance of the volume's own zone, and a device name that is free.
func judgeAttachment(c *call) error {
	volume, instance := c.tx.find(
		volumeType,
		"",
		c.str("volumeId"),
	), c.tx.find(
		instanceType,
		"",
		c.str("instanceId"),
	)
	device := c.str("deviceName")
	if !deviceName.MatchString(device) {
		return errorf(
			"InvalidParameterValue: Value (%s) for parameter device is invalid. %s is not a valid EBS device name.",
			device,
			device,
		)
	}
	if volume.str("availabilityZone") != instance.str("availabilityZone") {
		return errorf(
			"InvalidVolume.ZoneMismatch: The volume '%s' is not in the same availability zone as instance '%s'",
			volume.ID,
			instance.ID,
		)
	}
	for _, other := range c.tx.all(attachmentType) {
		// An instance that is gone, by whosever hand, holds nothing.
		if c.tx.find(instanceType, "", other.str("instanceId")) == nil {
			continue
		}
		if other.str("volumeId") == volume.ID {
			return errorf("VolumeInUse: %s is already attached to an instance", volume.ID)
		}
		if other.str("instanceId") == instance.ID && other.str("deviceName") == device {
			return errorf(
				"InvalidParameterValue: Invalid value '%s' for unixDevice. Attachment point %s is already in use",
				device,
				device,
			)
		}
	}
	return nil
}
