package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// network makes a VPC with a private subnet in each zone.
func (b bench) network() (vpc string, subnets []string) {
	b.Helper()
	vpc, _ = b.make(ec2.VpcType, "vpc", map[string]any{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	for i, zone := range b.Zones() {
		id, _ := b.make(
			ec2.SubnetType,
			"subnet",
			map[string]any{
				"vpcId":            vpc,
				"availabilityZone": zone,
				"cidrBlock":        "10.0." + cloud.FormatNumber(float64(i)) + ".0/24",
			},
		)
		subnets = append(subnets, id)
	}
	return vpc, subnets
}

func (b bench) group(vpc string) string {
	b.Helper()
	id, _ := b.make(ec2.SecurityGroupType, "group", map[string]any{"vpcId": vpc})
	return id
}

// replacesOn asks Check and Diff, as the engine does, which changed inputs make a new resource.
func (b bench) replacesOn(token string, old, now map[string]any) bool {
	b.Helper()
	before := resource.NewPropertyMapFromMap(old)
	inputs, faults := b.Check(cloud.Table[token], "subject", before, resource.NewPropertyMapFromMap(now))
	require.Empty(b, faults)
	for _, change := range cloud.Diff(cloud.Table[token], before, inputs) {
		if change.Kind.IsReplace() {
			return true
		}
	}
	return false
}

func TestVpcComesAndGoesWithItsDefaults(t *testing.T) {
	b := newBench(t)
	vpc, outputs := b.make(ec2.VpcType, "vpc", map[string]any{"cidrBlock": "10.0.0.0/16"})
	group := outputs["defaultSecurityGroupId"].StringValue()
	adopted, _ := b.make(ec2.DefaultGroupType, "locked", map[string]any{"vpcId": vpc})
	assert.Equal(t, group, adopted)
	assert.Empty(t, b.CopyOf(ec2.VpcDefaultGroupType, "", group).Get("ingress"), "adoption takes the rules away")
	assert.Equal(t, 1, b.Inventory()[ec2.VpcType])
	assert.NotContains(t, b.Inventory(), ec2.VpcDefaultGroupType)

	subnet, _ := b.make(ec2.SubnetType, "subnet", map[string]any{"vpcId": vpc, "cidrBlock": "10.0.0.0/24"})
	assert.ErrorContains(t, b.end(ec2.VpcType, vpc), "DependencyViolation: The vpc '"+vpc)
	require.NoError(t, b.end(ec2.SubnetType, subnet))
	require.NoError(t, b.end(ec2.VpcType, vpc))
	assert.Nil(t, b.CopyOf(ec2.VpcDefaultGroupType, "", group))
}

func TestSubnetRanges(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	for text, cidr := range map[string]string{
		"InvalidSubnet.Conflict": "10.0.0.128/25", "InvalidSubnet.Range: The CIDR '10.1": "10.1.0.0/24",
		"InvalidSubnet.Range: The CIDR '10.0.9.0/29'": "10.0.9.0/29",
	} {
		b.refused(text, ec2.SubnetType, "other", map[string]any{"vpcId": vpc, "cidrBlock": cidr})
	}
	b.refused(
		"parameter availabilityZone is invalid",
		ec2.SubnetType,
		"other",
		map[string]any{"vpcId": vpc, "cidrBlock": "10.0.9.0/24", "availabilityZone": "us-east-1q"},
	)
	assert.Equal(
		t,
		[]string{"cidrBlock"},
		b.faults(ec2.SubnetType, map[string]any{"vpcId": vpc, "cidrBlock": "10.0.9.7/24"}),
	)

	group := b.group(vpc)
	held, _ := b.make(
		ec2.NetworkInterfaceType,
		"interface",
		map[string]any{"subnetId": subnets[0], "securityGroups": []any{group}},
	)
	assert.ErrorContains(t, b.end(ec2.SubnetType, subnets[0]), "has dependencies and cannot be deleted")
	assert.ErrorContains(t, b.end(ec2.SecurityGroupType, group), "has a dependent object")
	require.NoError(t, b.end(ec2.NetworkInterfaceType, held))
	require.NoError(t, b.end(ec2.SecurityGroupType, group))
	require.NoError(t, b.end(ec2.SubnetType, subnets[0]))
}

func TestNatGatewayHoldsItsAddress(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	address, outputs := b.make(ec2.ElasticAddressType, "address", nil)
	nat, made := b.make(ec2.NatGatewayType, "nat", map[string]any{"subnetId": subnets[0], "allocationId": address})
	assert.Equal(t, outputs["publicIp"], made["publicIp"])
	assert.Equal(
		t,
		made["networkInterfaceId"].StringValue(),
		b.CopyOf(ec2.ElasticAddressType, "", address).Str("networkInterface"),
	)
	b.refused(
		"Resource.AlreadyAssociated",
		ec2.NatGatewayType,
		"other",
		map[string]any{"subnetId": subnets[1], "allocationId": address},
	)
	assert.ErrorContains(t, b.end(ec2.ElasticAddressType, address), "InvalidIPAddress.InUse")
	assert.ErrorContains(t, b.end(ec2.SubnetType, subnets[0]), "DependencyViolation")
	require.NoError(t, b.end(ec2.NatGatewayType, nat))
	require.NoError(t, b.end(ec2.ElasticAddressType, address))
	require.NoError(t, b.end(ec2.SubnetType, subnets[0]))
}

func TestRoutes(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	gateway, _ := b.make(ec2.InternetGatewayType, "gateway", map[string]any{"vpcId": vpc})
	b.refused(
		"already has an internet gateway attached",
		ec2.InternetGatewayType,
		"other",
		map[string]any{"vpcId": vpc},
	)
	routes, _ := b.make(ec2.RouteTableType, "table", map[string]any{"vpcId": vpc})
	route := map[string]any{"routeTableId": routes, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
	id, _ := b.make(ec2.RouteType, "route", route)
	// The number that the provider gives the default route, as seen in public state files.
	assert.Equal(t, "r-"+routes+"1080289494", id)
	b.refused("RouteAlreadyExists", ec2.RouteType, "again", route)
	assert.Equal(
		t,
		[]string{"destinationCidrBlock", "gatewayId"},
		b.faults(ec2.RouteType, map[string]any{"routeTableId": routes}),
	)
	b.make(ec2.RouteAssociationType, "association", map[string]any{"routeTableId": routes, "subnetId": subnets[0]})
	b.refused(
		"Resource.AlreadyAssociated",
		ec2.RouteAssociationType,
		"again",
		map[string]any{"routeTableId": routes, "subnetId": subnets[0]},
	)
	require.NoError(t, b.end(ec2.RouteTableType, routes))
	assert.Empty(t, b.Records(ec2.RouteType))
	assert.Empty(t, b.Records(ec2.RouteAssociationType))
}

func TestSecurityGroupRules(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	from, to := b.group(vpc), b.group(vpc)
	rule := map[string]any{
		"securityGroupId":           from,
		"referencedSecurityGroupId": to,
		"ipProtocol":                "tcp",
		"fromPort":                  4222.0,
		"toPort":                    4222.0,
	}
	b.make(ec2.EgressRuleType, "rule", rule)
	b.refused("InvalidPermission.Duplicate", ec2.EgressRuleType, "again", rule)
	b.refused(
		"Invalid rule description",
		ec2.EgressRuleType,
		"text",
		with(rule, map[string]any{"fromPort": 1.0, "description": "node → node"}),
	)
	b.refused("Must specify both from and to ports", ec2.EgressRuleType, "ports", without(rule, "toPort"))
	assert.ErrorContains(t, b.end(ec2.SecurityGroupType, to), "has a dependent object")
	require.NoError(t, b.end(ec2.SecurityGroupType, from), "a group's own rules go with it")
	require.NoError(t, b.end(ec2.SecurityGroupType, to))

	assert.False(t, b.replacesOn(ec2.EgressRuleType, rule, with(rule, map[string]any{"toPort": 4223.0})))
	ranged := with(without(rule, "referencedSecurityGroupId"), map[string]any{"cidrIpv4": "10.0.0.0/8"})
	assert.True(t, b.replacesOn(ec2.EgressRuleType, rule, ranged), "another kind of peer")
	assert.Equal(t, []string{"ingress[0].description"}, b.faults(ec2.SecurityGroupType, map[string]any{
		"vpcId":   vpc,
		"ingress": []any{map[string]any{"protocol": "tcp", "fromPort": 1.0, "toPort": 1.0, "description": "it's"}},
	}))
}

func TestInterfaceEndpoints(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	endpoint := map[string]any{
		"vpcId": vpc, "serviceName": "com.amazonaws.us-east-1.ecr.api", "vpcEndpointType": "Interface",
		"subnetIds": cloud.AnyList(subnets), "privateDnsEnabled": true,
	}
	id, outputs := b.make(ec2.VpcEndpointType, "endpoint", endpoint)
	assert.Len(t, outputs["networkInterfaceIds"].ArrayValue(), 3)
	assert.Equal(
		t,
		"api.ecr.us-east-1.amazonaws.com",
		outputs["dnsEntries"].ArrayValue()[1].ObjectValue()["dnsName"].StringValue(),
	)
	b.refused("conflicting DNS domain", ec2.VpcEndpointType, "again", endpoint)
	require.NoError(
		t,
		b.change(ec2.VpcEndpointType, id, with(endpoint, map[string]any{"subnetIds": cloud.AnyList(subnets[:2])})),
	)
	assert.Len(t, cloud.View(b.Cloud, func(tx *cloud.Tx) []*cloud.Record { return ec2.OwnInterfaces(tx, id) }), 2)
	assert.False(
		t,
		b.replacesOn(ec2.VpcEndpointType, endpoint, with(endpoint, map[string]any{"privateDnsEnabled": false})),
	)
	b.refused(
		"does not match available service types",
		ec2.VpcEndpointType,
		"gateway",
		map[string]any{"vpcId": vpc, "serviceName": "com.amazonaws.us-east-1.logs"},
	)
	require.NoError(t, b.end(ec2.VpcEndpointType, id))
	assert.Empty(t, cloud.View(b.Cloud, func(tx *cloud.Tx) []*cloud.Record { return ec2.OwnInterfaces(tx, id) }))
}

func TestFlowLogs(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	inputs := map[string]any{
		"vpcId": vpc, "trafficType": "ALL", "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/flows",
		"iamRoleArn": b.role("flows", "vpc-flow-logs.amazonaws.com"),
	}
	_, outputs := b.make(ec2.FlowLogType, "flows", inputs)
	assert.Equal(t, "/flows", outputs["logGroupName"].StringValue())
	b.refused("FlowLogAlreadyExists", ec2.FlowLogType, "again", inputs)
	b.refused("DeliverLogsPermissionArn can't be empty", ec2.FlowLogType, "role", without(inputs, "iamRoleArn"))
	b.refused(
		"does not name vpc-flow-logs",
		ec2.FlowLogType,
		"trust",
		with(inputs, map[string]any{"trafficType": "REJECT", "iamRoleArn": b.role("other", "ec2.amazonaws.com")}),
	)
}

// with and without make a changed copy of inputs.
func with(inputs, changes map[string]any) map[string]any {
	copied := map[string]any{}
	for _, part := range []map[string]any{inputs, changes} {
		for key, v := range part {
			copied[key] = v
		}
	}
	return copied
}

func without(inputs map[string]any, keys ...string) map[string]any {
	copied := with(inputs, nil)
	for _, key := range keys {
		delete(copied, key)
	}
	return copied
}
