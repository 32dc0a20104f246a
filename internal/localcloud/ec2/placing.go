// Places in the VPC for the clients of a rehearsal: an interface in a subnet, with security groups.
package ec2

import (
	"fmt"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Attach creates an interface with security groups in a subnet and returns its address: a place in
// the VPC for a client of a rehearsal. Detach removes it.
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

// Detach removes the interfaces of an owner.
func Detach(c *cloud.Cloud, owner string) {
	c.Update(func(tx *cloud.Tx) {
		RemoveInterfaces(tx, owner)
	})
}

// ZoneOf returns the availability zone of the interface that holds an address; "" if none does.
func ZoneOf(c *cloud.Cloud, address netip.Addr) string {
	return cloud.View(c, func(tx *cloud.Tx) string {
		end, _ := FindFlowEnd(tx, address)
		return end.Zone
	})
}
