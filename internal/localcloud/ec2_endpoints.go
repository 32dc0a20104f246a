// VPC endpoints and flow logs.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
)

const (
	vpcEndpointType = "aws:ec2/vpcEndpoint:VpcEndpoint"
)

var _ = register(
	row{
		// An interface endpoint takes 1 to 2 minutes (facts, "Creation times"); a gateway endpoint
		// is quicker.
		token:    vpcEndpointType,
		seconds:  90,
		source:   "internal/service/ec2/vpc_endpoint.go",
		required: []string{"vpcId"},
		replace: []string{
			"vpcId",
			"serviceName",
			"vpcEndpointType",
			"resourceConfigurationArn",
			"serviceNetworkArn",
			"serviceRegion",
			replacementMark,
		},
		defaults: map[string]any{"vpcEndpointType": "Gateway"},
		id:       text("vpce-{hex17}"),
		computed: join(map[string]value{
			"arn": text(
				"arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
			),
			"ownerId": text("{account}"),
			"state":   fixed("available"),
			"requesterManaged": fixed(
				false,
			),
			"privateDnsEnabled": fixed(false),
			"ipAddressType":     fixed("ipv4"),
			"serviceRegion":     text("{region}"),
			"policy": fixed(
				`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
			),
			"routeTableIds": fixed(
				[]any{},
			),
			"subnetIds":  fixed([]any{}),
			"cidrBlocks": fixed([]any{}),
			"dnsEntries": endpointNames,
			"prefixListId": func(c *call) any {
				return map[bool]string{true: "pl-63a5400a"}[c.str("vpcEndpointType") == "Gateway"]
			},
			"securityGroupIds": func(c *call) any {
				if c.str("vpcEndpointType") != "Interface" {
					return []any{}
				}
				return []any{c.tx.defaultGroup(c.str("vpcId"))}
			},
		}, madeAtCreation("networkInterfaceIds")),
		references: []reference{
			{
				path:    "vpcId",
				to:      one(vpcType),
				missing: "InvalidVpcId.NotFound: The Vpc Id {value} does not exist",
				blocks:  vpcInUse,
			},
			{
				path:    "subnetIds",
				to:      one(subnetType),
				missing: "InvalidSubnetId.NotFound: The subnet ID '{value}' does not exist",
				blocks:  subnetInUse,
			},
			{
				path:    "securityGroupIds",
				to:      anyGroup,
				missing: noSuchGroup,
				blocks:  groupInUse,
			},
			{
				path:    "routeTableIds",
				to:      anyRouteTable,
				missing: "InvalidRouteTableId.NotFound: The routeTable ID '{value}' does not exist",
			},
		},
		check: checks(
			oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
			validJSON("policy"),
			conflicts("serviceName", "resourceConfigurationArn", "serviceNetworkArn"),
			replaceWhen(func(c *call) bool {
				return c.changed("privateDnsEnabled") && c.str("vpcEndpointType") != "Interface"
			}),
		),
		beforeCreate: judgeEndpoint,
		beforeUpdate: judgeEndpoint,
		afterCreate:  settleEndpoint,
		afterUpdate:  settleEndpoint,
		afterDelete: func(c *call) error {
			c.tx.dropInterfaces(c.id)
			return nil
		},
		notReal: "Which services exist is not known: any name of the region's form is taken. Traffic through " +
			"endpoints and their policies is not judged. " +
			"cidrBlocks is empty, and prefixListId is one for all services.",
	},
)

// endpointNames are an interface endpoint's regional name and, with private DNS, the service's own.
func endpointNames(c *call) any {
	if c.str("vpcEndpointType") != "Interface" {
		return []any{}
	}
	service := serviceOf(c)
	hosted := strings.ToUpper("Z" + randomHex(13))
	names := []any{
		map[string]any{
			"dnsName":      fmt.Sprintf("%s-%s.%s.%s.vpce.amazonaws.com", c.id, randomHex(8), service, c.cloud.Region),
			"hostedZoneId": hosted,
		},
	}
	if c.yes("privateDnsEnabled") {
		names = append(names, map[string]any{"dnsName": privateHost(c), "hostedZoneId": "Z" + uniqueUpper(20)})
	}
	return names
}

// serviceOf is the short name of an endpoint's service: "ecr.api" of
// "com.amazonaws.us-east-1.ecr.api".
func serviceOf(c *call) string {
	return strings.TrimPrefix(c.str("serviceName"), "com.amazonaws."+c.cloud.Region+".")
}

// privateHost is the name that private DNS answers: services of two parts turn them round.
func privateHost(c *call) string {
	parts := strings.Split(serviceOf(c), ".")
	slices.Reverse(parts)
	return strings.Join(parts, ".") + "." + c.cloud.Region + ".amazonaws.com"
}

func judgeEndpoint(c *call) error {
	name := c.str("serviceName")
	if name != "" && !strings.HasPrefix(name, "com.amazonaws."+c.cloud.Region+".") &&
		!strings.HasPrefix(name, "com.amazonaws.vpce.") {
		return errorf("InvalidServiceName: The Vpc Endpoint Service '%s' does not exist", name)
	}
	switch c.str("vpcEndpointType") {
	case "Gateway":
		return judgeGatewayEndpoint(c)
	case "Interface":
		return judgeInterfaceEndpoint(c)
	}
	return nil
}

// judgeGatewayEndpoint: only S3 and DynamoDB have one, and a route table takes one of each.
func judgeGatewayEndpoint(c *call) error {
	if service := serviceOf(c); service != "s3" && service != "dynamodb" {
		return errorf("InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface]).")
	}
	for _, other := range c.tx.all(vpcEndpointType) {
		if other.ID == c.id || other.str("serviceName") != c.str("serviceName") {
			continue
		}
		tables, _ := other.Get("routeTableIds").([]any)
		for _, table := range c.all("routeTableIds") {
			if slices.Contains(tables, any(table)) {
				return errorf(
					"RouteAlreadyExists: route table %s already has a route with destination-prefix-list-id %s",
					table,
					other.str("prefixListId"),
				)
			}
		}
	}
	return nil
}

// judgeInterfaceEndpoint: one subnet of each zone, and private DNS only where the VPC has DNS
// and nobody else answers the name.
func judgeInterfaceEndpoint(c *call) error {
	zones := map[string]string{}
	for _, id := range c.all("subnetIds") {
		subnet := c.tx.find(subnetType, "", id)
		zone := subnet.str("availabilityZone")
		if zones[zone] != "" {
			return errorf(
				"DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of %s",
				id,
			)
		}
		zones[zone] = id
	}
	if !c.yes("privateDnsEnabled") {
		return nil
	}
	vpc := c.tx.find(vpcType, "", c.str("vpcId"))
	if vpc.Get("enableDnsHostnames") == false || vpc.Get("enableDnsSupport") == false {
		return errorf(
			"InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "+
				"attributes set to true for %s",
			vpc.ID,
		)
	}
	for _, other := range c.tx.all(vpcEndpointType) {
		private, _ := other.Get("privateDnsEnabled").(bool)
		if other.ID != c.id && private && other.str("vpcId") == vpc.ID &&
			other.str("serviceName") == c.str("serviceName") {
			return errorf(
				"InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS "+
					"domain for %s in the VPC %s",
				privateHost(c),
				vpc.ID,
			)
		}
	}
	return nil
}

// settleEndpoint gives an interface endpoint one interface in each of its subnets.
func settleEndpoint(c *call) error {
	if err := c.tx.settleInterfaces(
		c.id,
		"VPC Endpoint Interface "+c.id,
		c.all("subnetIds"),
		c.all("securityGroupIds"),
	); err != nil {
		return err
	}
	ids := []any{}
	for _, r := range c.tx.ownInterfaces(c.id) {
		ids = append(ids, r.ID)
	}
	c.set("networkInterfaceIds", ids)
	return nil
}
