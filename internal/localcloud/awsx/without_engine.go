// The component awsx:ec2:Vpc under the SDK's mocks, where there is no engine. There it is one
// resource, so its VPC and subnets are created here, for the resources that refer to them.
package awsx

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// MakeVpc creates a VPC and subnets as awsx:ec2:Vpc lays them out and returns the component's
// outputs vpcId, privateSubnetIds, publicSubnetIds and an empty routeTables. Gateways and
// routes, which nothing outside the component refers to, are left out.
func MakeVpc(c *cloud.Cloud, name string, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	zones := cloud.StringsAt(inputs["availabilityZoneNames"], "")
	if len(zones) == 0 {
		zones = c.Zones()
	}
	var zoneMask *int
	if mask, ok := cloud.Lookup(inputs, "availabilityZoneCidrMask").(float64); ok {
		n := int(mask)
		zoneMask = &n
	}
	cidr, _ := cloud.Lookup(inputs, "cidrBlock").(string)
	layout, err := LayOut(cidr, zoneMask, len(zones))
	if err != nil {
		return nil, fmt.Errorf("awsx:ec2:Vpc %q: %w", name, err)
	}
	create := func(token, child string, properties map[string]any) (string, error) {
		id, _, err := c.Make(token, "urn:pulumi:test::nats-platform::awsx:ec2:Vpc$"+token+"::"+child, child,
			resource.NewPropertyMapFromMap(properties), false)
		return id, err
	}
	vpc, err := create(
		ec2.VpcType,
		name,
		map[string]any{"cidrBlock": cidr, "enableDnsHostnames": true, "enableDnsSupport": true},
	)
	if err != nil {
		return nil, err
	}
	var private, public []any
	for i, zone := range zones {
		for kind, cidr := range map[string]string{
			"private": layout[i].Private.String(),
			"public":  layout[i].Public.String(),
		} {
			id, err := create(ec2.SubnetType, fmt.Sprintf("%s-%s-%d", name, kind, i+1), map[string]any{
				"vpcId": vpc, "cidrBlock": cidr,
				"availabilityZone": zone, "mapPublicIpOnLaunch": kind == "public",
			})
			if err != nil {
				return nil, err
			}
			if kind == "private" {
				private = append(private, id)
			} else {
				public = append(public, id)
			}
		}
	}
	return resource.NewPropertyMapFromMap(map[string]any{
		"vpcId": vpc, "privateSubnetIds": private,
		"publicSubnetIds": public, "routeTables": []any{},
	}), nil
}
