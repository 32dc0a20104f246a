package localcloud

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testImage = "ami-0a1b2c3d4e5f60718"

func (b bench) networkInterface(subnet, address string) string {
	b.Helper()
	id, _ := b.make(networkInterfaceType, "interface", map[string]any{"subnetId": subnet, "privateIps": []any{address}})
	return id
}

func instanceOn(networkInterface string) map[string]any {
	return map[string]any{
		"ami": testImage, "instanceType": "m6i.large",
		"networkInterfaces": []any{map[string]any{"deviceIndex": 0.0, "networkInterfaceId": networkInterface}},
	}
}

func TestInterfaceAddresses(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	b.networkInterface(subnets[0], "10.0.0.10")
	for address, text := range map[string]string{
		"10.0.0.10": "InvalidIPAddress.InUse: Address 10.0.0.10 is in use",
		"10.0.1.10": "does not fall within the subnet",
		"10.0.0.3":  "reserved address range", "10.0.0.255": "reserved address range",
		"ten": "invalid value for parameter address",
	} {
		b.refused(
			text,
			networkInterfaceType,
			"other",
			map[string]any{"subnetId": subnets[0], "privateIps": []any{address}},
		)
	}
	_, picked := b.make(networkInterfaceType, "any", map[string]any{"subnetId": subnets[0]})
	assert.Equal(t, "10.0.0.254", picked["privateIp"].StringValue())

	old := map[string]any{"subnetId": subnets[0], "privateIps": []any{"10.0.0.10"}}
	assert.False(
		t,
		b.replacesOn(
			networkInterfaceType,
			old,
			with(old, map[string]any{"privateIps": []any{"10.0.0.10", "10.0.0.11"}}),
		),
	)
	assert.True(
		t,
		b.replacesOn(networkInterfaceType, old, with(old, map[string]any{"privateIps": []any{"10.0.0.11"}})),
		"another primary address",
	)
}

func TestInstanceOnItsInterface(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	own := b.networkInterface(subnets[1], "10.0.1.10")
	id, outputs := b.make(instanceType, "node", instanceOn(own))
	assert.Equal(t, "10.0.1.10", outputs["privateIp"].StringValue())
	assert.Equal(t, "us-east-1b", outputs["availabilityZone"].StringValue())
	assert.Equal(t, own, outputs["primaryNetworkInterfaceId"].StringValue())
	assert.Equal(t, id, b.find(networkInterfaceType, "", own).str("attachments.instance"))
	b.refused("InvalidNetworkInterface.InUse", instanceType, "other", instanceOn(own))
	assert.ErrorContains(t, b.end(networkInterfaceType, own), "is currently in use")
	require.NoError(t, b.end(instanceType, id))
	assert.Empty(t, b.find(networkInterfaceType, "", own).Get("attachments"))
	b.make(instanceType, "successor", instanceOn(own))
}

func TestInstanceRefusals(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	inputs := instanceOn(b.networkInterface(subnets[0], "10.0.0.10"))
	assert.Equal(
		t,
		[]string{"networkInterfaces", "networkInterfaces"},
		b.faults(
			instanceType,
			with(inputs, map[string]any{"subnetId": subnets[0], "vpcSecurityGroupIds": []any{"sg-1"}}),
		),
	)
	assert.Equal(
		t,
		[]string{"userData"},
		b.faults(instanceType, with(inputs, map[string]any{"userData": strings.Repeat("x", 16385)})),
	)
	assert.Empty(t, b.faults(instanceType, with(inputs, map[string]any{"userData": strings.Repeat("x", 16384)})))
	large := base64.StdEncoding.EncodeToString(make([]byte, 16385))
	b.refused(
		"User data is limited to 16384 bytes",
		instanceType,
		"large",
		with(inputs, map[string]any{"userDataBase64": large}),
	)
	b.refused(
		"InvalidAMIID.NotFound: The image id '[ami-1]'",
		instanceType,
		"image",
		with(inputs, map[string]any{"ami": "ami-1"}),
	)
	b.refused(
		"The architecture 'arm64'",
		instanceType,
		"arm",
		with(inputs, map[string]any{"instanceType": "m7g.large"}),
	)
	b.refused(
		"Invalid IAM Instance Profile name",
		instanceType,
		"profile",
		with(inputs, map[string]any{"iamInstanceProfile": "none"}),
	)

	id, _ := b.make(instanceType, "kept", with(inputs, map[string]any{"disableApiTermination": true}))
	assert.ErrorContains(
		t,
		b.end(instanceType, id),
		"OperationNotPermitted: The instance '"+id+"' may not be terminated",
	)
	require.NoError(t, b.change(instanceType, id, inputs))
	require.NoError(t, b.end(instanceType, id))
}

func TestInstanceReplacements(t *testing.T) {
	b := newBench(t)
	old := with(
		instanceOn("eni-1"),
		map[string]any{"userData": "a", "rootBlockDevice": map[string]any{"volumeSize": 16.0, "encrypted": true}},
	)
	for name, c := range map[string]struct {
		change   map[string]any
		replaces bool
	}{
		"image": {
			change:   map[string]any{"ami": "ami-0b2c3d4e5f6071829"},
			replaces: true,
		}, "type": {change: map[string]any{"instanceType": "m6i.xlarge"}, replaces: false},
		"profile": {
			change:   map[string]any{"iamInstanceProfile": "p"},
			replaces: false,
		}, "user data": {change: map[string]any{"userData": "b"}, replaces: false},
		"interface": {
			change:   map[string]any{"networkInterfaces": instanceOn("eni-2")["networkInterfaces"]},
			replaces: true,
		},
		"root size": {
			change:   map[string]any{"rootBlockDevice": map[string]any{"volumeSize": 20.0, "encrypted": true}},
			replaces: false,
		},
		"root cipher": {
			change:   map[string]any{"rootBlockDevice": map[string]any{"volumeSize": 16.0, "encrypted": false}},
			replaces: true,
		},
		"tags": {change: map[string]any{"tags": map[string]any{"a": "b"}}, replaces: false},
	} {
		assert.Equal(t, c.replaces, b.replacesOn(instanceType, old, with(old, c.change)), name)
	}
	firm := with(old, map[string]any{"userDataReplaceOnChange": true})
	assert.True(t, b.replacesOn(instanceType, firm, with(firm, map[string]any{"userData": "b"})))
	assert.False(t, b.replacesOn(instanceType, firm, with(firm, map[string]any{"instanceType": "m6i.xlarge"})))
	marked := with(firm, map[string]any{replacementMark: 1.0})
	assert.False(t, b.replacesOn(instanceType, marked, firm), "an old mark replaces nothing")
	assert.True(t, b.replacesOn(instanceType, marked, with(firm, map[string]any{"userData": "b"})))
}

func TestUserDataInPlaceNeedsAStop(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	inputs := with(instanceOn(b.networkInterface(subnets[0], "10.0.0.10")), map[string]any{"userData": "a"})
	id, made := b.make(instanceType, "node", inputs)
	require.NoError(
		t,
		b.change(instanceType, id, with(inputs, map[string]any{"userData": "b", "disableApiStop": true})),
	)
	_, after := b.read(table[instanceType], id)
	assert.Equal(
		t,
		made["rootBlockDevice"].ObjectValue()["volumeId"],
		after["rootBlockDevice"].ObjectValue()["volumeId"],
		"the root disk stays",
	)
	assert.ErrorContains(
		t,
		b.change(instanceType, id, with(inputs, map[string]any{"userData": "c"})),
		"may not be stopped",
	)
	require.NoError(t, b.change(instanceType, id, with(inputs, map[string]any{"userData": "b", "monitoring": true})))
}

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
	require.Len(t, b.all(finalSnapshotType), 1)
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

func TestSnapshotPolicies(t *testing.T) {
	b := newBench(t)
	schedule := map[string]any{
		"name":       "daily",
		"createRule": map[string]any{"interval": 24.0, "times": "03:00"},
		"retainRule": map[string]any{"count": 7.0},
	}
	inputs := map[string]any{
		"description":      "daily snapshots",
		"executionRoleArn": b.role("dlm", "dlm.amazonaws.com"),
		"policyDetails": map[string]any{
			"resourceTypes": []any{"VOLUME"},
			"targetTags":    map[string]any{"a": "b"},
			"schedules":     []any{schedule},
		},
	}
	id, _ := b.make(policyType, "policy", inputs)
	assert.Regexp(t, `^policy-[0-9a-f]{17}$`, id)
	b.refused(
		"cannot be assumed",
		policyType,
		"role",
		with(inputs, map[string]any{"executionRoleArn": b.role("other", "ec2.amazonaws.com")}),
	)
	wrong := with(schedule, map[string]any{"createRule": map[string]any{"interval": 5.0, "times": "25:00"}})
	assert.Equal(
		t,
		[]string{
			"description",
			"policyDetails.schedules[0].createRule.interval",
			"policyDetails.schedules[0].createRule.times",
		},
		b.faults(
			policyType,
			with(
				inputs,
				map[string]any{"description": "it's", "policyDetails": map[string]any{"schedules": []any{wrong}}},
			),
		),
	)
}
