// Load balancers: what creates, changes and deletes them.
package elbv2

import (
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// LoadBalancerType is the token of a load balancer.
const (
	LoadBalancerType = "aws:lb/loadBalancer:LoadBalancer"
)

// balancerName matches the provider's rule for names of load balancers and target groups.
var balancerName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?$`)

// balancerZones are the hosted zones of load balancers by kind and region, for aliases
// (internal/service/elbv2/hosted_zone_id_data_source.go).
var balancerZones = map[string]map[string]string{
	"application": {
		"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-2": "Z1H1FL5HABSF5",
		"eu-central-1": "Z215JYRZR1TBD5", "eu-west-1": "Z32O12XQLNTSW2",
	},
	"network": {
		"us-east-1": "Z26RNL4JYFTOTI", "us-east-2": "ZLMOA37VPKANP", "us-west-2": "Z18D5FSROUN65G",
		"eu-central-1": "Z3F0SRJ5LGBH90", "eu-west-1": "Z2IFOLAFXWLO4F",
	},
}

const (
	noSuchBalancer    = "LoadBalancerNotFound: Load balancer '{value}' not found"
	noSuchTargetGroup = "TargetGroupNotFound: Target groups '{value}' not found"
	targetGroupInUse  = "ResourceInUse: Target group '{value}' is currently in use by a listener or a rule"
)

var _ = cloud.Register(
	cloud.Row{
		// 2.4 minutes a network load balancer, 2.6 an application one (facts, "Creation times").
		Token:   LoadBalancerType,
		Seconds: 150,
		Source:  "internal/service/elbv2/load_balancer.go, validate.go, hosted_zone_id_data_source.go",
		Replace: []string{
			"customerOwnedIpv4Pool",
			"internal",
			"loadBalancerType",
			"name",
			"namePrefix",
			cloud.ReplacementMark,
		},
		Defaults: map[string]any{
			"clientKeepAlive":                       3600.0,
			"desyncMitigationMode":                  "defensive",
			"dnsRecordClientRoutingPolicy":          "any_availability_zone",
			"dropInvalidHeaderFields":               false,
			"enableCrossZoneLoadBalancing":          false,
			"enableDeletionProtection":              false,
			"enableHttp2":                           true,
			"enableTlsVersionAndCipherSuiteHeaders": false,
			"enableWafFailOpen":                     false,
			"enableXffClientPort":                   false,
			"enableZonalShift":                      false,
			"idleTimeout":                           60.0,
			"loadBalancerType":                      "application",
			"preserveHostHeader":                    false,
			"xffHeaderProcessingMode":               "append",
		},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      32,
			Pattern:  balancerName,
			Auto:     true,
			Unique:   true,
			Taken:    "ELBv2 Load Balancer ({value}) already exists",
		},
		ID: func(c *cloud.Call) any {
			kind := map[string]string{
				"application": "app",
				"network":     "net",
				"gateway":     "gwy",
			}[c.Str("loadBalancerType")]
			return c.Expand(
				"arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/" + kind + "/{name}/{hex8}{hex8}",
			)
		},
		Computed: map[string]cloud.Value{
			"arn":       func(c *cloud.Call) any { return c.ID },
			"arnSuffix": func(c *cloud.Call) any { return cloud.AfterLast(c.ID, ":loadbalancer/") },
			"subnets":   func(c *cloud.Call) any { return cloud.AnyList(balancerSubnets(c)) },
			"dnsName":   balancerHost,
			"zoneId": func(c *cloud.Call) any {
				return balancerZones[c.Str("loadBalancerType")][c.Cloud.Region]
			},
			"vpcId":         func(c *cloud.Call) any { return ec2.VpcOf(c, balancerSubnets(c)[0]) },
			"internal":      cloud.Fixed(false),
			"ipAddressType": cloud.Fixed("ipv4"),
			"securityGroups": func(c *cloud.Call) any {
				if c.Str("loadBalancerType") != "application" {
					return []any{}
				}
				return []any{ec2.DefaultGroup(c.Tx, ec2.VpcOf(c, balancerSubnets(c)[0]))}
			},
			"enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": func(c *cloud.Call) any {
				return map[bool]string{true: "on"}[c.Str("loadBalancerType") == "network" &&
					len(c.All("securityGroups")) > 0]
			},
		},
		References: []cloud.Reference{
			{
				Path:    "subnets",
				To:      cloud.One(ec2.SubnetType),
				Missing: "SubnetNotFound: The subnet ID '{value}' does not exist",
				Blocks:  ec2.SubnetInUse,
			},
			{
				Path:    "subnetMappings.subnetId",
				To:      cloud.One(ec2.SubnetType),
				Missing: "SubnetNotFound: The subnet ID '{value}' does not exist",
				Blocks:  ec2.SubnetInUse,
			},
			{
				Path:    "securityGroups",
				To:      ec2.SecurityGroupTypes,
				Missing: "InvalidSecurityGroup: One or more security groups are invalid: {value}",
				Blocks:  ec2.GroupInUse,
			},
		},
		Check: cloud.Checks(
			cloud.ExactlyOneOf("subnets", "subnetMappings"),
			validateBalancer,
			cloud.ReplaceWhen(balancerReplaces),
			cloud.OneOf(
				"loadBalancerType",
				"application",
				"network",
				"gateway",
			),
			cloud.OneOf("ipAddressType", "ipv4", "dualstack", "dualstack-without-public-ipv4"),
			cloud.OneOf(
				"desyncMitigationMode",
				"monitor",
				"defensive",
				"strictest",
			),
			cloud.OneOf("xffHeaderProcessingMode", "append", "preserve", "remove"),
			cloud.OneOf(
				"dnsRecordClientRoutingPolicy",
				"any_availability_zone",
				"availability_zone_affinity",
				"partial_availability_zone_affinity",
			),
		),
		BeforeCreate: checkBalancer,
		BeforeUpdate: checkBalancer,
		AfterCreate:  settleBalancer,
		AfterUpdate:  settleBalancer,
		BeforeDelete: func(c *cloud.Call) error {
			if c.Bool("enableDeletionProtection") {
				return cloud.Errorf(
					"OperationNotPermitted: Load balancer '%s' cannot be deleted because deletion protection is "+
						"enabled",
					c.ID,
				)
			}
			return nil
		},
		AfterDelete: closeBalancer,
		NotReal: "While things run TCP listeners of network load balancers pass traffic, and HTTP and HTTPS " +
			"listeners of application ones where tasks run: HTTP/1.1 without WebSockets, stickiness and listener " +
			"rules; targets are picked at random, not in turn. Access logs and the bucket policy that they need are " +
			"not checked. No fixed addresses by subnetMappings. A public load balancer is accepted in a VPC without " +
			"an internet gateway.",
	},
)
