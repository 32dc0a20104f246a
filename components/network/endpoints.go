// VPC endpoints: AWS's own services reached without leaving the network. They are a component next
// to the VPC, not inside awsx, because there their names would be the services' and adding one
// would need the whole component.

package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// EndpointsType is the endpoints component's Pulumi type.
const EndpointsType = "nats-platform:network:Endpoints"

// EndpointsArgs say which services get an endpoint. What leaves through one stays in the stack's
// account.
type EndpointsArgs struct {
	platform.Stack
	Network *Network
	// Services are those with an interface endpoint, by short name, for example "ecr.api". S3's
	// gateway endpoint is free and always made.
	Services        []string
	SecurityGroupID pulumi.StringOutput // of the interface endpoints
}

// Endpoints holds the endpoints of a network.
type Endpoints struct {
	pulumi.ResourceState

	args EndpointsArgs
}

// NewEndpoints makes S3's gateway endpoint and one interface endpoint per service in every
// private subnet. An existing VPC (without route tables here) keeps the endpoints it has.
func NewEndpoints(
	ctx *pulumi.Context,
	name string,
	args EndpointsArgs,
	opts ...pulumi.ResourceOption,
) (*Endpoints, error) {
	e := &Endpoints{args: args}
	return platform.Create(ctx, name, e, platform.Definition{
		Type:  EndpointsType,
		Noun:  "endpoints",
		Steps: []platform.Step{e.createForS3, e.createForServices},
	}, opts...)
}

func (e *Endpoints) createForS3(ctx *pulumi.Context, name string) error {
	_, err := ec2.NewVpcEndpoint(ctx, name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           e.args.Network.VpcID,
		ServiceName:     e.serviceName("s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   e.args.Network.RouteTableIDs,
		Policy:          pulumi.String(platform.PolicyJSON(ownBuckets(e.args.Stack)...)),
	}, pulumi.Parent(e))
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	return nil
}

func (e *Endpoints) createForServices(ctx *pulumi.Context, name string) error {
	ownAccount := platform.PolicyJSON(platform.Statement{
		Principal: "*",
		Action:    []string{"*"},
		Resource:  "*",
		Condition: map[string]any{"StringEquals": map[string]string{"aws:PrincipalAccount": e.args.Account}},
	})
	for _, service := range e.args.Services {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId:             e.args.Network.VpcID,
			ServiceName:       e.serviceName(service),
			VpcEndpointType:   pulumi.String("Interface"),
			SubnetIds:         e.args.Network.PrivateSubnetIDs,
			SecurityGroupIds:  pulumi.StringArray{e.args.SecurityGroupID},
			PrivateDnsEnabled: pulumi.Bool(true),
			Policy:            pulumi.String(ownAccount),
		}, pulumi.Parent(e)); err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
	}
	return nil
}

func (e *Endpoints) serviceName(short string) pulumi.String {
	return pulumi.String("com.amazonaws." + e.args.Region + "." + short)
}

// ownBuckets keeps data in the account: whoever takes over a node brings keys of his own, and
// without this could write to a bucket of his own. ECR's image layers lie in a bucket of AWS's (ECR
// user guide, "Interface VPC endpoints", minimum bucket permissions).
func ownBuckets(stack platform.Stack) []platform.Statement {
	return []platform.Statement{
		{
			Sid:       "OwnBuckets",
			Principal: "*",
			Action:    []string{"s3:*"},
			Resource:  "*",
			Condition: map[string]any{"StringEquals": map[string]string{"aws:ResourceAccount": stack.Account}},
		},
		{
			Sid:       "ImageLayers",
			Principal: "*",
			Action:    []string{"s3:GetObject"},
			Resource:  "arn:aws:s3:::prod-" + stack.Region + "-starport-layer-bucket/*",
		},
	}
}
