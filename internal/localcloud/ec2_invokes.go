// Data sources of EC2: zones, VPCs, subnets, prefix lists.
package localcloud

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func getSubnet(c *Cloud, args resource.PropertyMap) (map[string]any, error) {
	id, _ := plain(args["id"]).(string)
	subnet := c.find("aws:ec2/subnet:Subnet", "", id)
	if subnet == nil {
		return nil, fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "vpcId": subnet.str("vpcId"), "cidrBlock": subnet.str("cidrBlock"),
		"availabilityZone": subnet.str("availabilityZone"), "arn": subnet.str("arn"), "state": "available",
	}, nil
}

func getVpc(c *Cloud, args resource.PropertyMap) (map[string]any, error) {
	id, _ := plain(args["id"]).(string)
	vpc := c.find("aws:ec2/vpc:Vpc", "", id)
	if vpc == nil {
		return nil, fmt.Errorf("InvalidVpcID.NotFound: The vpc ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "cidrBlock": vpc.str("cidrBlock"), "arn": vpc.str("arn"),
		"mainRouteTableId": vpc.str("mainRouteTableId"), "state": "available",
	}, nil
}

func getPrefixList(c *Cloud, args resource.PropertyMap) (map[string]any, error) {
	name, _ := plain(args["name"]).(string)
	known := []string{"com.amazonaws." + c.Region + ".s3", "com.amazonaws." + c.Region + ".dynamodb"}
	if !slices.Contains(known, name) {
		return nil, errors.New(
			"no matching prefix list found; the prefix list ID or name may be invalid or not exist in the current " +
				"region",
		)
	}
	return map[string]any{"id": "pl-63a5400a", "prefixListId": "pl-63a5400a", "name": name}, nil
}
