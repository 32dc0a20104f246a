// Package network is the VPC that everything is in: over several availability zones, made
// new through awsx or named by ids, locked down where awsx leaves it open.
package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:network:Network"

// Settings are what a stack's configuration says of the network. With VpcID set the existing VPC is
// used as it is, and of the other settings only the subnet ids matter.
type Settings struct {
	VpcID            string   // an existing VPC; empty: a new one
	PrivateSubnetIDs []string // of the existing VPC, one for each zone in the order of Args.Zones
	PublicSubnetIDs  []string // of the existing VPC, one for each zone in the order of Args.Zones
	Cidr             string   // range of the new VPC
	// ZoneCidrMask is the prefix length of one zone's share: fixed, else another zone count would
	// replace every subnet.
	ZoneCidrMask       int
	NatGatewayStrategy string // OnePerAz, Single or None
	FlowLogRetention   int    // of the flow logs, in days, one of CloudWatch's values
}

// Args shape the network.
type Args struct {
	platform.Stack
	Settings
	Zones []string // availability zones to use, in order
}

// Network is a VPC in which only load balancers and NAT gateways have public addresses.
type Network struct {
	pulumi.ResourceState

	VpcID            pulumi.StringOutput      `pulumi:"vpcId"`
	Cidr             pulumi.StringOutput      `pulumi:"cidr"` // the VPC's main range
	PrivateSubnetIDs pulumi.StringArrayOutput `pulumi:"privateSubnetIds"`
	PublicSubnetIDs  pulumi.StringArrayOutput `pulumi:"publicSubnetIds"`
	RouteTableIDs    pulumi.StringArrayOutput `pulumi:"routeTableIds"` // empty for an existing VPC

	args Args
	vpc  *awsx.Vpc // nil for an existing VPC
}

// Placement is where a component puts what it makes.
type Placement struct {
	VpcID            pulumi.StringOutput
	Zones            []string                 // availability zones
	PrivateSubnetIDs pulumi.StringArrayOutput // one for each zone, in the order of Zones
	PublicSubnetIDs  pulumi.StringArrayOutput // one for each zone, in the order of Zones

	SecurityGroupID             pulumi.StringOutput // of what is placed
	LoadBalancerSecurityGroupID pulumi.StringOutput // of the load balancer in front of it; unset: there is none

	// Reachable are what a machine needs before it reaches AWS: one that boots earlier fails.
	Reachable []pulumi.Resource
}

// Placement is a place in the network, in no security group yet.
func (n *Network) Placement() Placement {
	return Placement{
		VpcID:            n.VpcID,
		Zones:            n.args.Zones,
		PrivateSubnetIDs: n.PrivateSubnetIDs,
		PublicSubnetIDs:  n.PublicSubnetIDs,
	}
}

// New makes the network or looks it up.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{args: args}
	steps := []platform.Step{n.createVpc, n.reserveFixedAddresses, n.emptyDefaultGroup, n.createFlowLogs}
	if args.VpcID != "" {
		steps = []platform.Step{n.findVpc}
	}
	return platform.Create(ctx, name, n, platform.Definition{Type: Type, Noun: "network", Steps: steps}, opts...)
}

func (n *Network) findVpc(ctx *pulumi.Context, _ string) error {
	n.VpcID = pulumi.String(n.args.VpcID).ToStringOutput()
	found := ec2.LookupVpcOutput(ctx, ec2.LookupVpcOutputArgs{Id: pulumi.StringPtr(n.args.VpcID)}, pulumi.Parent(n))
	n.Cidr = found.CidrBlock()
	n.PrivateSubnetIDs = pulumi.ToStringArray(n.args.PrivateSubnetIDs).ToStringArrayOutput()
	n.PublicSubnetIDs = pulumi.ToStringArray(n.args.PublicSubnetIDs).ToStringArrayOutput()
	n.RouteTableIDs = pulumi.StringArray{}.ToStringArrayOutput()
	return nil
}

func (n *Network) createVpc(ctx *pulumi.Context, name string) error {
	// awsx leaves new public subnets handing out addresses (control EC2.15). Nothing is ever
	// launched there but load balancers and NAT gateways, which have addresses anyway.
	vpc, err := awsx.NewVpc(ctx, name+"-vpc", &awsx.VpcArgs{
		CidrBlock:                &n.args.Cidr,
		AvailabilityZoneNames:    n.args.Zones,
		AvailabilityZoneCidrMask: &n.args.ZoneCidrMask,
		SubnetStrategy:           new(awsx.SubnetAllocationStrategyAuto),
		NatGateways: &awsx.NatGatewayConfigurationArgs{
			Strategy: awsx.NatGatewayStrategy(n.args.NatGatewayStrategy),
		},
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               pulumi.StringMap{"Name": pulumi.String(n.args.Environment)},
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	n.Cidr = pulumi.String(n.args.Cidr).ToStringOutput()
	n.VpcID, n.PublicSubnetIDs = vpc.VpcId, vpc.PublicSubnetIds
	n.RouteTableIDs = routeTableIDs(vpc)
	n.vpc = vpc
	return nil
}

// emptyDefaultGroup takes the rules of the VPC's default security group away. It lets its members
// reach each other and the world (control EC2.2); without rules, whatever lands in it by mistake
// can reach nothing.
func (n *Network) emptyDefaultGroup(ctx *pulumi.Context, name string) error {
	_, err := ec2.NewDefaultSecurityGroup(ctx, name+"-default-security-group", &ec2.DefaultSecurityGroupArgs{
		VpcId: n.VpcID,
	}, pulumi.Parent(n))
	return err
}

// reserveFixedAddresses keeps the first addresses of each private subnet for those who ask for them
// by name, as the NATS nodes do: AWS gives any free address to whatever else is made at the same
// time. The subnets' ids are known once that is so.
func (n *Network) reserveFixedAddresses(ctx *pulumi.Context, name string) error {
	ids := n.vpc.PrivateSubnetIds
	known := []any{ids}
	for i := range n.args.Zones {
		id := ids.Index(pulumi.Int(i))
		subnet := ec2.LookupSubnetOutput(ctx, ec2.LookupSubnetOutputArgs{Id: id.ToStringPtrOutput()}, pulumi.Parent(n))
		reservation, err := ec2.NewSubnetCidrReservation(
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
			return err
		}
		known = append(known, reservation.ID())
	}
	n.PrivateSubnetIDs = pulumi.All(known...).ApplyT(func(values []any) []string {
		return values[0].([]string)
	}).(pulumi.StringArrayOutput)
	return nil
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
