// The component awsx:ec2:Vpc: its inputs, its outputs and how it lays out its subnets.
package awsx

import (
	"fmt"
	"math/bits"
	"net/netip"

	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// vpcInputs are the inputs of awsx:ec2:Vpc that are supported here.
type vpcInputs struct {
	CidrBlock                 string                `pulumi:"cidrBlock"`
	NumberOfAvailabilityZones *int                  `pulumi:"numberOfAvailabilityZones"`
	AvailabilityZoneNames     []string              `pulumi:"availabilityZoneNames"`
	AvailabilityZoneCidrMask  *int                  `pulumi:"availabilityZoneCidrMask"`
	SubnetStrategy            string                `pulumi:"subnetStrategy"`
	NatGateways               *natInputs            `pulumi:"natGateways"`
	EnableDNSHostnames        pulumi.BoolPtrInput   `pulumi:"enableDnsHostnames"`
	EnableDNSSupport          pulumi.BoolPtrInput   `pulumi:"enableDnsSupport"`
	Tags                      pulumi.StringMapInput `pulumi:"tags"`
}

type natInputs struct {
	Strategy string `pulumi:"strategy"`
}

// vpcComponent holds the outputs that programs read.
type vpcComponent struct {
	pulumi.ResourceState
	VpcID            pulumi.IDOutput         `pulumi:"vpcId"`
	PublicSubnetIDs  pulumi.IDArrayOutput    `pulumi:"publicSubnetIds"`
	PrivateSubnetIDs pulumi.IDArrayOutput    `pulumi:"privateSubnetIds"`
	RouteTables      awsec2.RouteTableArray  `pulumi:"routeTables"`
	Subnets          awsec2.SubnetArray      `pulumi:"subnets"`
	NatGateways      awsec2.NatGatewayArray  `pulumi:"natGateways"`
	Eips             awsec2.EipArray         `pulumi:"eips"`
	InternetGateway  *awsec2.InternetGateway `pulumi:"internetGateway"`
	Vpc              *awsec2.Vpc             `pulumi:"vpc"`
}

func newVpc(
	ctx *pulumi.Context,
	typ, name string,
	in *vpcInputs,
	zones []string,
	options pulumi.ResourceOption,
) (*vpcComponent, error) {
	if in.SubnetStrategy != "Auto" {
		return nil, fmt.Errorf(
			"awsx:ec2:Vpc %q: subnetStrategy %q is not supported by the embedded AWS; use Auto",
			name,
			in.SubnetStrategy,
		)
	}
	if len(in.AvailabilityZoneNames) > 0 {
		zones = in.AvailabilityZoneNames
	} else if n := in.NumberOfAvailabilityZones; n != nil {
		if *n > len(zones) {
			return nil, fmt.Errorf(
				"awsx:ec2:Vpc %q: the configured region for this provider does not have at least %d Availability Zones",
				name,
				*n,
			)
		}
		zones = zones[:*n]
	}
	layout, err := LayOut(in.CidrBlock, in.AvailabilityZoneCidrMask, len(zones))
	if err != nil {
		return nil, fmt.Errorf("awsx:ec2:Vpc %q: %w", name, err)
	}
	component := &vpcComponent{}
	if err := ctx.RegisterComponentResource(typ, name, component, options); err != nil {
		return nil, err
	}
	b := &vpcBuilder{
		ctx:       ctx,
		name:      name,
		in:        in,
		component: component,
	}
	b.network()
	for i, zone := range zones {
		b.zone(i, zone, layout[i])
	}
	if b.err != nil {
		return nil, b.err
	}
	return component, nil
}

// zoneRanges are the IPv4 ranges of the subnets of one zone.
type zoneRanges struct{ Private, Public netip.Prefix }

// LayOut returns awsx's "Auto" layout with default subnets: in each zone a private subnet of half
// the zone's range, then a public one of a quarter.
func LayOut(cidr string, zoneMask *int, zones int) ([]zoneRanges, error) {
	vpc, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil, fmt.Errorf("cidrBlock %q: %w", cidr, err)
	}
	mask := vpc.Bits() + bits.Len(uint(zones-1))
	if zoneMask != nil {
		mask = *zoneMask
	}
	if mask > 26 {
		return nil, fmt.Errorf("automatic subnet creation requires at least a /26 per availability zone, got /%d", mask)
	}
	size := uint32(1) << (32 - mask)
	subnetMask := max(mask, 16)
	ranges := make([]zoneRanges, zones)
	for i := range ranges {
		base := ec2.AddressToUint32(vpc.Masked().Addr()) + uint32(i)*size
		private := netip.PrefixFrom(ec2.AddressFromUint32(base), subnetMask+1)
		public := netip.PrefixFrom(ec2.AddressFromUint32(base+1<<(32-subnetMask-1)), subnetMask+2)
		ranges[i] = zoneRanges{Private: private, Public: public}
	}
	return ranges, nil
}
