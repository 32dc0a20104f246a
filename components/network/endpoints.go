// VPC endpoints: AWS's own services reached without leaving the network. They stand beside
// the VPC, not inside awsx, because there their names would be the services' and adding one
// would need the whole component.

package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

// EndpointsType is the endpoints component's Pulumi type.
const EndpointsType = "nats-platform:network:Endpoints"

// EndpointsArgs say which services get an endpoint.
type EndpointsArgs struct {
	Region  string
	Account string // 12 digits; what leaves through an endpoint stays in this account
	// interface endpoints by short name, for example "ecr.api"; S3's gateway endpoint is free and
	// always made
	Services        []string
	SecurityGroupID pulumi.StringInput
}

// Endpoints holds the endpoints of a network.
type Endpoints struct {
	pulumi.ResourceState
}

// NewEndpoints makes S3's gateway endpoint and one interface endpoint per service in every
// private subnet. An existing VPC (without route tables here) keeps the endpoints it has.
func NewEndpoints(
	ctx *pulumi.Context,
	name string,
	network *Network,
	args EndpointsArgs,
	opts ...pulumi.ResourceOption,
) (*Endpoints, error) {
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
		Policy:          pulumi.String(policy.JSON(ownBuckets(args)...)),
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
			Policy: pulumi.String(policy.JSON(policy.Statement{
				Principal: "*",
				Action:    []string{"*"},
				Resource:  "*",
				Condition: map[string]any{"StringEquals": map[string]string{"aws:PrincipalAccount": args.Account}},
			})),
		}, under); err != nil {
			return nil, fmt.Errorf("creating endpoints %q: %s: %w", name, service, err)
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{})
}

// ownBuckets keeps data in the account: whoever takes over a node brings keys of his own, and
// without this could write to a bucket of his own. ECR's image layers lie in a bucket of AWS's (ECR
// user guide, "Interface VPC endpoints", minimum bucket permissions).
func ownBuckets(args EndpointsArgs) []policy.Statement {
	return []policy.Statement{
		{
			Sid:       "OwnBuckets",
			Principal: "*",
			Action:    []string{"s3:*"},
			Resource:  "*",
			Condition: map[string]any{"StringEquals": map[string]string{"aws:ResourceAccount": args.Account}},
		},
		{
			Sid:       "ImageLayers",
			Principal: "*",
			Action:    []string{"s3:GetObject"},
			Resource:  "arn:aws:s3:::prod-" + args.Region + "-starport-layer-bucket/*",
		},
	}
}
