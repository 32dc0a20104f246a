// Package network is the ground that everything stands on: a VPC over several availability
// zones, made new through awsx or named by ids, locked down where awsx leaves it open.
package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:network:Network"

// Args shape the network. With VpcID set the existing VPC is used as it is, and only Zones
// and the subnet ids matter.
type Args struct {
	Environment string   // prefixes names
	Region      string   // for example "us-east-1"
	Account     string   // 12 digits
	Cidr        string   // range of the new VPC
	Zones       []string // availability zones to use, in order
	// prefix length of one zone's share: fixed, else another zone count would replace every subnet
	ZoneCidrMask       int
	NatGatewayStrategy string   // OnePerAz, Single or None
	VpcID              string   // an existing VPC; empty: a new one
	PrivateSubnetIDs   []string // of the existing VPC, one per zone in the order of Zones
	PublicSubnetIDs    []string // of the existing VPC, one per zone in the order of Zones
	LogRetentionDays   int      // of the flow logs
	Protect            bool     // refuse the deletion of the flow logs; default false
	LogsKeyArn         pulumi.StringInput
}

// Network is a VPC in which only load balancers and NAT gateways have public addresses.
type Network struct {
	pulumi.ResourceState

	VpcID            pulumi.StringOutput      `pulumi:"vpcId"`
	Cidr             pulumi.StringOutput      `pulumi:"cidr"` // the VPC's main range
	PrivateSubnetIDs pulumi.StringArrayOutput `pulumi:"privateSubnetIds"`
	PublicSubnetIDs  pulumi.StringArrayOutput `pulumi:"publicSubnetIds"`
	RouteTableIDs    pulumi.StringArrayOutput `pulumi:"routeTableIds"` // empty for an existing VPC
}

// New makes the network or looks it up.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{}
	if err := ctx.RegisterComponentResource(Type, name, n, opts...); err != nil {
		return nil, fmt.Errorf("creating network %q: %w", name, err)
	}
	var err error
	if args.VpcID != "" {
		n.adopt(ctx, args)
	} else {
		err = n.create(ctx, name, args)
	}
	if err != nil {
		return nil, fmt.Errorf("creating network %q: %w", name, err)
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId": n.VpcID, "cidr": n.Cidr, "privateSubnetIds": n.PrivateSubnetIDs,
		"publicSubnetIds": n.PublicSubnetIDs, "routeTableIds": n.RouteTableIDs,
	})
}

func (n *Network) adopt(ctx *pulumi.Context, args Args) {
	n.VpcID = pulumi.String(args.VpcID).ToStringOutput()
	found := ec2.LookupVpcOutput(ctx, ec2.LookupVpcOutputArgs{Id: pulumi.StringPtr(args.VpcID)}, pulumi.Parent(n))
	n.Cidr = found.CidrBlock()
	n.PrivateSubnetIDs = pulumi.ToStringArray(args.PrivateSubnetIDs).ToStringArrayOutput()
	n.PublicSubnetIDs = pulumi.ToStringArray(args.PublicSubnetIDs).ToStringArrayOutput()
	n.RouteTableIDs = pulumi.StringArray{}.ToStringArrayOutput()
}

func (n *Network) create(ctx *pulumi.Context, name string, args Args) error {
	// awsx leaves new public subnets handing out addresses (control EC2.15). Nothing is ever
	// launched there but load balancers and NAT gateways, which have addresses anyway.
	vpc, err := awsx.NewVpc(ctx, name+"-vpc", &awsx.VpcArgs{
		CidrBlock:                &args.Cidr,
		AvailabilityZoneNames:    args.Zones,
		AvailabilityZoneCidrMask: &args.ZoneCidrMask,
		SubnetStrategy:           new(awsx.SubnetAllocationStrategyAuto),
		NatGateways: &awsx.NatGatewayConfigurationArgs{
			Strategy: awsx.NatGatewayStrategy(args.NatGatewayStrategy),
		},
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               pulumi.StringMap{"Name": pulumi.String(args.Environment)},
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	n.Cidr = pulumi.String(args.Cidr).ToStringOutput()
	n.VpcID, n.PublicSubnetIDs = vpc.VpcId, vpc.PublicSubnetIds
	n.RouteTableIDs = routeTableIDs(vpc)
	if n.PrivateSubnetIDs, err = n.reserve(ctx, name, len(args.Zones), vpc.PrivateSubnetIds); err != nil {
		return err
	}

	// The default group lets its members reach each other and the world (control EC2.2);
	// without rules, whatever lands in it by mistake can reach nothing.
	if _, err := ec2.NewDefaultSecurityGroup(ctx, name+"-default-security-group", &ec2.DefaultSecurityGroupArgs{
		VpcId: n.VpcID,
	}, pulumi.Parent(n)); err != nil {
		return err
	}
	return n.flowLogs(ctx, name, args)
}

// reserve keeps the first addresses of each private subnet for those who ask for them by name, as
// the NATS nodes do: AWS gives any free address to whatever else is made at the same time. The ids
// that it returns are known once that is so.
func (n *Network) reserve(
	ctx *pulumi.Context,
	name string,
	zones int,
	ids pulumi.StringArrayOutput,
) (pulumi.StringArrayOutput, error) {
	known := []any{ids}
	for i := range zones {
		id := ids.Index(pulumi.Int(i))
		subnet := ec2.LookupSubnetOutput(ctx, ec2.LookupSubnetOutputArgs{Id: id.ToStringPtrOutput()}, pulumi.Parent(n))
		made, err := ec2.NewSubnetCidrReservation(
			ctx,
			fmt.Sprintf("%s-fixed-%d", name, i+1),
			&ec2.SubnetCidrReservationArgs{
				SubnetId:        id,
				CidrBlock:       subnet.CidrBlock().ApplyT(FixedAddresses).(pulumi.StringOutput),
				ReservationType: pulumi.String("explicit"),
				Description:     pulumi.String("Addresses of the NATS nodes"),
			},
			pulumi.Parent(n),
		)
		if err != nil {
			return ids, err
		}
		known = append(known, made.ID())
	}
	return pulumi.All(known...).ApplyT(func(values []any) []string {
		return values[0].([]string)
	}).(pulumi.StringArrayOutput), nil
}

// FixedAddresses is the part of a subnet, given as a range, whose addresses AWS gives nobody: its
// first 16.
func FixedAddresses(cidr string) (string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("reserving the first addresses of subnet range %q: %w", cidr, err)
	}
	return netip.PrefixFrom(prefix.Masked().Addr(), 28).String(), nil
}

func routeTableIDs(vpc *awsx.Vpc) pulumi.StringArrayOutput {
	return vpc.RouteTables.ApplyT(func(tables []*ec2.RouteTable) pulumi.StringArrayOutput {
		ids := make(pulumi.StringArray, len(tables))
		for i, table := range tables {
			ids[i] = table.ID().ToStringOutput()
		}
		return ids.ToStringArrayOutput()
	}).(pulumi.StringArrayOutput)
}
