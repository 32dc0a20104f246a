package localcloud

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

const testImage = "ami-0a1b2c3d4e5f60718"

func (b bench) networkInterface(subnet, address string) string {
	b.Helper()
	id, _ := b.make(
		ec2.NetworkInterfaceType,
		"interface",
		map[string]any{"subnetId": subnet, "privateIps": []any{address}},
	)
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
			ec2.NetworkInterfaceType,
			"other",
			map[string]any{"subnetId": subnets[0], "privateIps": []any{address}},
		)
	}
	_, picked := b.make(ec2.NetworkInterfaceType, "any", map[string]any{"subnetId": subnets[0]})
	assert.Equal(t, "10.0.0.254", picked["privateIp"].StringValue())

	old := map[string]any{"subnetId": subnets[0], "privateIps": []any{"10.0.0.10"}}
	assert.False(
		t,
		b.replacesOn(
			ec2.NetworkInterfaceType,
			old,
			with(old, map[string]any{"privateIps": []any{"10.0.0.10", "10.0.0.11"}}),
		),
	)
	assert.True(
		t,
		b.replacesOn(ec2.NetworkInterfaceType, old, with(old, map[string]any{"privateIps": []any{"10.0.0.11"}})),
		"another primary address",
	)
}

func TestInstanceOnItsInterface(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	own := b.networkInterface(subnets[1], "10.0.1.10")
	id, outputs := b.make(ec2.InstanceType, "node", instanceOn(own))
	assert.Equal(t, "10.0.1.10", outputs["privateIp"].StringValue())
	assert.Equal(t, "us-east-1b", outputs["availabilityZone"].StringValue())
	assert.Equal(t, own, outputs["primaryNetworkInterfaceId"].StringValue())
	assert.Equal(t, id, b.CopyOf(ec2.NetworkInterfaceType, "", own).Str("attachments.instance"))
	b.refused("InvalidNetworkInterface.InUse", ec2.InstanceType, "other", instanceOn(own))
	assert.ErrorContains(t, b.end(ec2.NetworkInterfaceType, own), "is currently in use")
	require.NoError(t, b.end(ec2.InstanceType, id))
	assert.Empty(t, b.CopyOf(ec2.NetworkInterfaceType, "", own).Get("attachments"))
	b.make(ec2.InstanceType, "successor", instanceOn(own))
}

func TestInstanceRefusals(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	inputs := instanceOn(b.networkInterface(subnets[0], "10.0.0.10"))
	assert.Equal(
		t,
		[]string{"networkInterfaces", "networkInterfaces"},
		b.faults(
			ec2.InstanceType,
			with(inputs, map[string]any{"subnetId": subnets[0], "vpcSecurityGroupIds": []any{"sg-1"}}),
		),
	)
	assert.Equal(
		t,
		[]string{"userData"},
		b.faults(ec2.InstanceType, with(inputs, map[string]any{"userData": strings.Repeat("x", 16385)})),
	)
	assert.Empty(t, b.faults(ec2.InstanceType, with(inputs, map[string]any{"userData": strings.Repeat("x", 16384)})))
	large := base64.StdEncoding.EncodeToString(make([]byte, 16385))
	b.refused(
		"User data is limited to 16384 bytes",
		ec2.InstanceType,
		"large",
		with(inputs, map[string]any{"userDataBase64": large}),
	)
	b.refused(
		"InvalidAMIID.NotFound: The image id '[ami-1]'",
		ec2.InstanceType,
		"image",
		with(inputs, map[string]any{"ami": "ami-1"}),
	)
	b.refused(
		"The architecture 'arm64'",
		ec2.InstanceType,
		"arm",
		with(inputs, map[string]any{"instanceType": "m7g.large"}),
	)
	b.refused(
		"Invalid IAM Instance Profile name",
		ec2.InstanceType,
		"profile",
		with(inputs, map[string]any{"iamInstanceProfile": "none"}),
	)

	id, _ := b.make(ec2.InstanceType, "kept", with(inputs, map[string]any{"disableApiTermination": true}))
	assert.ErrorContains(
		t,
		b.end(ec2.InstanceType, id),
		"OperationNotPermitted: The instance '"+id+"' may not be terminated",
	)
	require.NoError(t, b.change(ec2.InstanceType, id, inputs))
	require.NoError(t, b.end(ec2.InstanceType, id))
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
		assert.Equal(t, c.replaces, b.replacesOn(ec2.InstanceType, old, with(old, c.change)), name)
	}
	firm := with(old, map[string]any{"userDataReplaceOnChange": true})
	assert.True(t, b.replacesOn(ec2.InstanceType, firm, with(firm, map[string]any{"userData": "b"})))
	assert.False(t, b.replacesOn(ec2.InstanceType, firm, with(firm, map[string]any{"instanceType": "m6i.xlarge"})))
	marked := with(firm, map[string]any{cloud.ReplacementMark: 1.0})
	assert.False(t, b.replacesOn(ec2.InstanceType, marked, firm), "an old mark replaces nothing")
	assert.True(t, b.replacesOn(ec2.InstanceType, marked, with(firm, map[string]any{"userData": "b"})))
}

func TestUserDataInPlaceNeedsAStop(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	inputs := with(instanceOn(b.networkInterface(subnets[0], "10.0.0.10")), map[string]any{"userData": "a"})
	id, made := b.make(ec2.InstanceType, "node", inputs)
	require.NoError(
		t,
		b.change(ec2.InstanceType, id, with(inputs, map[string]any{"userData": "b", "disableApiStop": true})),
	)
	_, after := b.ReadResource(cloud.Table[ec2.InstanceType], id)
	assert.Equal(
		t,
		made["rootBlockDevice"].ObjectValue()["volumeId"],
		after["rootBlockDevice"].ObjectValue()["volumeId"],
		"the root disk stays",
	)
	assert.ErrorContains(
		t,
		b.change(ec2.InstanceType, id, with(inputs, map[string]any{"userData": "c"})),
		"may not be stopped",
	)
	require.NoError(
		t,
		b.change(ec2.InstanceType, id, with(inputs, map[string]any{"userData": "b", "monitoring": true})),
	)
}
