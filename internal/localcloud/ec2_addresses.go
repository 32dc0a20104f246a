// Addresses in subnets: which are taken, which are free, and the network interfaces that AWS
// makes by itself for gateways, endpoints, load balancers and instances.
package localcloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const (
	vpcType              = "aws:ec2/vpc:Vpc"
	subnetType           = "aws:ec2/subnet:Subnet"
	networkInterfaceType = "aws:ec2/networkInterface:NetworkInterface"
	// ownInterfaceType records interfaces that AWS makes for an owner (its id or ARN): no row, for
	// no program makes them.
	ownInterfaceType = "aws:ec2/requesterManaged:NetworkInterface"
)

const noSuchSubnet = "InvalidSubnetID.NotFound: The subnet ID '{value}' does not exist"

// subnetInUse is AWS's refusal to delete a subnet.
const subnetInUse = "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted."

// rangeOf is a record's cidrBlock.
func rangeOf(r *Record) (netip.Prefix, bool) {
	if r == nil {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(r.str("cidrBlock"))
	return prefix.Masked(), err == nil
}

// taken are the private addresses in use in a subnet, with the interface that holds each.
func (tx *Tx) taken(subnet string) map[string]string {
	held := map[string]string{}
	for _, token := range []string{networkInterfaceType, ownInterfaceType} {
		for _, r := range tx.all(token) {
			if r.str("subnetId") != subnet {
				continue
			}
			addresses, _ := r.Get("privateIps").([]any)
			for _, address := range append(addresses, r.Get("privateIp")) {
				held[fmt.Sprint(address)] = r.ID
			}
		}
	}
	return held
}

// usable says whether AWS gives out an address of a range: it keeps the first four and the
// last (VPC user guide, "Subnet CIDR blocks").
func usable(within netip.Prefix, address netip.Addr) bool {
	first, last := bounds(within)
	n := toUint(address)
	return n >= first+4 && n < last
}

func bounds(p netip.Prefix) (first, last uint32) {
	first = toUint(p.Masked().Addr())
	return first, first + (uint32(1)<<(32-p.Bits()) - 1)
}

// freeAddress is the highest free address of a subnet. AWS takes any; the highest keeps clear
// of fixed addresses, which programs put at the low end.
func (tx *Tx) freeAddress(subnet *Record) (string, error) {
	within, ok := rangeOf(subnet)
	if !ok {
		return "", fmt.Errorf("InvalidSubnet: subnet %s has no IPv4 range", subnet.ID)
	}
	held := tx.taken(subnet.ID)
	first, last := bounds(within)
	for n := last - 1; n >= first+4; n-- {
		if address := toAddr(n).String(); held[address] == "" {
			return address, nil
		}
	}
	return "", fmt.Errorf(
		"InsufficientFreeAddressesInSubnet: The specified subnet %s does not have enough free addresses to satisfy "+
			"the request.",
		subnet.ID,
	)
}

// judgeAddress says whether an interface may have an address in a subnet.
func (tx *Tx) judgeAddress(subnet *Record, address, own string) error {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return fmt.Errorf("InvalidParameterValue: invalid value for parameter address: %s", address)
	}
	within, ok := rangeOf(subnet)
	if !ok || !within.Contains(parsed) {
		return fmt.Errorf("InvalidParameterValue: Address %s does not fall within the subnet's address range", address)
	}
	if !usable(within, parsed) {
		return fmt.Errorf("InvalidParameterValue: Address %s is in subnet's reserved address range", address)
	}
	if holder := tx.taken(subnet.ID)[address]; holder != "" && holder != own {
		return fmt.Errorf("InvalidIPAddress.InUse: Address %s is in use.", address)
	}
	return nil
}

// placement is what an interface that AWS makes is for and where it goes.
type placement struct {
	owner, description, subnet string
	groups                     []string
	address                    string // empty: a free one
}

// placeInterface makes an interface for an owner.
func (tx *Tx) placeInterface(p placement) (*Record, error) {
	subnet := tx.find(subnetType, "", p.subnet)
	if subnet == nil {
		return nil, fmt.Errorf("%s", strings.ReplaceAll(noSuchSubnet, "{value}", p.subnet))
	}
	address, err := p.address, error(nil)
	if address == "" {
		address, err = tx.freeAddress(subnet)
	} else {
		err = tx.judgeAddress(subnet, address, "")
	}
	if err != nil {
		return nil, err
	}
	id := "eni-" + randomHex(17)
	tx.keep(ownInterfaceType, id, map[string]any{
		"owner":       p.owner,
		"description": p.description,
		"subnetId":    p.subnet,
		"vpcId": subnet.str(
			"vpcId",
		),
		"availabilityZone": subnet.str("availabilityZone"),
		"privateIp":        address,
		"securityGroups":   anys(p.groups),
	})
	return tx.find(ownInterfaceType, "", id), nil
}

// ownInterfaces are the interfaces that AWS made for an owner.
func (tx *Tx) ownInterfaces(owner string) []*Record {
	var found []*Record
	for _, r := range tx.all(ownInterfaceType) {
		if r.str("owner") == owner {
			found = append(found, r)
		}
	}
	return found
}

// settleInterfaces gives an owner one interface in each of the subnets, and takes away what it
// has elsewhere.
func (tx *Tx) settleInterfaces(owner, description string, subnets, groups []string) error {
	has := map[string]bool{}
	for _, r := range tx.ownInterfaces(owner) {
		if !slices.Contains(subnets, r.str("subnetId")) {
			tx.remove(ownInterfaceType, r.ID)
			continue
		}
		has[r.str("subnetId")] = true
		r.setOutput("securityGroups", anys(groups))
	}
	for _, subnet := range subnets {
		if has[subnet] {
			continue
		}
		if _, err := tx.placeInterface(placement{
			owner:       owner,
			description: description,
			subnet:      subnet,
			groups:      groups,
		}); err != nil {
			return err
		}
	}
	return nil
}

// dropInterfaces takes an owner's interfaces away.
func (tx *Tx) dropInterfaces(owner string) {
	for _, r := range tx.ownInterfaces(owner) {
		tx.remove(ownInterfaceType, r.ID)
	}
}

// privateName is the name of a private address inside the VPC.
func (c *Cloud) privateName(address string) string {
	name := "ip-" + strings.ReplaceAll(address, ".", "-")
	if c.Region == "us-east-1" {
		return name + ".ec2.internal"
	}
	return name + "." + c.Region + ".compute.internal"
}

// publicName is the public name of a public address.
func (c *Cloud) publicName(address string) string {
	name := "ec2-" + strings.ReplaceAll(address, ".", "-")
	if c.Region == "us-east-1" {
		return name + ".compute-1.amazonaws.com"
	}
	return name + "." + c.Region + ".compute.amazonaws.com"
}

func toUint(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func toAddr(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
