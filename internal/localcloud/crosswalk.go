// awsx (AWS Crosswalk): its Vpc component, built of the same children with the same names as
// the real one, so that a state made here looks like a state made there.
// Source: pulumi/pulumi-awsx awsx/ec2/vpc.ts and awsx/ec2/subnetDistributorNew.ts.
package localcloud

import (
	"context"
	"fmt"
	"math/bits"
	"net/netip"
	"sync"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	sdkprovider "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// crosswalk serves package awsx.
type crosswalk struct {
	provider
	mu     sync.Mutex
	engine *grpc.ClientConn
}

// Attach remembers the engine, to which components log.
func (x *crosswalk) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	connection, err := grpc.NewClient(req.GetAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connecting to the engine at %s: %w", req.GetAddress(), err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.engine != nil {
		_ = x.engine.Close() // an earlier engine that has gone
	}
	x.engine = connection
	return &emptypb.Empty{}, nil
}

// Configure says that secrets are understood: the engine lets no other provider construct
// components.
func (x *crosswalk) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		SupportsPreview: true,
		AcceptSecrets:   true,
		AcceptResources: true,
		AcceptOutputs:   true,
	}, nil
}

// Construct makes the component; awsx:ec2:Vpc is the only one here.
func (x *crosswalk) Construct(
	ctx context.Context,
	req *pulumirpc.ConstructRequest,
) (*pulumirpc.ConstructResponse, error) {
	if req.GetType() != "awsx:ec2:Vpc" {
		return nil, fmt.Errorf("the embedded AWS has no component %s: it knows awsx:ec2:Vpc", req.GetType())
	}
	x.mu.Lock()
	engine := x.engine
	x.mu.Unlock()
	return sdkprovider.Construct(ctx, req, engine, func(pctx *pulumi.Context, typ, name string,
		inputs sdkprovider.ConstructInputs, options pulumi.ResourceOption,
	) (*sdkprovider.ConstructResult, error) {
		args := &vpcInputs{}
		if err := inputs.CopyTo(args); err != nil {
			return nil, fmt.Errorf("reading the inputs of %s %q: %w", typ, name, err)
		}
		vpc, err := newVpc(pctx, typ, name, args, x.cloud.Zones(), options)
		if err != nil {
			return nil, err
		}
		return sdkprovider.NewConstructResult(vpc)
	})
}

// vpcInputs are the inputs of awsx:ec2:Vpc that are understood here.
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
	VpcID            pulumi.IDOutput      `pulumi:"vpcId"`
	PublicSubnetIDs  pulumi.IDArrayOutput `pulumi:"publicSubnetIds"`
	PrivateSubnetIDs pulumi.IDArrayOutput `pulumi:"privateSubnetIds"`
	RouteTables      ec2.RouteTableArray  `pulumi:"routeTables"`
	Subnets          ec2.SubnetArray      `pulumi:"subnets"`
	NatGateways      ec2.NatGatewayArray  `pulumi:"natGateways"`
	Eips             ec2.EipArray         `pulumi:"eips"`
	InternetGateway  *ec2.InternetGateway `pulumi:"internetGateway"`
	Vpc              *ec2.Vpc             `pulumi:"vpc"`
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
			"awsx:ec2:Vpc %q: subnetStrategy %q is not known to the embedded AWS; it knows Auto",
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
	layout, err := layOut(in.CidrBlock, in.AvailabilityZoneCidrMask, len(zones))
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

// zoneRanges are the ranges of one zone's subnets.
type zoneRanges struct{ private, public netip.Prefix }

// layOut is awsx's "Auto" layout with default subnets: in each zone a private subnet of half
// the zone's range, then a public one of a quarter.
func layOut(cidr string, zoneMask *int, zones int) ([]zoneRanges, error) {
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
		base := toUint(vpc.Masked().Addr()) + uint32(i)*size
		private := netip.PrefixFrom(toAddr(base), subnetMask+1)
		public := netip.PrefixFrom(toAddr(base+1<<(32-subnetMask-1)), subnetMask+2)
		ranges[i] = zoneRanges{private: private, public: public}
	}
	return ranges, nil
}

func toUint(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func toAddr(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
