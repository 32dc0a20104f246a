// Clients of a rehearsal in the VPC: an interface in a subnet, behind security groups.
package localcloud

import (
	"fmt"
	"net/netip"
)

// Attach places an interface with security groups in a subnet and returns its address: a place in
// the VPC for a client of a rehearsal. Detach takes it away.
func (c *Cloud) Attach(owner, subnet string, groups []string) (netip.Addr, error) {
	return update2(c, func(tx *Tx) (netip.Addr, error) {
		placed, err := tx.placeInterface(placement{
			owner:       owner,
			description: owner,
			subnet:      subnet,
			groups:      groups,
		})
		if err != nil {
			return netip.Addr{}, fmt.Errorf("placing %s in subnet %s: %w", owner, subnet, err)
		}
		return netip.ParseAddr(placed.str("privateIp"))
	})
}

// Detach takes the interfaces of an owner away.
func (c *Cloud) Detach(owner string) {
	c.Update(func(tx *Tx) {
		tx.dropInterfaces(owner)
	})
}

// ZoneOf is the availability zone in which an address of the VPC is taken; "" if it is not.
func (c *Cloud) ZoneOf(address netip.Addr) string {
	return view(c, func(tx *Tx) string {
		end, _ := tx.endAt(address)
		return end.zone
	})
}
