// What a function's code has when it runs: credentials of its role, variables, and a place in the
// VPC.
package lambda

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// Environment holds what the code of a function has when it runs.
type Environment struct {
	Variables   map[string]string
	Credentials awsapi.Credentials // of its role
	Region      string
	// Dial connects from the function's address in the VPC, if its security groups allow it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// FunctionEnvironment prepares the environment for the code of a function.
func FunctionEnvironment(c *cloud.Cloud, name string) (Environment, error) {
	r := c.CopyOf(FunctionType, "", name)
	if r == nil {
		return Environment{}, fmt.Errorf("running function %s: it does not exist", name)
	}
	credentials, err := functionSession(c, r.Str("role"), name)
	if err != nil {
		return Environment{}, fmt.Errorf("running function %s: %w", name, err)
	}
	source, err := functionAddress(c, r)
	if err != nil {
		return Environment{}, fmt.Errorf("running function %s: %w", name, err)
	}
	variables := map[string]string{}
	set, _ := r.Get("environment.variables").(map[string]any)
	for key, v := range set {
		variables[key] = fmt.Sprint(v)
	}
	return Environment{
		Variables:   variables,
		Credentials: credentials,
		Region:      c.Region,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return elbv2.ConnectFrom(c, ctx, source, network, address)
		},
	}, nil
}

// functionSession assumes the role of the function for Lambda, if the role allows that.
func functionSession(c *cloud.Cloud, role, name string) (awsapi.Credentials, error) {
	return cloud.Update2(c, func(tx *cloud.Tx) (awsapi.Credentials, error) {
		if held := roles.RoleByARN(tx, role); held != nil {
			allowed, err := roles.MayAssume(c, held.Str("assumeRolePolicy"), "lambda.amazonaws.com")
			if err != nil {
				return awsapi.Credentials{}, err
			}
			if !allowed {
				return awsapi.Credentials{}, fmt.Errorf(
					"AccessDeniedException: The role defined for the function cannot be assumed by Lambda.",
				)
			}
		}
		return awsapi.NewSession(tx, role, name)
	})
}

// functionAddresses holds the addresses of functions in the VPC, by name.
var functionAddresses = cloud.NewState(cloud.StopServers, nil, func(*cloud.ByID[netip.Addr]) error { return nil })

// functionAddress returns the address of the function. The first call places it in the first of its
// subnets.
func functionAddress(c *cloud.Cloud, r *cloud.Record) (netip.Addr, error) {
	subnets, _ := r.Get("vpcConfig.subnetIds").([]any)
	groups, _ := r.Get("vpcConfig.securityGroupIds").([]any)
	return functionAddresses.Of(c).GetOrMake(r.ID, func() (netip.Addr, error) {
		if len(subnets) == 0 {
			return netip.Addr{}, fmt.Errorf("it is in no VPC")
		}
		return ec2.Attach(c, "AWS Lambda VPC ENI-"+r.ID, fmt.Sprint(subnets[0]), cloud.Strings(groups))
	})
}

func forgetFunction(c *cloud.Cloud, r cloud.Record) error {
	functionAddresses.Of(c).Take(r.ID)
	ec2.Detach(c, "AWS Lambda VPC ENI-"+r.ID)
	return nil
}
