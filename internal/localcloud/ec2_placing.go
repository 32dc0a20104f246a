// Clients of a rehearsal in the VPC: an interface in a subnet, behind security groups.
package localcloud

import (
	"fmt"
	"net/netip"
)

// Visit places an interface with security groups in a subnet and returns its address: where a
// client of a rehearsal stands in the VPC. Leave takes it away.
func (c *Cloud) Visit(who, subnet string, groups []string) (netip.Addr, error) {
	return update2(c, func(tx *Tx) (netip.Addr, error) {
		placed, err := tx.placeInterface(placement{
			owner:       who,
			description: who,
			subnet:      subnet,
			groups:      groups,
		})
		if err != nil {
			return netip.Addr{}, fmt.Errorf("placing %s in subnet %s: %w", who, subnet, err)
		}
		return netip.ParseAddr(placed.str("privateIp"))
	})
}

// Leave takes a visitor's interfaces away.
func (c *Cloud) Leave(who string) {
	c.Update(func(tx *Tx) {
		tx.dropInterfaces(who)
	})
}

// ZoneOf is the availability zone in which an address of the VPC is taken; "" if it is not.
func (c *Cloud) ZoneOf(address netip.Addr) string {
	return view(c, func(tx *Tx) string {
		end, _ := tx.endAt(address)
		return end.zone
	})
}
