// Which addresses of a subnet are taken and which are free, and the network interfaces that AWS
// itself creates for gateways, endpoints, load balancers and instances.
package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// The tokens of VPCs, subnets and network interfaces.
const (
	VpcType              = "aws:ec2/vpc:Vpc"
	SubnetType           = "aws:ec2/subnet:Subnet"
	NetworkInterfaceType = "aws:ec2/networkInterface:NetworkInterface"
	// ownInterfaceType records interfaces that AWS creates for an owner (its id or ARN). It has no
	// row, because no program creates them.
	ownInterfaceType = "aws:ec2/requesterManaged:NetworkInterface"
)

const noSuchSubnet = "InvalidSubnetID.NotFound: The subnet ID '{value}' does not exist"

// SubnetInUse is the error with which AWS refuses to delete a subnet.
const SubnetInUse = "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted."

// CIDRBlock returns the IPv4 range of a VPC's or subnet's record; false if it has none.
func CIDRBlock(r *cloud.Record) (netip.Prefix, bool) {
	if r == nil {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(r.Str("cidrBlock"))
	return prefix.Masked(), err == nil
}

// taken returns the private addresses in use in a subnet, with the interface that holds each.
func taken(tx *cloud.Tx, subnet string) map[string]string {
	held := map[string]string{}
	for _, token := range []string{NetworkInterfaceType, ownInterfaceType} {
		for _, r := range tx.All(token) {
			if r.Str("subnetId") != subnet {
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

// usable reports whether AWS gives out an address of a range. It keeps the first four and the last
// (VPC user guide, "Subnet CIDR blocks").
func usable(within netip.Prefix, address netip.Addr) bool {
	first, last := bounds(within)
	n := AddressToUint32(address)
	return n >= first+4 && n < last
}

func bounds(p netip.Prefix) (first, last uint32) {
	first = AddressToUint32(p.Masked().Addr())
	return first, first + (uint32(1)<<(32-p.Bits()) - 1)
}

// freeAddress returns the highest free address of a subnet. AWS takes any. The highest avoids the
// fixed addresses of programs, which are at the low end.
func freeAddress(tx *cloud.Tx, subnet *cloud.Record) (string, error) {
	within, ok := CIDRBlock(subnet)
	if !ok {
		return "", fmt.Errorf("InvalidSubnet: subnet %s has no IPv4 range", subnet.ID)
	}
	held := taken(tx, subnet.ID)
	first, last := bounds(within)
	for n := last - 1; n >= first+4; n-- {
		if address := AddressFromUint32(n).String(); held[address] == "" {
			return address, nil
		}
	}
	return "", fmt.Errorf(
		"InsufficientFreeAddressesInSubnet: The specified subnet %s does not have enough free addresses to satisfy "+
			"the request.",
		subnet.ID,
	)
}

// checkAddress refuses an address that an interface may not have in a subnet.
func checkAddress(tx *cloud.Tx, subnet *cloud.Record, address, own string) error {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return fmt.Errorf("InvalidParameterValue: invalid value for parameter address: %s", address)
	}
	within, ok := CIDRBlock(subnet)
	if !ok || !within.Contains(parsed) {
		return fmt.Errorf("InvalidParameterValue: Address %s does not fall within the subnet's address range", address)
	}
	if !usable(within, parsed) {
		return fmt.Errorf("InvalidParameterValue: Address %s is in subnet's reserved address range", address)
	}
	if holder := taken(tx, subnet.ID)[address]; holder != "" && holder != own {
		return fmt.Errorf("InvalidIPAddress.InUse: Address %s is in use.", address)
	}
	return nil
}

// Placement describes an interface that AWS creates: for what, and where.
type Placement struct {
	Owner, Description, Subnet string
	Groups                     []string
	address                    string // empty: any free address
}

// PlaceInterface creates an interface for an owner.
func PlaceInterface(tx *cloud.Tx, p Placement) (*cloud.Record, error) {
	subnet := tx.Find(SubnetType, "", p.Subnet)
	if subnet == nil {
		return nil, fmt.Errorf("%s", strings.ReplaceAll(noSuchSubnet, "{value}", p.Subnet))
	}
	address, err := p.address, error(nil)
	if address == "" {
		address, err = freeAddress(tx, subnet)
	} else {
		err = checkAddress(tx, subnet, address, "")
	}
	if err != nil {
		return nil, err
	}
	id := "eni-" + cloud.RandomHex(17)
	tx.Keep(ownInterfaceType, id, map[string]any{
		"owner":       p.Owner,
		"description": p.Description,
		"subnetId":    p.Subnet,
		"vpcId": subnet.Str(
			"vpcId",
		),
		"availabilityZone": subnet.Str("availabilityZone"),
		"privateIp":        address,
		"securityGroups":   cloud.AnyList(p.Groups),
	})
	return tx.Find(ownInterfaceType, "", id), nil
}

// OwnInterfaces returns the interfaces that AWS created for an owner.
func OwnInterfaces(tx *cloud.Tx, owner string) []*cloud.Record {
	var found []*cloud.Record
	for _, r := range tx.All(ownInterfaceType) {
		if r.Str("owner") == owner {
			found = append(found, r)
		}
	}
	return found
}

// PlaceInterfaces gives an owner one interface in each of the subnets, and removes its others.
func PlaceInterfaces(tx *cloud.Tx, owner, description string, subnets, groups []string) error {
	has := map[string]bool{}
	for _, r := range OwnInterfaces(tx, owner) {
		if !slices.Contains(subnets, r.Str("subnetId")) {
			tx.Remove(ownInterfaceType, r.ID)
			continue
		}
		has[r.Str("subnetId")] = true
		r.SetOutput("securityGroups", cloud.AnyList(groups))
	}
	for _, subnet := range subnets {
		if has[subnet] {
			continue
		}
		if _, err := PlaceInterface(tx, Placement{
			Owner:       owner,
			Description: description,
			Subnet:      subnet,
			Groups:      groups,
		}); err != nil {
			return err
		}
	}
	return nil
}

// RemoveInterfaces removes the interfaces of an owner.
func RemoveInterfaces(tx *cloud.Tx, owner string) {
	for _, r := range OwnInterfaces(tx, owner) {
		tx.Remove(ownInterfaceType, r.ID)
	}
}

// privateName is the name of a private address inside the VPC.
func privateName(c *cloud.Cloud, address string) string {
	name := "ip-" + strings.ReplaceAll(address, ".", "-")
	if c.Region == "us-east-1" {
		return name + ".ec2.internal"
	}
	return name + "." + c.Region + ".compute.internal"
}

// publicName is the public name of a public address.
func publicName(c *cloud.Cloud, address string) string {
	name := "ec2-" + strings.ReplaceAll(address, ".", "-")
	if c.Region == "us-east-1" {
		return name + ".compute-1.amazonaws.com"
	}
	return name + "." + c.Region + ".compute.amazonaws.com"
}

// AddressToUint32 returns an IPv4 address as a number, to calculate with.
func AddressToUint32(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// AddressFromUint32 returns the IPv4 address for a number of AddressToUint32.
func AddressFromUint32(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
