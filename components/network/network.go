// Package network is the ground that everything stands on: a VPC over several availability
// zones, made new through awsx or named by ids, locked down where awsx leaves it open.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:network:Network"

// Args shape the network. With VpcID set the existing VPC is used as it is, and only Zones
// and the subnet ids matter.
type Args struct {
	Environment        string   // prefixes names
	Cidr               string   // range of the new VPC
	Zones              []string // availability zones to use, in order
	ZoneCidrMask       int      // prefix length of one zone's share: fixed, else another zone count would replace every subnet
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
		SubnetStrategy:           strategy("Auto"),
		NatGateways:              &awsx.NatGatewayConfigurationArgs{Strategy: awsx.NatGatewayStrategy(args.NatGatewayStrategy)},
		EnableDnsHostnames:       pulumi.Bool(true),
		EnableDnsSupport:         pulumi.Bool(true),
		Tags:                     pulumi.StringMap{"Name": pulumi.String(args.Environment)},
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	n.Cidr = pulumi.String(args.Cidr).ToStringOutput()
	n.VpcID, n.PrivateSubnetIDs, n.PublicSubnetIDs = vpc.VpcId, vpc.PrivateSubnetIds, vpc.PublicSubnetIds
	n.RouteTableIDs = routeTableIDs(vpc)

	// The default group lets its members reach each other and the world (control EC2.2);
	// without rules, whatever lands in it by mistake can reach nothing.
	if _, err := ec2.NewDefaultSecurityGroup(ctx, name+"-default-security-group", &ec2.DefaultSecurityGroupArgs{
		VpcId: n.VpcID,
	}, pulumi.Parent(n)); err != nil {
		return err
	}
	return n.flowLogs(ctx, name, args)
}

func strategy(s awsx.SubnetAllocationStrategy) *awsx.SubnetAllocationStrategy { return &s }

func routeTableIDs(vpc *awsx.Vpc) pulumi.StringArrayOutput {
	return vpc.RouteTables.ApplyT(func(tables []*ec2.RouteTable) pulumi.StringArrayOutput {
		ids := make(pulumi.StringArray, len(tables))
		for i, table := range tables {
			ids[i] = table.ID().ToStringOutput()
		}
		return ids.ToStringArrayOutput()
	}).(pulumi.StringArrayOutput)
}
