// Clients of a rehearsal in the VPC: an interface in a subnet, behind security groups.
package ec2

import (
	"fmt"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Attach places an interface with security groups in a subnet and returns its address: a place in
// the VPC for a client of a rehearsal. Detach takes it away.
func Attach(c *cloud.Cloud, owner, subnet string, groups []string) (netip.Addr, error) {
	return cloud.Update2(c, func(tx *cloud.Tx) (netip.Addr, error) {
		placed, err := PlaceInterface(tx, Placement{
			Owner:       owner,
			Description: owner,
			Subnet:      subnet,
			Groups:      groups,
		})
		if err != nil {
			return netip.Addr{}, fmt.Errorf("placing %s in subnet %s: %w", owner, subnet, err)
		}
		return netip.ParseAddr(placed.Str("privateIp"))
	})
}

// Detach takes the interfaces of an owner away.
func Detach(c *cloud.Cloud, owner string) {
	c.Update(func(tx *cloud.Tx) {
		RemoveInterfaces(tx, owner)
	})
}

// ZoneOf is the availability zone in which an address of the VPC is taken; "" if it is not.
func ZoneOf(c *cloud.Cloud, address netip.Addr) string {
	return cloud.View(c, func(tx *cloud.Tx) string {
		end, _ := FindFlowEnd(tx, address)
		return end.Zone
	})
}
