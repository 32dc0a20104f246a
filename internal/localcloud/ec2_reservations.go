// Ranges of a subnet that AWS gives nobody an address from unless it is asked for by name.
package localcloud

import "net/netip"

const reservationType = "aws:ec2/subnetCidrReservation:SubnetCidrReservation"

var _ = register(row{
	token:    reservationType,
	source:   "internal/service/ec2/vpc_subnet_cidr_reservation.go; VPC user guide, \"Subnet CIDR reservations\"",
	required: []string{"cidrBlock", "reservationType", "subnetId"},
	replace:  []string{"cidrBlock", "description", "reservationType", "subnetId"},
	id:       text("scr-{hex17}"),
	computed: map[string]value{"ownerId": text("{account}")},
	references: []reference{
		{path: "subnetId", to: one(subnetType), missing: noSuchSubnet},
	},
	check:        checks(oneOf("reservationType", "prefix", "explicit"), networkRange("cidrBlock", 16, 32)),
	beforeCreate: judgeReservation,
	notReal: "Addresses given out here come from the high end of a subnet, so a reservation at the low end " +
		"changes none of them.",
})

// judgeReservation: a range of the subnet that overlaps no other.
func judgeReservation(c *call) error {
	asked, err := netip.ParsePrefix(c.str("cidrBlock"))
	whole, known := rangeOf(c.tx.find(subnetType, "", c.str("subnetId")))
	if err != nil || !known || !whole.Contains(asked.Addr()) || asked.Bits() < whole.Bits() {
		return errorf(
			"InvalidSubnetCidrReservation.NotWithinSubnetCidr: The reservation %s is not within the subnet's range",
			c.str("cidrBlock"),
		)
	}
	for _, other := range c.tx.all(reservationType) {
		if taken, err := netip.ParsePrefix(
			other.str("cidrBlock"),
		); err == nil && other.str("subnetId") == c.str("subnetId") &&
			taken.Overlaps(asked) {
			return errorf(
				"InvalidSubnetCidrReservation.Overlap: The reservation %s overlaps %s",
				c.str("cidrBlock"),
				other.str("cidrBlock"),
			)
		}
	}
	return nil
}
