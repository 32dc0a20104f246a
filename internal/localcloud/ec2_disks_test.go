package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVolumeLimits(t *testing.T) {
	for text, d := range map[string]disk{
		"": {
			kind:       "gp3",
			size:       500,
			iops:       3000,
			throughput: 125,
		},
		"iops of 2000 is too low": {
			kind:       "gp3",
			size:       500,
			iops:       2000,
			throughput: 125,
		}, "iops of 16001 is too high": {
			kind:       "gp3",
			size:       500,
			iops:       16001,
			throughput: 125,
		},
		"Throughput (MiBps) to iops ratio": {
			kind:       "gp3",
			size:       500,
			iops:       3000,
			throughput: 751,
		}, "Iops to volume size ratio": {
			kind:       "gp3",
			size:       8,
			iops:       5000,
			throughput: 125,
		},
		"too large for volume type gp3": {
			kind:       "gp3",
			size:       16385,
			iops:       0,
			throughput: 0,
		}, "too small for volume type st1": {
			kind:       "st1",
			size:       100,
			iops:       0,
			throughput: 0,
		}, "parameter volumeType is invalid": {
			kind:       "gp9",
			size:       1,
			iops:       0,
			throughput: 0,
		},
	} {
		if err := judgeDisk(d); text == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, text)
		}
	}
	assert.NoError(t, judgeDisk(disk{
		kind:       "gp3",
		size:       1,
		iops:       3000,
		throughput: 750,
	}), "up to 3,000 operations the size does not count")
}

func TestVolumesAndSnapshots(t *testing.T) {
	b := newBench(t)
	inputs := map[string]any{"availabilityZone": "us-east-1a", "size": 500.0, "type": "gp3", "finalSnapshot": true}
	id, outputs := b.make(volumeType, "disk", inputs)
	assert.Equal(t, 3000.0, outputs["iops"].NumberValue())
	assert.Equal(t, 125.0, outputs["throughput"].NumberValue())
	assert.ErrorContains(
		t,
		b.change(volumeType, id, with(inputs, map[string]any{"size": 499.0})),
		"New size cannot be smaller than existing size",
	)
	require.NoError(t, b.change(volumeType, id, with(inputs, map[string]any{"size": 501.0, "iops": 4000.0})))
	for change, replaces := range map[string]bool{
		"size": false, "iops": false, "throughput": false, "type": false, "encrypted": true, "kmsKeyId": true,
		"availabilityZone": true, "snapshotId": true,
	} {
		assert.Equal(t, replaces, replacesAt(volumeType, change), change)
	}
	snapshot, made := b.make(diskSnapshotType, "snapshot", map[string]any{"volumeId": id})
	assert.Equal(t, 501.0, made["volumeSize"].NumberValue())
	b.refused(
		"is smaller than snapshot",
		volumeType,
		"small",
		map[string]any{"availabilityZone": "us-east-1a", "size": 8.0, "snapshotId": snapshot},
	)
	_, restored := b.make(
		volumeType,
		"restored",
		map[string]any{"availabilityZone": "us-east-1b", "type": "gp3", "snapshotId": snapshot},
	)
	assert.Equal(t, 501.0, restored["size"].NumberValue())
	assert.Equal(t, []string{"size"}, b.faults(volumeType, map[string]any{"availabilityZone": "us-east-1a"}))
	require.NoError(t, b.end(volumeType, id))
	require.Len(t, b.Records(finalSnapshotType), 1)
	assert.NotContains(t, b.Inventory(), finalSnapshotType)
}

func replacesAt(token, path string) bool { return replaces(table[token], path) }

func TestAttachments(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	instance, _ := b.make(instanceType, "node", instanceOn(b.networkInterface(subnets[0], "10.0.0.10")))
	near, _ := b.make(volumeType, "near", map[string]any{"availabilityZone": "us-east-1a", "size": 10.0})
	far, _ := b.make(volumeType, "far", map[string]any{"availabilityZone": "us-east-1b", "size": 10.0})
	attach := func(volume, device string) map[string]any {
		return map[string]any{"instanceId": instance, "volumeId": volume, "deviceName": device}
	}
	b.refused("InvalidVolume.ZoneMismatch", attachmentType, "far", attach(far, "/dev/sdf"))
	b.refused("not a valid EBS device name", attachmentType, "device", attach(near, "disk"))
	b.make(attachmentType, "near", attach(near, "/dev/sdf"))
	b.refused("VolumeInUse", attachmentType, "again", attach(near, "/dev/sdg"))
	assert.ErrorContains(t, b.end(volumeType, near), "VolumeInUse: Volume "+near)
	require.NoError(t, b.end(instanceType, instance))
	require.NoError(t, b.end(volumeType, near), "an instance that ends lets its disks go")
}
