// Data sources of EC2: zones, VPCs, subnets, prefix lists.
package localcloud

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var _ = registerInvokes(map[string]invoke{
	"aws:index/getAvailabilityZones:getAvailabilityZones": getZones,
	"aws:ec2/getSubnet:getSubnet":                         getSubnet,
	"aws:ec2/getVpc:getVpc":                               getVpc,
	"aws:ec2/getPrefixList:getPrefixList":                 getPrefixList,
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":   getPrefixList,
})

func getZones(tx *Tx, _ resource.PropertyMap) (map[string]any, error) {
	return map[string]any{
		"id": tx.cloud.Region, "names": anys(tx.cloud.Zones()), "groupNames": []any{tx.cloud.Region},
		"zoneIds": []any{"use1-az1", "use1-az2", "use1-az3"},
	}, nil
}

func getSubnet(tx *Tx, args resource.PropertyMap) (map[string]any, error) {
	id, _ := plain(args["id"]).(string)
	subnet := tx.find("aws:ec2/subnet:Subnet", "", id)
	if subnet == nil {
		return nil, fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "vpcId": subnet.str("vpcId"), "cidrBlock": subnet.str("cidrBlock"),
		"availabilityZone": subnet.str("availabilityZone"), "arn": subnet.str("arn"), "state": "available",
	}, nil
}

func getVpc(tx *Tx, args resource.PropertyMap) (map[string]any, error) {
	id, _ := plain(args["id"]).(string)
	vpc := tx.find("aws:ec2/vpc:Vpc", "", id)
	if vpc == nil {
		return nil, fmt.Errorf("InvalidVpcID.NotFound: The vpc ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "cidrBlock": vpc.str("cidrBlock"), "arn": vpc.str("arn"),
		"mainRouteTableId": vpc.str("mainRouteTableId"), "state": "available",
	}, nil
}

func getPrefixList(tx *Tx, args resource.PropertyMap) (map[string]any, error) {
	name, _ := plain(args["name"]).(string)
	known := []string{"com.amazonaws." + tx.cloud.Region + ".s3", "com.amazonaws." + tx.cloud.Region + ".dynamodb"}
	if !slices.Contains(known, name) {
		return nil, errors.New(
			"no matching prefix list found; the prefix list ID or name may be invalid or not exist in the current " +
				"region",
		)
	}
	return map[string]any{"id": "pl-63a5400a", "prefixListId": "pl-63a5400a", "name": name}, nil
}
