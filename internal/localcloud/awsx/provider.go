// The provider of awsx (AWS Crosswalk). Its only component here is Vpc, which has the same children
// with the same names as the real one, so that the states are alike.
// Source: pulumi/pulumi-awsx awsx/ec2/vpc.ts and awsx/ec2/subnetDistributorNew.ts.
package awsx

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	sdkprovider "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Provider serves the package awsx to the Pulumi engine.
type Provider struct {
	cloud.Provider
	mu     sync.Mutex
	engine *grpc.ClientConn
}

// Attach connects to the engine, to which components log.
func (x *Provider) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	connection, err := grpc.NewClient(req.GetAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connecting to the engine at %s: %w", req.GetAddress(), err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.engine != nil {
		_ = x.engine.Close() // an earlier engine, which has ended
	}
	x.engine = connection
	return &emptypb.Empty{}, nil
}

// Configure reports that secrets are supported. The engine requires that of providers with
// components.
func (x *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		SupportsPreview: true,
		AcceptSecrets:   true,
		AcceptResources: true,
		AcceptOutputs:   true,
	}, nil
}

// Construct creates a component. awsx:ec2:Vpc is the only one here.
func (x *Provider) Construct(
	ctx context.Context,
	req *pulumirpc.ConstructRequest,
) (*pulumirpc.ConstructResponse, error) {
	if req.GetType() != "awsx:ec2:Vpc" {
		return nil, fmt.Errorf("the embedded AWS has no component %s: it supports awsx:ec2:Vpc only", req.GetType())
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
		vpc, err := newVpc(pctx, typ, name, args, x.Cloud.Zones(), options)
		if err != nil {
			return nil, err
		}
		return sdkprovider.NewConstructResult(vpc)
	})
}
