// VPC endpoints: AWS's own services reached without leaving the network. They stand beside
// the VPC, not inside awsx, because there their names would be the services' and adding one
// would need the whole component.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EndpointsType is the endpoints component's Pulumi type.
const EndpointsType = "nats-platform:network:Endpoints"

// EndpointsArgs say which services get an endpoint.
type EndpointsArgs struct {
	Region          string
	Services        []string // interface endpoints by short name, for example "ecr.api"; S3's gateway endpoint is free and always made
	SecurityGroupID pulumi.StringInput
}

// Endpoints holds the endpoints of a network.
type Endpoints struct {
	pulumi.ResourceState
}

// NewEndpoints makes S3's gateway endpoint and one interface endpoint per service in every
// private subnet. An existing VPC (without route tables here) keeps the endpoints it has.
func NewEndpoints(ctx *pulumi.Context, name string, network *Network, args EndpointsArgs, opts ...pulumi.ResourceOption) (*Endpoints, error) {
	e := &Endpoints{}
	if err := ctx.RegisterComponentResource(EndpointsType, name, e, opts...); err != nil {
		return nil, fmt.Errorf("creating endpoints %q: %w", name, err)
	}
	under := pulumi.Parent(e)
	if _, err := ec2.NewVpcEndpoint(ctx, name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           network.VpcID,
		ServiceName:     pulumi.String("com.amazonaws." + args.Region + ".s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   network.RouteTableIDs,
	}, under); err != nil {
		return nil, fmt.Errorf("creating endpoints %q: s3: %w", name, err)
	}
	for _, service := range args.Services {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId:             network.VpcID,
			ServiceName:       pulumi.String("com.amazonaws." + args.Region + "." + service),
			VpcEndpointType:   pulumi.String("Interface"),
			SubnetIds:         network.PrivateSubnetIDs,
			SecurityGroupIds:  pulumi.StringArray{args.SecurityGroupID},
			PrivateDnsEnabled: pulumi.Bool(true),
		}, under); err != nil {
			return nil, fmt.Errorf("creating endpoints %q: %s: %w", name, service, err)
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{})
}
