// Network interfaces that programs make: their addresses and groups.
package localcloud

import (
	"fmt"
	"slices"
)

// primaryReplaces: the addresses of an interface change in place as long as its first stays.
func primaryReplaces(c *call) bool {
	path := "privateIps"
	if c.yes("privateIpListEnabled") {
		path = "privateIpLists"
	}
	before := c.before(path)
	if !c.changed(path) || !c.known(path) || len(before) == 0 {
		return false
	}
	now := c.all(path)
	if path == "privateIpLists" {
		return len(now) == 0 || now[0] != before[0]
	}
	return !slices.Contains(now, before[0])
}

// vpcOf is the VPC of a subnet.
func (c *call) vpcOf(subnet string) string {
	if r := c.tx.find(subnetType, "", subnet); r != nil {
		return r.str("vpcId")
	}
	return ""
}

// judgeInterfaceAddresses wants free addresses of the subnet, and picks one where none is asked
// for.
func judgeInterfaceAddresses(c *call) error {
	subnet := c.tx.find(subnetType, "", c.str("subnetId"))
	asked := append(c.all("privateIps"), c.all("privateIpLists")...)
	if own := c.str("privateIp"); own != "" && len(asked) == 0 {
		asked = []string{own}
	}
	for _, address := range asked {
		if err := c.tx.judgeAddress(subnet, address, c.id); err != nil {
			return err
		}
	}
	if len(asked) == 0 {
		free, err := c.tx.freeAddress(subnet)
		if err != nil {
			return err
		}
		c.set("privateIp", free)
	}
	return nil
}

// primaryAddress is the one that stays for the interface's life: the first asked for, or the
// one that was picked.
func primaryAddress(c *call) any {
	asked := append(c.all("privateIps"), c.all("privateIpLists")...)
	if known := c.str("privateIp"); known != "" && (len(asked) == 0 || slices.Contains(asked, known)) {
		return known
	}
	if len(asked) > 0 {
		return asked[0]
	}
	return ""
}

func allAddresses(c *call) any {
	addresses := []any{primaryAddress(c)}
	for _, address := range append(c.all("privateIps"), c.all("privateIpLists")...) {
		if !slices.Contains(addresses, any(address)) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// macAddress is one of Amazon's locally administered addresses.
func macAddress(*call) any {
	h := randomHex(10)
	return fmt.Sprintf("0a:%s:%s:%s:%s:%s", h[:2], h[2:4], h[4:6], h[6:8], h[8:])
}

// judgeInterfaceGroups wants groups of the subnet's VPC.
func judgeInterfaceGroups(c *call) error {
	return c.tx.sameNetwork(c.str("subnetId"), c.all("securityGroups"))
}

func (tx *Tx) sameNetwork(subnetID string, groups []string) error {
	subnet := tx.find(subnetType, "", subnetID)
	for _, id := range groups {
		for _, token := range anyGroup {
			if group := tx.find(
				token,
				"",
				id,
			); group != nil && subnet != nil &&
				group.str("vpcId") != subnet.str("vpcId") {
				return errorf(
					"InvalidParameter: Security group %s and subnet %s belong to different networks.",
					id,
					subnetID,
				)
			}
		}
	}
	return nil
}
