// Functions that run in the VPC: their credentials, their place and what a caller of their code
// needs.
package localcloud

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// Environment is what a function's code has when it runs.
type Environment struct {
	Variables   map[string]string
	Credentials Credentials // of its role
	Region      string
	// Dial connects from the function's place in the VPC, as its security groups let it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// FunctionEnvironment prepares what the code of a function runs with.
func (c *Cloud) FunctionEnvironment(name string) (Environment, error) {
	r := c.copyOf(functionType, "", name)
	if r == nil {
		return Environment{}, fmt.Errorf("running function %s: it does not exist", name)
	}
	credentials, err := c.functionSession(r.str("role"), name)
	if err != nil {
		return Environment{}, fmt.Errorf("running function %s: %w", name, err)
	}
	source, err := c.functionAddress(r)
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
			return c.connectFrom(ctx, source, network, address)
		},
	}, nil
}

// functionSession is what Lambda gets when it assumes the function's role, if the role lets it.
func (c *Cloud) functionSession(role, name string) (Credentials, error) {
	return update2(c, func(tx *Tx) (Credentials, error) {
		if held := tx.roleByARN(role); held != nil {
			allowed, err := c.mayAssume(held.str("assumeRolePolicy"), "lambda.amazonaws.com")
			if err != nil {
				return Credentials{}, err
			}
			if !allowed {
				return Credentials{}, fmt.Errorf(
					"AccessDeniedException: The role defined for the function cannot be assumed by Lambda.",
				)
			}
		}
		return tx.newSession(role, name)
	})
}

// functionAddresses are those of functions in the VPC, by name.
var functionAddresses = newState(stopServers, nil, func(*byID[netip.Addr]) error { return nil })

// functionAddress places the function in the first of its subnets once.
func (c *Cloud) functionAddress(r *Record) (netip.Addr, error) {
	subnets, _ := r.Get("vpcConfig.subnetIds").([]any)
	groups, _ := r.Get("vpcConfig.securityGroupIds").([]any)
	return functionAddresses.of(c).getOrMake(r.ID, func() (netip.Addr, error) {
		if len(subnets) == 0 {
			return netip.Addr{}, fmt.Errorf("it is in no VPC")
		}
		return c.Attach("AWS Lambda VPC ENI-"+r.ID, fmt.Sprint(subnets[0]), texts(groups))
	})
}

func forgetFunction(c *Cloud, r Record) error {
	functionAddresses.of(c).take(r.ID)
	c.Detach("AWS Lambda VPC ENI-" + r.ID)
	return nil
}
