// The data sources with which programs read zones, VPCs, subnets and prefix lists.
package ec2

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.RegisterInvokes(map[string]cloud.Invoke{
	"aws:index/getAvailabilityZones:getAvailabilityZones": getZones,
	"aws:ec2/getSubnet:getSubnet":                         getSubnet,
	"aws:ec2/getVpc:getVpc":                               getVpc,
	"aws:ec2/getPrefixList:getPrefixList":                 getPrefixList,
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":   getPrefixList,
})

func getZones(tx *cloud.Tx, _ resource.PropertyMap) (map[string]any, error) {
	return map[string]any{
		"id": tx.Cloud.Region, "names": cloud.AnyList(tx.Cloud.Zones()), "groupNames": []any{tx.Cloud.Region},
		"zoneIds": []any{"use1-az1", "use1-az2", "use1-az3"},
	}, nil
}

func getSubnet(tx *cloud.Tx, args resource.PropertyMap) (map[string]any, error) {
	id, _ := cloud.Plain(args["id"]).(string)
	subnet := tx.Find("aws:ec2/subnet:Subnet", "", id)
	if subnet == nil {
		return nil, fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "vpcId": subnet.Str("vpcId"), "cidrBlock": subnet.Str("cidrBlock"),
		"availabilityZone": subnet.Str("availabilityZone"), "arn": subnet.Str("arn"), "state": "available",
	}, nil
}

func getVpc(tx *cloud.Tx, args resource.PropertyMap) (map[string]any, error) {
	id, _ := cloud.Plain(args["id"]).(string)
	vpc := tx.Find("aws:ec2/vpc:Vpc", "", id)
	if vpc == nil {
		return nil, fmt.Errorf("InvalidVpcID.NotFound: The vpc ID '%s' does not exist", id)
	}
	return map[string]any{
		"id": id, "cidrBlock": vpc.Str("cidrBlock"), "arn": vpc.Str("arn"),
		"mainRouteTableId": vpc.Str("mainRouteTableId"), "state": "available",
	}, nil
}

func getPrefixList(tx *cloud.Tx, args resource.PropertyMap) (map[string]any, error) {
	name, _ := cloud.Plain(args["name"]).(string)
	known := []string{"com.amazonaws." + tx.Cloud.Region + ".s3", "com.amazonaws." + tx.Cloud.Region + ".dynamodb"}
	if !slices.Contains(known, name) {
		return nil, errors.New(
			"no matching prefix list found; the prefix list ID or name may be invalid or not exist in the current " +
				"region",
		)
	}
	return map[string]any{"id": "pl-63a5400a", "prefixListId": "pl-63a5400a", "name": name}, nil
}
