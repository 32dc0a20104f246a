// VPC endpoints: what creates, changes and deletes them, and which ones EC2 refuses.
package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// VpcEndpointType is the token of a VPC endpoint.
const (
	// VpcEndpointType is the type of a VPC endpoint.
	VpcEndpointType = "aws:ec2/vpcEndpoint:VpcEndpoint"
)

var _ = cloud.Register(
	cloud.Row{
		// An interface endpoint takes 1 to 2 minutes (facts, "Creation times"); a gateway endpoint
		// is quicker.
		Token:    VpcEndpointType,
		Seconds:  90,
		Source:   "internal/service/ec2/vpc_endpoint.go",
		Required: []string{"vpcId"},
		Replace: []string{
			"vpcId",
			"serviceName",
			"vpcEndpointType",
			"resourceConfigurationArn",
			"serviceNetworkArn",
			"serviceRegion",
			cloud.ReplacementMark,
		},
		Defaults: map[string]any{"vpcEndpointType": "Gateway"},
		ID:       cloud.Text("vpce-{hex17}"),
		Computed: cloud.Join(map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
			),
			"ownerId": cloud.Text("{account}"),
			"state":   cloud.Fixed("available"),
			"requesterManaged": cloud.Fixed(
				false,
			),
			"privateDnsEnabled": cloud.Fixed(false),
			"ipAddressType":     cloud.Fixed("ipv4"),
			"serviceRegion":     cloud.Text("{region}"),
			"policy": cloud.Fixed(
				`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
			),
			"routeTableIds": cloud.Fixed(
				[]any{},
			),
			"subnetIds":  cloud.Fixed([]any{}),
			"cidrBlocks": cloud.Fixed([]any{}),
			"dnsEntries": endpointNames,
			"prefixListId": func(c *cloud.Call) any {
				return map[bool]string{true: "pl-63a5400a"}[c.Str("vpcEndpointType") == "Gateway"]
			},
			"securityGroupIds": func(c *cloud.Call) any {
				if c.Str("vpcEndpointType") != "Interface" {
					return []any{}
				}
				return []any{DefaultGroup(c.Tx, c.Str("vpcId"))}
			},
		}, cloud.MadeAtCreation("networkInterfaceIds")),
		References: []cloud.Reference{
			{
				Path:    "vpcId",
				To:      cloud.One(VpcType),
				Missing: "InvalidVpcId.NotFound: The Vpc Id {value} does not exist",
				Blocks:  vpcInUse,
			},
			{
				Path:    "subnetIds",
				To:      cloud.One(SubnetType),
				Missing: "InvalidSubnetId.NotFound: The subnet ID '{value}' does not exist",
				Blocks:  SubnetInUse,
			},
			{
				Path:    "securityGroupIds",
				To:      SecurityGroupTypes,
				Missing: noSuchGroup,
				Blocks:  GroupInUse,
			},
			{
				Path:    "routeTableIds",
				To:      routeTableTypes,
				Missing: "InvalidRouteTableId.NotFound: The routeTable ID '{value}' does not exist",
			},
		},
		Check: cloud.Checks(
			cloud.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
			cloud.ValidJSON("policy"),
			cloud.Conflicts("serviceName", "resourceConfigurationArn", "serviceNetworkArn"),
			cloud.ReplaceWhen(func(c *cloud.Call) bool {
				return c.Changed("privateDnsEnabled") && c.Str("vpcEndpointType") != "Interface"
			}),
		),
		BeforeCreate: checkEndpoint,
		BeforeUpdate: checkEndpoint,
		AfterCreate:  settleEndpoint,
		AfterUpdate:  settleEndpoint,
		AfterDelete: func(c *cloud.Call) error {
			RemoveInterfaces(c.Tx, c.ID)
			return nil
		},
		NotReal: "Which services exist is not known: any name of the region's form is accepted. Traffic through " +
			"endpoints and their policies is not checked. " +
			"cidrBlocks is empty, and prefixListId is one for all services.",
	},
)

// endpointNames returns the regional name of an interface endpoint and, with private DNS, the name
// of the service.
func endpointNames(c *cloud.Call) any {
	if c.Str("vpcEndpointType") != "Interface" {
		return []any{}
	}
	service := serviceOf(c)
	hosted := strings.ToUpper("Z" + cloud.RandomHex(13))
	names := []any{
		map[string]any{
			"dnsName": fmt.Sprintf(
				"%s-%s.%s.%s.vpce.amazonaws.com",
				c.ID,
				cloud.RandomHex(8),
				service,
				c.Cloud.Region,
			),
			"hostedZoneId": hosted,
		},
	}
	if c.Bool("privateDnsEnabled") {
		names = append(names, map[string]any{"dnsName": privateHost(c), "hostedZoneId": "Z" + cloud.RandomUniqueID(20)})
	}
	return names
}

// serviceOf returns the short name of an endpoint's service: "ecr.api" of
// "com.amazonaws.us-east-1.ecr.api".
func serviceOf(c *cloud.Call) string {
	return strings.TrimPrefix(c.Str("serviceName"), "com.amazonaws."+c.Cloud.Region+".")
}

// privateHost returns the name that private DNS resolves. It reverses the parts of a service name
// that has two.
func privateHost(c *cloud.Call) string {
	parts := strings.Split(serviceOf(c), ".")
	slices.Reverse(parts)
	return strings.Join(parts, ".") + "." + c.Cloud.Region + ".amazonaws.com"
}

func checkEndpoint(c *cloud.Call) error {
	name := c.Str("serviceName")
	if name != "" && !strings.HasPrefix(name, "com.amazonaws."+c.Cloud.Region+".") &&
		!strings.HasPrefix(name, "com.amazonaws.vpce.") {
		return cloud.Errorf("InvalidServiceName: The Vpc Endpoint Service '%s' does not exist", name)
	}
	switch c.Str("vpcEndpointType") {
	case "Gateway":
		return checkGatewayEndpoint(c)
	case "Interface":
		return checkInterfaceEndpoint(c)
	}
	return nil
}

// checkGatewayEndpoint refuses services other than S3 and DynamoDB, and a second endpoint for the
// same service in a route table.
func checkGatewayEndpoint(c *cloud.Call) error {
	if service := serviceOf(c); service != "s3" && service != "dynamodb" {
		return cloud.Errorf(
			"InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface]).",
		)
	}
	for _, other := range c.Tx.All(VpcEndpointType) {
		if other.ID == c.ID || other.Str("serviceName") != c.Str("serviceName") {
			continue
		}
		tables, _ := other.Get("routeTableIds").([]any)
		for _, table := range c.All("routeTableIds") {
			if slices.Contains(tables, any(table)) {
				return cloud.Errorf(
					"RouteAlreadyExists: route table %s already has a route with destination-prefix-list-id %s",
					table,
					other.Str("prefixListId"),
				)
			}
		}
	}
	return nil
}

// checkInterfaceEndpoint requires one subnet of each zone. Private DNS requires DNS in the VPC, and
// no other endpoint with the same name.
func checkInterfaceEndpoint(c *cloud.Call) error {
	zones := map[string]string{}
	for _, id := range c.All("subnetIds") {
		subnet := c.Tx.Find(SubnetType, "", id)
		zone := subnet.Str("availabilityZone")
		if zones[zone] != "" {
			return cloud.Errorf(
				"DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of %s",
				id,
			)
		}
		zones[zone] = id
	}
	if !c.Bool("privateDnsEnabled") {
		return nil
	}
	vpc := c.Tx.Find(VpcType, "", c.Str("vpcId"))
	if vpc.Get("enableDnsHostnames") == false || vpc.Get("enableDnsSupport") == false {
		return cloud.Errorf(
			"InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "+
				"attributes set to true for %s",
			vpc.ID,
		)
	}
	for _, other := range c.Tx.All(VpcEndpointType) {
		private, _ := other.Get("privateDnsEnabled").(bool)
		if other.ID != c.ID && private && other.Str("vpcId") == vpc.ID &&
			other.Str("serviceName") == c.Str("serviceName") {
			return cloud.Errorf(
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
func settleEndpoint(c *cloud.Call) error {
	if err := PlaceInterfaces(c.Tx,
		c.ID,
		"VPC Endpoint Interface "+c.ID,
		c.All("subnetIds"),
		c.All("securityGroupIds"),
	); err != nil {
		return err
	}
	ids := []any{}
	for _, r := range OwnInterfaces(c.Tx, c.ID) {
		ids = append(ids, r.ID)
	}
	c.Set("networkInterfaceIds", ids)
	return nil
}
