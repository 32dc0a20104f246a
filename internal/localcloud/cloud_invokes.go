// The data sources (Pulumi invokes) that the program reads.
package localcloud

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// invoke answers one data source; it is called with the cloud's lock held.
type invoke func(c *Cloud, args resource.PropertyMap) (map[string]any, error)

// invokes by token. Each answers the properties that programs read, under the names that
// the pulumi-aws SDK gives them.
var invokes = map[string]invoke{
	"aws:index/getCallerIdentity:getCallerIdentity": func(c *Cloud, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": c.Account, "accountId": c.Account, "userId": "AROAEXAMPLE:rehearsal",
			"arn": "arn:aws:sts::" + c.Account + ":assumed-role/rehearsal/rehearsal",
		}, nil
	},
	"aws:index/getRegion:getRegion": func(c *Cloud, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": c.Region, "name": c.Region, "region": c.Region, "description": c.Region,
			"endpoint": "ec2." + c.Region + ".amazonaws.com",
		}, nil
	},
	"aws:index/getPartition:getPartition": func(*Cloud, resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id":               "aws",
			"partition":        "aws",
			"dnsSuffix":        "amazonaws.com",
			"reverseDnsPrefix": "com.amazonaws",
		}, nil
	},
	"aws:index/getAvailabilityZones:" +
		"getAvailabilityZones": func(c *Cloud, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": c.Region, "names": anys(c.Zones()), "groupNames": []any{c.Region},
			"zoneIds": []any{"use1-az1", "use1-az2", "use1-az3"},
		}, nil
	},
	"aws:ec2/getAmi:getAmi":                             getAmi,
	"aws:ec2/getSubnet:getSubnet":                       getSubnet,
	"aws:ec2/getVpc:getVpc":                             getVpc,
	"aws:ecs/getService:getService":                     getService,
	"aws:ec2/getPrefixList:getPrefixList":               getPrefixList,
	"aws:ec2/getManagedPrefixList:getManagedPrefixList": getPrefixList,
}
