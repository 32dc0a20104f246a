// The data sources (Pulumi invokes) that the program reads.
package localcloud

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

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

// getAmi answers with the oldest image: what was current when the rehearsed platform was made.
func getAmi(c *Cloud, _ resource.PropertyMap) (map[string]any, error) {
	images := c.all(amiType)
	if len(images) == 0 {
		return nil, errors.New("Your query returned no results. Please change your search criteria and try again.")
	}
	ami := images[0]
	return map[string]any{
		"id": ami.ID, "imageId": ami.ID, "name": ami.str("name"), "architecture": "x86_64",
		"arn": "arn:aws:ec2:" + c.Region + "::image/" + ami.ID, "rootDeviceName": "/dev/xvda", "state": "available",
	}, nil
}

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

// getService answers what is deployed, which after a rollback is not what was asked for.
func getService(c *Cloud, args resource.PropertyMap) (map[string]any, error) {
	cluster, _ := plain(args["clusterArn"]).(string)
	name, _ := plain(args["serviceName"]).(string)
	for _, s := range c.all("aws:ecs/service:Service") {
		if s.str("name") == name && s.str("cluster") == cluster {
			rolledBackTo, _ := c.private[rollbackKey(name)].(string)
			deployed := cmp.Or(rolledBackTo, s.str("taskDefinition"))
			return map[string]any{
				"id": s.ID, "arn": s.ID, "clusterArn": cluster, "serviceName": name,
				"desiredCount": s.Get("desiredCount"), "launchType": "FARGATE", "schedulingStrategy": "REPLICA",
				"taskDefinition": deployed,
			}, nil
		}
	}
	return nil, fmt.Errorf("reading ECS Service (%s): couldn't find resource", name)
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

func anys(items []string) []any {
	out := make([]any, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}
