// Reserved ranges of a subnet, from which AWS never picks an address by itself.
package ec2

import (
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const reservationType = "aws:ec2/subnetCidrReservation:SubnetCidrReservation"

var _ = cloud.Register(cloud.Row{
	Token:    reservationType,
	Source:   "internal/service/ec2/vpc_subnet_cidr_reservation.go; VPC user guide, \"Subnet CIDR reservations\"",
	Required: []string{"cidrBlock", "reservationType", "subnetId"},
	Replace:  []string{"cidrBlock", "description", "reservationType", "subnetId"},
	ID:       cloud.Text("scr-{hex17}"),
	Computed: map[string]cloud.Value{"ownerId": cloud.Text("{account}")},
	References: []cloud.Reference{
		{Path: "subnetId", To: cloud.One(SubnetType), Missing: noSuchSubnet},
	},
	Check:        cloud.Checks(cloud.OneOf("reservationType", "prefix", "explicit"), networkRange("cidrBlock", 16, 32)),
	BeforeCreate: checkReservation,
	NotReal: "Addresses given out here come from the high end of a subnet, so a reservation at the low end " +
		"changes none of them.",
})

// checkReservation requires a range of the subnet that overlaps no other reservation.
func checkReservation(c *cloud.Call) error {
	reserved, err := netip.ParsePrefix(c.Str("cidrBlock"))
	subnet, known := CIDRBlock(c.Tx.Find(SubnetType, "", c.Str("subnetId")))
	if err != nil || !known || !subnet.Contains(reserved.Addr()) || reserved.Bits() < subnet.Bits() {
		return cloud.Errorf(
			"InvalidSubnetCidrReservation.NotWithinSubnetCidr: The reservation %s is not within the subnet's range",
			c.Str("cidrBlock"),
		)
	}
	for _, other := range c.Tx.All(reservationType) {
		if taken, err := netip.ParsePrefix(
			other.Str("cidrBlock"),
		); err == nil && other.Str("subnetId") == c.Str("subnetId") &&
			taken.Overlaps(reserved) {
			return cloud.Errorf(
				"InvalidSubnetCidrReservation.Overlap: The reservation %s overlaps %s",
				c.Str("cidrBlock"),
				other.Str("cidrBlock"),
			)
		}
	}
	return nil
}
