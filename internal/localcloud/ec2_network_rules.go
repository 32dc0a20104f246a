// What EC2 refuses of a network, and what it makes along with one.
package localcloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// networkRange is the provider's check of an IPv4 range: a network's own address, of a length.
func networkRange(path string, shortest, longest int) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		for _, given := range c.all(path) {
			prefix, err := netip.ParsePrefix(given)
			switch {
			case err != nil || !prefix.Addr().Is4():
				faults = append(
					faults,
					failure{path, fmt.Sprintf("%q is not a valid IPv4 CIDR block: %s", path, given)},
				)
			case prefix != prefix.Masked():
				faults = append(
					faults,
					failure{
						path,
						fmt.Sprintf("%q is not a valid IPv4 CIDR block; did you mean %q?", given, prefix.Masked()),
					},
				)
			case prefix.Bits() < shortest || prefix.Bits() > longest:
				faults = append(
					faults,
					failure{
						path,
						fmt.Sprintf(
							"expected %q to contain a network Value with between %d and %d significant bits, got: %d",
							path,
							shortest,
							longest,
							prefix.Bits(),
						),
					},
				)
			}
		}
		return faults
	}
}

// tenancyReplaces: only from dedicated to default can a VPC's tenancy change in place.
func tenancyReplaces(c *call) bool {
	before, now := c.was("instanceTenancy"), c.str("instanceTenancy")
	if before == "" {
		before = "default"
	}
	if now == "" {
		now = "default"
	}
	return before != now && (before != "dedicated" || now != "default")
}

// furnishVpc makes what comes with a VPC: its default security group (members reach each other
// and everything outside), its main route table and its network ACL.
func furnishVpc(c *call) error {
	group, table, acl := "sg-"+randomHex(17), "rtb-"+randomHex(17), "acl-"+randomHex(17)
	c.tx.keep(vpcDefaultGroupType, group, map[string]any{
		"vpcId":       c.id,
		"name":        "default",
		"description": "default VPC security group",
		"ingress":     []any{map[string]any{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true}},
		"egress": []any{
			map[string]any{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": []any{"0.0.0.0/0"}},
		},
	})
	c.tx.keep(mainRouteTableType, table, map[string]any{"vpcId": c.id})
	c.tx.keep(vpcDefaultACLType, acl, map[string]any{"vpcId": c.id})
	c.set("defaultSecurityGroupId", group)
	c.set("mainRouteTableId", table)
	c.set("defaultRouteTableId", table)
	c.set("defaultNetworkAclId", acl)
	return nil
}

func clearVpc(c *call) error {
	for _, token := range []string{vpcDefaultGroupType, mainRouteTableType, vpcDefaultACLType} {
		c.tx.dropWhere(token, "vpcId", c.id)
	}
	return nil
}

// dropWhere removes the records of a type whose property has a value: what AWS takes along.
func (tx *Tx) dropWhere(token, property, value string) {
	for _, r := range tx.all(token) {
		if r.str(property) == value {
			tx.remove(token, r.ID)
		}
	}
}

// judgeSubnet: a zone of the region, a range of /16 to /28 inside the VPC's, clear of the others.
func judgeSubnet(c *call) error {
	zones := c.cloud.Zones()
	if zone := c.str("availabilityZone"); zone != "" && !slices.Contains(zones, zone) {
		return errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnets can currently "+
				"only be created in "+
				"the following availability zones: %s.",
			zone,
			strings.Join(zones, ", "),
		)
	}
	given := c.str("cidrBlock")
	own, err := netip.ParsePrefix(given)
	if err != nil {
		return errorf("MissingParameter: Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.")
	}
	vpc, ok := rangeOf(c.tx.find(vpcType, "", c.str("vpcId")))
	if ok && (!vpc.Contains(own.Addr()) || own.Bits() < vpc.Bits()) || own.Bits() < 16 || own.Bits() > 28 {
		return errorf("InvalidSubnet.Range: The CIDR '%s' is invalid.", given)
	}
	for _, other := range c.tx.all(subnetType) {
		if theirs, ok := rangeOf(other); ok && other.str("vpcId") == c.str("vpcId") && theirs.Overlaps(own) {
			return errorf("InvalidSubnet.Conflict: The CIDR '%s' conflicts with another subnet", given)
		}
	}
	return nil
}

func subnetIsEmpty(c *call) error {
	for address, holder := range c.tx.taken(c.id) {
		if holder != "" && address != "" {
			return errorf("%s (%s is held by %s)", strings.ReplaceAll(subnetInUse, "{value}", c.id), address, holder)
		}
	}
	return nil
}

// zoneID is the id of an availability zone; here zone a is always number 1, b 2, c 3.
func zoneID(cloud *Cloud, zone string) string {
	at := slices.Index(cloud.Zones(), zone)
	if at < 0 {
		at = 0
	}
	return regionCodes[cloud.Region] + fmt.Sprintf("-az%d", at+1)
}

func zoneByID(cloud *Cloud, id string) string {
	for _, zone := range cloud.Zones() {
		if zoneID(cloud, zone) == id {
			return zone
		}
	}
	return cloud.Zones()[0]
}

// oneGatewayEach: a VPC has one internet gateway.
func oneGatewayEach(c *call) error {
	vpc := c.str("vpcId")
	for _, other := range c.tx.all(internetGatewayType) {
		if vpc != "" && other.ID != c.id && other.str("vpcId") == vpc {
			return errorf("InvalidParameterValue: Network %s already has an internet gateway attached", vpc)
		}
	}
	return nil
}

func publicAddressKey(address string) string { return elasticAddressType + " " + address }

// allocateAddress takes a public address that nobody has.
func allocateAddress(c *call) error {
	for _, network := range []string{"203.0.113.", "198.51.100."} {
		for host := 1; host < 255; host++ {
			address := network + fmt.Sprint(host)
			if _, held := c.tx.values[publicAddressKey(address)]; !held {
				c.tx.values[publicAddressKey(address)] = true
				c.set("publicIp", address)
				c.set("publicDns", c.cloud.publicName(address))
				return nil
			}
		}
	}
	return errorf("InsufficientAddressCapacity: Not enough public addresses available.")
}

func natFaults(c *call) []failure {
	kind := c.str("connectivityType")
	if kind == "private" {
		var faults []failure
		for _, path := range []string{"allocationId", "secondaryAllocationIds"} {
			if present(c.inputs, path) {
				faults = append(
					faults,
					failure{path, fmt.Sprintf("%s is not supported with connectivityType = %q", path, kind)},
				)
			}
		}
		return faults
	}
	if present(c.inputs, "secondaryPrivateIpAddressCount") {
		return []failure{
			{
				property: "secondaryPrivateIpAddressCount",
				reason:   `secondaryPrivateIpAddressCount is not supported with connectivityType = "public"`,
			},
		}
	}
	return nil
}

// connectNat makes the gateway's interface and gives it the address.
func connectNat(c *call) error {
	own, err := c.tx.placeInterface(placement{
		owner:       c.id,
		description: "Interface for NAT Gateway " + c.id,
		subnet:      c.str("subnetId"),
		address:     c.str("privateIp"),
	})
	if err != nil {
		return err
	}
	c.set("networkInterfaceId", own.ID)
	c.set("privateIp", own.str("privateIp"))
	address := c.tx.find(elasticAddressType, "", c.str("allocationId"))
	if address == nil {
		if c.str("connectivityType") == "public" {
			c.tx.dropInterfaces(c.id)
			return errorf(
				"MissingParameter: The request must include the AllocationId parameter. Add the required parameter " +
					"and retry the request.",
			)
		}
		return nil
	}
	association := "eipassoc-" + randomHex(17)
	c.set("associationId", association)
	c.set("publicIp", address.str("publicIp"))
	for key, v := range map[string]string{
		"associationId": association, "networkInterface": own.ID, "privateIp": own.str("privateIp"),
		"privateDns": c.cloud.privateName(own.str("privateIp")),
	} {
		address.setOutput(key, v)
	}
	return nil
}

func disconnectNat(c *call) error {
	c.tx.dropInterfaces(c.id)
	if address := c.tx.find(elasticAddressType, "", c.str("allocationId")); address != nil {
		for _, key := range []string{"associationId", "networkInterface", "privateIp", "privateDns"} {
			address.setOutput(key, "")
		}
	}
	return nil
}

// regionCodes stand in ElastiCache's host names.
var regionCodes = map[string]string{
	"us-east-1": "use1", "us-east-2": "use2", "us-west-2": "usw2",
	"eu-central-1": "euc1", "eu-west-1": "euw1",
}
