package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

func TestVolumeLimits(t *testing.T) {
	for text, d := range map[string]ec2.Disk{
		"": {
			Kind:       "gp3",
			Size:       500,
			Iops:       3000,
			Throughput: 125,
		},
		"iops of 2000 is too low": {
			Kind:       "gp3",
			Size:       500,
			Iops:       2000,
			Throughput: 125,
		}, "iops of 16001 is too high": {
			Kind:       "gp3",
			Size:       500,
			Iops:       16001,
			Throughput: 125,
		},
		"Throughput (MiBps) to iops ratio": {
			Kind:       "gp3",
			Size:       500,
			Iops:       3000,
			Throughput: 751,
		}, "Iops to volume size ratio": {
			Kind:       "gp3",
			Size:       8,
			Iops:       5000,
			Throughput: 125,
		},
		"too large for volume type gp3": {
			Kind:       "gp3",
			Size:       16385,
			Iops:       0,
			Throughput: 0,
		}, "too small for volume type st1": {
			Kind:       "st1",
			Size:       100,
			Iops:       0,
			Throughput: 0,
		}, "parameter volumeType is invalid": {
			Kind:       "gp9",
			Size:       1,
			Iops:       0,
			Throughput: 0,
		},
	} {
		if err := ec2.CheckDisk(d); text == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, text)
		}
	}
	assert.NoError(t, ec2.CheckDisk(ec2.Disk{
		Kind:       "gp3",
		Size:       1,
		Iops:       3000,
		Throughput: 750,
	}), "up to 3,000 operations the size does not count")
}

func TestVolumesAndSnapshots(t *testing.T) {
	b := newBench(t)
	inputs := map[string]any{"availabilityZone": "us-east-1a", "size": 500.0, "type": "gp3", "finalSnapshot": true}
	id, outputs := b.make(ec2.VolumeType, "disk", inputs)
	assert.Equal(t, 3000.0, outputs["iops"].NumberValue())
	assert.Equal(t, 125.0, outputs["throughput"].NumberValue())
	assert.ErrorContains(
		t,
		b.change(ec2.VolumeType, id, with(inputs, map[string]any{"size": 499.0})),
		"New size cannot be smaller than existing size",
	)
	require.NoError(t, b.change(ec2.VolumeType, id, with(inputs, map[string]any{"size": 501.0, "iops": 4000.0})))
	for change, replaces := range map[string]bool{
		"size": false, "iops": false, "throughput": false, "type": false, "encrypted": true, "kmsKeyId": true,
		"availabilityZone": true, "snapshotId": true,
	} {
		assert.Equal(t, replaces, replacesAt(ec2.VolumeType, change), change)
	}
	snapshot, made := b.make(ec2.DiskSnapshotType, "snapshot", map[string]any{"volumeId": id})
	assert.Equal(t, 501.0, made["volumeSize"].NumberValue())
	b.refused(
		"is smaller than snapshot",
		ec2.VolumeType,
		"small",
		map[string]any{"availabilityZone": "us-east-1a", "size": 8.0, "snapshotId": snapshot},
	)
	_, restored := b.make(
		ec2.VolumeType,
		"restored",
		map[string]any{"availabilityZone": "us-east-1b", "type": "gp3", "snapshotId": snapshot},
	)
	assert.Equal(t, 501.0, restored["size"].NumberValue())
	assert.Equal(t, []string{"size"}, b.faults(ec2.VolumeType, map[string]any{"availabilityZone": "us-east-1a"}))
	require.NoError(t, b.end(ec2.VolumeType, id))
	require.Len(t, b.Records(ec2.FinalSnapshotType), 1)
	assert.NotContains(t, b.Inventory(), ec2.FinalSnapshotType)
}

func replacesAt(token, path string) bool { return cloud.Replaces(cloud.Table[token], path) }

func TestAttachments(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	instance, _ := b.make(ec2.InstanceType, "node", instanceOn(b.networkInterface(subnets[0], "10.0.0.10")))
	near, _ := b.make(ec2.VolumeType, "near", map[string]any{"availabilityZone": "us-east-1a", "size": 10.0})
	far, _ := b.make(ec2.VolumeType, "far", map[string]any{"availabilityZone": "us-east-1b", "size": 10.0})
	attach := func(volume, device string) map[string]any {
		return map[string]any{"instanceId": instance, "volumeId": volume, "deviceName": device}
	}
	b.refused("InvalidVolume.ZoneMismatch", ec2.AttachmentType, "far", attach(far, "/dev/sdf"))
	b.refused("not a valid EBS device name", ec2.AttachmentType, "device", attach(near, "disk"))
	b.make(ec2.AttachmentType, "near", attach(near, "/dev/sdf"))
	b.refused("VolumeInUse", ec2.AttachmentType, "again", attach(near, "/dev/sdg"))
	assert.ErrorContains(t, b.end(ec2.VolumeType, near), "VolumeInUse: Volume "+near)
	require.NoError(t, b.end(ec2.InstanceType, instance))
	require.NoError(t, b.end(ec2.VolumeType, near), "an instance that ends lets its disks go")
}
