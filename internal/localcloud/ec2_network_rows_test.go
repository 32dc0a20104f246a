package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// network makes a VPC with a private subnet in each zone.
func (b bench) network() (vpc string, subnets []string) {
	b.Helper()
	vpc, _ = b.make(vpcType, "vpc", map[string]any{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	for i, zone := range b.Zones() {
		id, _ := b.make(
			subnetType,
			"subnet",
			map[string]any{
				"vpcId":            vpc,
				"availabilityZone": zone,
				"cidrBlock":        "10.0." + trimFloat(float64(i)) + ".0/24",
			},
		)
		subnets = append(subnets, id)
	}
	return vpc, subnets
}

func (b bench) group(vpc string) string {
	b.Helper()
	id, _ := b.make(securityGroupType, "group", map[string]any{"vpcId": vpc})
	return id
}

// replacesOn asks Check and Diff, as the engine does, which changed inputs make a new resource.
func (b bench) replacesOn(token string, old, now map[string]any) bool {
	b.Helper()
	before := resource.NewPropertyMapFromMap(old)
	inputs, faults := b.check(table[token], "subject", before, resource.NewPropertyMapFromMap(now))
	require.Empty(b, faults)
	for _, change := range diff(table[token], before, inputs) {
		if change.Kind.IsReplace() {
			return true
		}
	}
	return false
}

func TestVpcComesAndGoesWithItsDefaults(t *testing.T) {
	b := newBench(t)
	vpc, outputs := b.make(vpcType, "vpc", map[string]any{"cidrBlock": "10.0.0.0/16"})
	group := outputs["defaultSecurityGroupId"].StringValue()
	adopted, _ := b.make(defaultGroupType, "locked", map[string]any{"vpcId": vpc})
	assert.Equal(t, group, adopted)
	assert.Empty(t, b.copyOf(vpcDefaultGroupType, "", group).Get("ingress"), "adoption takes the rules away")
	assert.Equal(t, 1, b.Inventory()[vpcType])
	assert.NotContains(t, b.Inventory(), vpcDefaultGroupType)

	subnet, _ := b.make(subnetType, "subnet", map[string]any{"vpcId": vpc, "cidrBlock": "10.0.0.0/24"})
	assert.ErrorContains(t, b.end(vpcType, vpc), "DependencyViolation: The vpc '"+vpc)
	require.NoError(t, b.end(subnetType, subnet))
	require.NoError(t, b.end(vpcType, vpc))
	assert.Nil(t, b.copyOf(vpcDefaultGroupType, "", group))
}

func TestSubnetRanges(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	for text, cidr := range map[string]string{
		"InvalidSubnet.Conflict": "10.0.0.128/25", "InvalidSubnet.Range: The CIDR '10.1": "10.1.0.0/24",
		"InvalidSubnet.Range: The CIDR '10.0.9.0/29'": "10.0.9.0/29",
	} {
		b.refused(text, subnetType, "other", map[string]any{"vpcId": vpc, "cidrBlock": cidr})
	}
	b.refused(
		"parameter availabilityZone is invalid",
		subnetType,
		"other",
		map[string]any{"vpcId": vpc, "cidrBlock": "10.0.9.0/24", "availabilityZone": "us-east-1q"},
	)
	assert.Equal(
		t,
		[]string{"cidrBlock"},
		b.faults(subnetType, map[string]any{"vpcId": vpc, "cidrBlock": "10.0.9.7/24"}),
	)

	group := b.group(vpc)
	held, _ := b.make(
		networkInterfaceType,
		"interface",
		map[string]any{"subnetId": subnets[0], "securityGroups": []any{group}},
	)
	assert.ErrorContains(t, b.end(subnetType, subnets[0]), "has dependencies and cannot be deleted")
	assert.ErrorContains(t, b.end(securityGroupType, group), "has a dependent object")
	require.NoError(t, b.end(networkInterfaceType, held))
	require.NoError(t, b.end(securityGroupType, group))
	require.NoError(t, b.end(subnetType, subnets[0]))
}

func TestNatGatewayHoldsItsAddress(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	address, outputs := b.make(elasticAddressType, "address", nil)
	nat, made := b.make(natGatewayType, "nat", map[string]any{"subnetId": subnets[0], "allocationId": address})
	assert.Equal(t, outputs["publicIp"], made["publicIp"])
	assert.Equal(
		t,
		made["networkInterfaceId"].StringValue(),
		b.copyOf(elasticAddressType, "", address).str("networkInterface"),
	)
	b.refused(
		"Resource.AlreadyAssociated",
		natGatewayType,
		"other",
		map[string]any{"subnetId": subnets[1], "allocationId": address},
	)
	assert.ErrorContains(t, b.end(elasticAddressType, address), "InvalidIPAddress.InUse")
	assert.ErrorContains(t, b.end(subnetType, subnets[0]), "DependencyViolation")
	require.NoError(t, b.end(natGatewayType, nat))
	require.NoError(t, b.end(elasticAddressType, address))
	require.NoError(t, b.end(subnetType, subnets[0]))
}

func TestRoutes(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	gateway, _ := b.make(internetGatewayType, "gateway", map[string]any{"vpcId": vpc})
	b.refused("already has an internet gateway attached", internetGatewayType, "other", map[string]any{"vpcId": vpc})
	routes, _ := b.make(routeTableType, "table", map[string]any{"vpcId": vpc})
	route := map[string]any{"routeTableId": routes, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
	id, _ := b.make(routeType, "route", route)
	// The number that the provider gives the default route, as seen in public state files.
	assert.Equal(t, "r-"+routes+"1080289494", id)
	b.refused("RouteAlreadyExists", routeType, "again", route)
	assert.Equal(
		t,
		[]string{"destinationCidrBlock", "gatewayId"},
		b.faults(routeType, map[string]any{"routeTableId": routes}),
	)
	b.make(routeAssociationType, "association", map[string]any{"routeTableId": routes, "subnetId": subnets[0]})
	b.refused(
		"Resource.AlreadyAssociated",
		routeAssociationType,
		"again",
		map[string]any{"routeTableId": routes, "subnetId": subnets[0]},
	)
	require.NoError(t, b.end(routeTableType, routes))
	assert.Empty(t, b.Records(routeType))
	assert.Empty(t, b.Records(routeAssociationType))
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
	b.make(egressRuleType, "rule", rule)
	b.refused("InvalidPermission.Duplicate", egressRuleType, "again", rule)
	b.refused(
		"Invalid rule description",
		egressRuleType,
		"text",
		with(rule, map[string]any{"fromPort": 1.0, "description": "node → node"}),
	)
	b.refused("Must specify both from and to ports", egressRuleType, "ports", without(rule, "toPort"))
	assert.ErrorContains(t, b.end(securityGroupType, to), "has a dependent object")
	require.NoError(t, b.end(securityGroupType, from), "a group's own rules go with it")
	require.NoError(t, b.end(securityGroupType, to))

	assert.False(t, b.replacesOn(egressRuleType, rule, with(rule, map[string]any{"toPort": 4223.0})))
	ranged := with(without(rule, "referencedSecurityGroupId"), map[string]any{"cidrIpv4": "10.0.0.0/8"})
	assert.True(t, b.replacesOn(egressRuleType, rule, ranged), "another kind of peer")
	assert.Equal(t, []string{"ingress[0].description"}, b.faults(securityGroupType, map[string]any{
		"vpcId":   vpc,
		"ingress": []any{map[string]any{"protocol": "tcp", "fromPort": 1.0, "toPort": 1.0, "description": "it's"}},
	}))
}

func TestInterfaceEndpoints(t *testing.T) {
	b := newBench(t)
	vpc, subnets := b.network()
	endpoint := map[string]any{
		"vpcId": vpc, "serviceName": "com.amazonaws.us-east-1.ecr.api", "vpcEndpointType": "Interface",
		"subnetIds": anys(subnets), "privateDnsEnabled": true,
	}
	id, outputs := b.make(vpcEndpointType, "endpoint", endpoint)
	assert.Len(t, outputs["networkInterfaceIds"].ArrayValue(), 3)
	assert.Equal(
		t,
		"api.ecr.us-east-1.amazonaws.com",
		outputs["dnsEntries"].ArrayValue()[1].ObjectValue()["dnsName"].StringValue(),
	)
	b.refused("conflicting DNS domain", vpcEndpointType, "again", endpoint)
	require.NoError(t, b.change(vpcEndpointType, id, with(endpoint, map[string]any{"subnetIds": anys(subnets[:2])})))
	assert.Len(t, view(b.Cloud, func(tx *Tx) []*Record { return tx.ownInterfaces(id) }), 2)
	assert.False(t, b.replacesOn(vpcEndpointType, endpoint, with(endpoint, map[string]any{"privateDnsEnabled": false})))
	b.refused(
		"does not match available service types",
		vpcEndpointType,
		"gateway",
		map[string]any{"vpcId": vpc, "serviceName": "com.amazonaws.us-east-1.logs"},
	)
	require.NoError(t, b.end(vpcEndpointType, id))
	assert.Empty(t, view(b.Cloud, func(tx *Tx) []*Record { return tx.ownInterfaces(id) }))
}

func TestFlowLogs(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	inputs := map[string]any{
		"vpcId": vpc, "trafficType": "ALL", "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/flows",
		"iamRoleArn": b.role("flows", "vpc-flow-logs.amazonaws.com"),
	}
	_, outputs := b.make(flowLogType, "flows", inputs)
	assert.Equal(t, "/flows", outputs["logGroupName"].StringValue())
	b.refused("FlowLogAlreadyExists", flowLogType, "again", inputs)
	b.refused("DeliverLogsPermissionArn can't be empty", flowLogType, "role", without(inputs, "iamRoleArn"))
	b.refused(
		"does not name vpc-flow-logs",
		flowLogType,
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
