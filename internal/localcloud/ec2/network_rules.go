// Which networks EC2 refuses, and what it creates and deletes together with a VPC or a gateway.
package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// networkRange is the provider's check of an IPv4 range: its address is the network's, and its
// prefix length is within bounds.
func networkRange(path string, shortest, longest int) func(*cloud.Call) []cloud.Failure {
	return func(c *cloud.Call) []cloud.Failure {
		var faults []cloud.Failure
		for _, given := range c.All(path) {
			prefix, err := netip.ParsePrefix(given)
			switch {
			case err != nil || !prefix.Addr().Is4():
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("%q is not a valid IPv4 CIDR block: %s", path, given),
					},
				)
			case prefix != prefix.Masked():
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason: fmt.Sprintf(
							"%q is not a valid IPv4 CIDR block; did you mean %q?",
							given,
							prefix.Masked(),
						),
					},
				)
			case prefix.Bits() < shortest || prefix.Bits() > longest:
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason: fmt.Sprintf(
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

// tenancyReplaces reports whether a changed tenancy replaces the VPC. Only from dedicated to
// default can it change in place.
func tenancyReplaces(c *cloud.Call) bool {
	before, now := c.OldStr("instanceTenancy"), c.Str("instanceTenancy")
	if before == "" {
		before = "default"
	}
	if now == "" {
		now = "default"
	}
	return before != now && (before != "dedicated" || now != "default")
}

// addVpcDefaults creates what comes with a VPC: its default security group (members reach each
// other and everything outside), its main route table and its network ACL.
func addVpcDefaults(c *cloud.Call) error {
	group, table, acl := "sg-"+cloud.RandomHex(17), "rtb-"+cloud.RandomHex(17), "acl-"+cloud.RandomHex(17)
	c.Tx.Keep(VpcDefaultGroupType, group, map[string]any{
		"vpcId":       c.ID,
		"name":        "default",
		"description": "default VPC security group",
		"ingress":     []any{map[string]any{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true}},
		"egress": []any{
			map[string]any{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": []any{"0.0.0.0/0"}},
		},
	})
	c.Tx.Keep(mainRouteTableType, table, map[string]any{"vpcId": c.ID})
	c.Tx.Keep(vpcDefaultACLType, acl, map[string]any{"vpcId": c.ID})
	c.Set("defaultSecurityGroupId", group)
	c.Set("mainRouteTableId", table)
	c.Set("defaultRouteTableId", table)
	c.Set("defaultNetworkAclId", acl)
	return nil
}

func removeVpcDefaults(c *cloud.Call) error {
	for _, token := range []string{VpcDefaultGroupType, mainRouteTableType, vpcDefaultACLType} {
		RemoveWhere(c.Tx, token, "vpcId", c.ID)
	}
	return nil
}

// RemoveWhere removes the records of a type whose property has a value, because AWS deletes them
// together with another resource.
func RemoveWhere(tx *cloud.Tx, token, property, value string) {
	for _, r := range tx.All(token) {
		if r.Str(property) == value {
			tx.Remove(token, r.ID)
		}
	}
}

// checkSubnet requires a zone of the region, and a range of /16 to /28 inside the range of the VPC
// that overlaps no other subnet.
func checkSubnet(c *cloud.Call) error {
	zones := c.Cloud.Zones()
	if zone := c.Str("availabilityZone"); zone != "" && !slices.Contains(zones, zone) {
		return cloud.Errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnets can currently "+
				"only be created in "+
				"the following availability zones: %s.",
			zone,
			strings.Join(zones, ", "),
		)
	}
	given := c.Str("cidrBlock")
	own, err := netip.ParsePrefix(given)
	if err != nil {
		return cloud.Errorf("MissingParameter: Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.")
	}
	vpc, ok := CIDRBlock(c.Tx.Find(VpcType, "", c.Str("vpcId")))
	if ok && (!vpc.Contains(own.Addr()) || own.Bits() < vpc.Bits()) || own.Bits() < 16 || own.Bits() > 28 {
		return cloud.Errorf("InvalidSubnet.Range: The CIDR '%s' is invalid.", given)
	}
	for _, other := range c.Tx.All(SubnetType) {
		if theirs, ok := CIDRBlock(other); ok && other.Str("vpcId") == c.Str("vpcId") && theirs.Overlaps(own) {
			return cloud.Errorf("InvalidSubnet.Conflict: The CIDR '%s' conflicts with another subnet", given)
		}
	}
	return nil
}

func subnetIsEmpty(c *cloud.Call) error {
	for address, holder := range taken(c.Tx, c.ID) {
		if holder != "" && address != "" {
			return cloud.Errorf(
				"%s (%s is held by %s)",
				strings.ReplaceAll(SubnetInUse, "{value}", c.ID),
				address,
				holder,
			)
		}
	}
	return nil
}

// zoneID returns the id of an availability zone. Here zone a is always number 1, b 2 and c 3.
func zoneID(cloud *cloud.Cloud, zone string) string {
	at := slices.Index(cloud.Zones(), zone)
	if at < 0 {
		at = 0
	}
	return RegionCodes[cloud.Region] + fmt.Sprintf("-az%d", at+1)
}

func zoneByID(cloud *cloud.Cloud, id string) string {
	for _, zone := range cloud.Zones() {
		if zoneID(cloud, zone) == id {
			return zone
		}
	}
	return cloud.Zones()[0]
}

// checkOneGateway refuses a second internet gateway in a VPC.
func checkOneGateway(c *cloud.Call) error {
	vpc := c.Str("vpcId")
	for _, other := range c.Tx.All(InternetGatewayType) {
		if vpc != "" && other.ID != c.ID && other.Str("vpcId") == vpc {
			return cloud.Errorf("InvalidParameterValue: Network %s already has an internet gateway attached", vpc)
		}
	}
	return nil
}

func publicAddressKey(address string) string { return ElasticAddressType + " " + address }

// allocateAddress picks a public address that is not in use.
func allocateAddress(c *cloud.Call) error {
	for _, network := range []string{"203.0.113.", "198.51.100."} {
		for host := 1; host < 255; host++ {
			address := network + fmt.Sprint(host)
			if _, held := c.Tx.Values[publicAddressKey(address)]; !held {
				c.Tx.Values[publicAddressKey(address)] = true
				c.Set("publicIp", address)
				c.Set("publicDns", publicName(c.Cloud, address))
				return nil
			}
		}
	}
	return cloud.Errorf("InsufficientAddressCapacity: Not enough public addresses available.")
}

func natFaults(c *cloud.Call) []cloud.Failure {
	kind := c.Str("connectivityType")
	if kind == "private" {
		var faults []cloud.Failure
		for _, path := range []string{"allocationId", "secondaryAllocationIds"} {
			if cloud.Present(c.Inputs, path) {
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("%s is not supported with connectivityType = %q", path, kind),
					},
				)
			}
		}
		return faults
	}
	if cloud.Present(c.Inputs, "secondaryPrivateIpAddressCount") {
		return []cloud.Failure{
			{
				Property: "secondaryPrivateIpAddressCount",
				Reason:   `secondaryPrivateIpAddressCount is not supported with connectivityType = "public"`,
			},
		}
	}
	return nil
}

// connectNat creates the interface of a NAT gateway and gives it the public address.
func connectNat(c *cloud.Call) error {
	own, err := PlaceInterface(c.Tx, Placement{
		Owner:       c.ID,
		Description: "Interface for NAT Gateway " + c.ID,
		Subnet:      c.Str("subnetId"),
		address:     c.Str("privateIp"),
	})
	if err != nil {
		return err
	}
	c.Set("networkInterfaceId", own.ID)
	c.Set("privateIp", own.Str("privateIp"))
	address := c.Tx.Find(ElasticAddressType, "", c.Str("allocationId"))
	if address == nil {
		if c.Str("connectivityType") == "public" {
			RemoveInterfaces(c.Tx, c.ID)
			return cloud.Errorf(
				"MissingParameter: The request must include the AllocationId parameter. Add the required parameter " +
					"and retry the request.",
			)
		}
		return nil
	}
	association := "eipassoc-" + cloud.RandomHex(17)
	c.Set("associationId", association)
	c.Set("publicIp", address.Str("publicIp"))
	for key, v := range map[string]string{
		"associationId": association, "networkInterface": own.ID, "privateIp": own.Str("privateIp"),
		"privateDns": privateName(c.Cloud, own.Str("privateIp")),
	} {
		address.SetOutput(key, v)
	}
	return nil
}

func disconnectNat(c *cloud.Call) error {
	RemoveInterfaces(c.Tx, c.ID)
	if address := c.Tx.Find(ElasticAddressType, "", c.Str("allocationId")); address != nil {
		for _, key := range []string{"associationId", "networkInterface", "privateIp", "privateDns"} {
			address.SetOutput(key, "")
		}
	}
	return nil
}

// RegionCodes are the short names of regions in the host names of ElastiCache.
var RegionCodes = map[string]string{
	"us-east-1": "use1", "us-east-2": "use2", "us-west-2": "usw2",
	"eu-central-1": "euc1", "eu-west-1": "euw1",
}
