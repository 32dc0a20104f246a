// Which resources awsx:ec2:Vpc creates: names, parents and order as in awsx/ec2/vpc.ts.
package awsx

import (
	"fmt"
	"maps"
	"net/netip"

	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// vpcBuilder registers the children. After the first error it does nothing more.
type vpcBuilder struct {
	ctx                   *pulumi.Context
	name                  string
	in                    *vpcInputs
	component             *vpcComponent
	publicIDs, privateIDs pulumi.IDArray
	err                   error
}

func (b *vpcBuilder) keep(err error) bool {
	if b.err == nil {
		b.err = err
	}
	return b.err == nil
}

// tags returns the caller's tags, with Name and the extra tags of the child.
func (b *vpcBuilder) tags(extra map[string]string) pulumi.StringMap {
	tags := pulumi.StringMap{"Name": pulumi.String(b.name)}
	if given, ok := b.in.Tags.(pulumi.StringMap); ok {
		maps.Copy(tags, given)
	}
	for k, v := range extra {
		tags[k] = pulumi.String(v)
	}
	return tags
}

func (b *vpcBuilder) network() {
	vpc, err := awsec2.NewVpc(b.ctx, b.name, &awsec2.VpcArgs{
		CidrBlock:          pulumi.String(b.in.CidrBlock),
		EnableDnsHostnames: b.in.EnableDNSHostnames,
		EnableDnsSupport:   b.in.EnableDNSSupport,
		Tags:               b.tags(nil),
	}, pulumi.Parent(b.component))
	if !b.keep(err) {
		return
	}
	b.component.Vpc, b.component.VpcID = vpc, vpc.ID()
	b.component.InternetGateway, err = awsec2.NewInternetGateway(
		b.ctx,
		b.name,
		&awsec2.InternetGatewayArgs{
			VpcId: vpc.ID(),
			Tags:  b.tags(nil),
		},
		pulumi.Parent(vpc),
		pulumi.DependsOn([]pulumi.Resource{vpc}),
	)
	b.keep(err)
}

// zone creates the public subnet first, because the route of the private one needs its NAT gateway.
func (b *vpcBuilder) zone(i int, zone string, ranges zoneRanges) {
	public, table := b.subnet(i, zone, "Public", ranges.Public)
	if b.err != nil {
		return
	}
	b.natGateway(i, public)
	b.route(
		fmt.Sprintf("%s-public-%d", b.name, i+1),
		table,
		&awsec2.RouteArgs{GatewayId: b.component.InternetGateway.ID()},
	)
	_, table = b.subnet(i, zone, "Private", ranges.Private)
	if b.err != nil || len(b.component.NatGateways) == 0 {
		return
	}
	nat := b.component.NatGateways[min(i, len(b.component.NatGateways)-1)].(*awsec2.NatGateway)
	b.route(fmt.Sprintf("%s-private-%d", b.name, i+1), table, &awsec2.RouteArgs{NatGatewayId: nat.ID()})
}

func (b *vpcBuilder) subnet(i int, zone, kind string, cidr netip.Prefix) (*awsec2.Subnet, *awsec2.RouteTable) {
	if b.err != nil {
		return nil, nil
	}
	kindName := map[string]string{"Public": "public", "Private": "private"}[kind]
	name := fmt.Sprintf("%s-%s-%d", b.name, kindName, i+1)
	tags := b.tags(map[string]string{"Name": name, "SubnetType": kind})
	vpc := b.component.Vpc
	subnet, err := awsec2.NewSubnet(b.ctx, name, &awsec2.SubnetArgs{
		VpcId:               vpc.ID(),
		AvailabilityZone:    pulumi.String(zone),
		MapPublicIpOnLaunch: pulumi.Bool(kind == "Public"),
		CidrBlock:           pulumi.String(cidr.String()),
		Tags:                tags,
	},
		pulumi.Parent(vpc), pulumi.DependsOn([]pulumi.Resource{vpc}))
	if !b.keep(err) {
		return nil, nil
	}
	table, err := awsec2.NewRouteTable(b.ctx, name, &awsec2.RouteTableArgs{VpcId: vpc.ID(), Tags: tags},
		pulumi.Parent(subnet), pulumi.DependsOn([]pulumi.Resource{subnet}))
	if !b.keep(err) {
		return nil, nil
	}
	_, err = awsec2.NewRouteTableAssociation(
		b.ctx,
		name,
		&awsec2.RouteTableAssociationArgs{RouteTableId: table.ID(), SubnetId: subnet.ID()},
		pulumi.Parent(table),
		pulumi.DependsOn([]pulumi.Resource{table}),
	)
	b.keep(err)
	b.component.Subnets = append(b.component.Subnets, subnet)
	b.component.RouteTables = append(b.component.RouteTables, table)
	b.addSubnetID(kind, subnet)
	return subnet, table
}

func (b *vpcBuilder) addSubnetID(kind string, subnet *awsec2.Subnet) {
	ids := &b.privateIDs
	if kind == "Public" {
		ids = &b.publicIDs
	}
	*ids = append(*ids, subnet.ID())
	b.component.PublicSubnetIDs = b.publicIDs.ToIDArrayOutput()
	b.component.PrivateSubnetIDs = b.privateIDs.ToIDArrayOutput()
}

func (b *vpcBuilder) natGateway(i int, public *awsec2.Subnet) {
	strategy := "OnePerAz"
	if b.in.NatGateways != nil {
		strategy = b.in.NatGateways.Strategy
	}
	if strategy == "None" || (strategy == "Single" && i > 0) {
		return
	}
	name := fmt.Sprintf("%s-%d", b.name, i+1)
	tags := b.tags(map[string]string{"Name": name})
	under := []pulumi.ResourceOption{pulumi.Parent(public), pulumi.DependsOn([]pulumi.Resource{public})}
	eip, err := awsec2.NewEip(b.ctx, name, &awsec2.EipArgs{Tags: tags}, under...)
	if !b.keep(err) {
		return
	}
	nat, err := awsec2.NewNatGateway(
		b.ctx,
		name,
		&awsec2.NatGatewayArgs{SubnetId: public.ID(), AllocationId: eip.AllocationId, Tags: tags},
		under...)
	if b.keep(err) {
		b.component.Eips = append(b.component.Eips, eip)
		b.component.NatGateways = append(b.component.NatGateways, nat)
	}
}

func (b *vpcBuilder) route(name string, table *awsec2.RouteTable, args *awsec2.RouteArgs) {
	if b.err != nil {
		return
	}
	args.RouteTableId = table.ID()
	args.DestinationCidrBlock = pulumi.String("0.0.0.0/0")
	_, err := awsec2.NewRoute(b.ctx, name, args, pulumi.Parent(table), pulumi.DependsOn([]pulumi.Resource{table}))
	b.keep(err)
}
