// Which addresses and groups the network interfaces of programs may have, and which they get.
package ec2

import (
	"fmt"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// primaryReplaces reports whether changed addresses replace the interface: they do if the first one
// changes.
func primaryReplaces(c *cloud.Call) bool {
	path := "privateIps"
	if c.Bool("privateIpListEnabled") {
		path = "privateIpLists"
	}
	before := c.OldStrings(path)
	if !c.Changed(path) || !c.Known(path) || len(before) == 0 {
		return false
	}
	now := c.All(path)
	if path == "privateIpLists" {
		return len(now) == 0 || now[0] != before[0]
	}
	return !slices.Contains(now, before[0])
}

// VpcOf returns the id of the VPC of a subnet.
func VpcOf(c *cloud.Call, subnet string) string {
	if r := c.Tx.Find(SubnetType, "", subnet); r != nil {
		return r.Str("vpcId")
	}
	return ""
}

// checkInterfaceAddresses requires free addresses of the subnet, and picks one if none is given.
func checkInterfaceAddresses(c *cloud.Call) error {
	subnet := c.Tx.Find(SubnetType, "", c.Str("subnetId"))
	given := append(c.All("privateIps"), c.All("privateIpLists")...)
	if own := c.Str("privateIp"); own != "" && len(given) == 0 {
		given = []string{own}
	}
	for _, address := range given {
		if err := checkAddress(c.Tx, subnet, address, c.ID); err != nil {
			return err
		}
	}
	if len(given) == 0 {
		free, err := freeAddress(c.Tx, subnet)
		if err != nil {
			return err
		}
		c.Set("privateIp", free)
	}
	return nil
}

// primaryAddress returns the address that stays as long as the interface exists: the first given
// one, or the one that was picked.
func primaryAddress(c *cloud.Call) any {
	given := append(c.All("privateIps"), c.All("privateIpLists")...)
	if known := c.Str("privateIp"); known != "" && (len(given) == 0 || slices.Contains(given, known)) {
		return known
	}
	if len(given) > 0 {
		return given[0]
	}
	return ""
}

func allAddresses(c *cloud.Call) any {
	addresses := []any{primaryAddress(c)}
	for _, address := range append(c.All("privateIps"), c.All("privateIpLists")...) {
		if !slices.Contains(addresses, any(address)) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// macAddress returns a random MAC address in the locally administered range of Amazon.
func macAddress(*cloud.Call) any {
	h := cloud.RandomHex(10)
	return fmt.Sprintf("0a:%s:%s:%s:%s:%s", h[:2], h[2:4], h[4:6], h[6:8], h[8:])
}

// checkInterfaceGroups requires groups of the subnet's VPC.
func checkInterfaceGroups(c *cloud.Call) error {
	return CheckGroupsOfSubnet(c.Tx, c.Str("subnetId"), c.All("securityGroups"))
}

// CheckGroupsOfSubnet refuses security groups that do not belong to the VPC of a subnet.
func CheckGroupsOfSubnet(tx *cloud.Tx, subnetID string, groups []string) error {
	subnet := tx.Find(SubnetType, "", subnetID)
	for _, id := range groups {
		for _, token := range SecurityGroupTypes {
			if group := tx.Find(
				token,
				"",
				id,
			); group != nil && subnet != nil &&
				group.Str("vpcId") != subnet.Str("vpcId") {
				return cloud.Errorf(
					"InvalidParameter: Security group %s and subnet %s belong to different networks.",
					id,
					subnetID,
				)
			}
		}
	}
	return nil
}
