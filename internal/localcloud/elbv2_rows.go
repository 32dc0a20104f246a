// Load balancers.
package localcloud

import (
	"regexp"
)

const (
	loadBalancerType = "aws:lb/loadBalancer:LoadBalancer"
)

// balancerName is the provider's rule for names of load balancers and target groups.
var balancerName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?$`)

// balancerZones are the hosted zones of load balancers' names, for aliases
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

var _ = register(
	row{
		// 2.4 minutes a network load balancer, 2.6 an application one (facts, "Creation times").
		token:   loadBalancerType,
		seconds: 150,
		source:  "internal/service/elbv2/load_balancer.go, validate.go, hosted_zone_id_data_source.go",
		replace: []string{
			"customerOwnedIpv4Pool",
			"internal",
			"loadBalancerType",
			"name",
			"namePrefix",
			replacementMark,
		},
		defaults: map[string]any{
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
		name: &nameRule{
			property: "name",
			max:      32,
			pattern:  balancerName,
			auto:     true,
			unique:   true,
			taken:    "ELBv2 Load Balancer ({value}) already exists",
		},
		id: func(c *call) any {
			kind := map[string]string{
				"application": "app",
				"network":     "net",
				"gateway":     "gwy",
			}[c.str("loadBalancerType")]
			return c.expand(
				"arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/" + kind + "/{name}/{hex8}{hex8}",
			)
		},
		computed: map[string]value{
			"arn":           func(c *call) any { return c.id },
			"arnSuffix":     func(c *call) any { return lastOf(c.id, ":loadbalancer/") },
			"subnets":       func(c *call) any { return anys(c.balancerSubnets()) },
			"dnsName":       balancerHost,
			"zoneId":        func(c *call) any { return balancerZones[c.str("loadBalancerType")][c.cloud.Region] },
			"vpcId":         func(c *call) any { return c.vpcOf(c.balancerSubnets()[0]) },
			"internal":      fixed(false),
			"ipAddressType": fixed("ipv4"),
			"securityGroups": func(c *call) any {
				if c.str("loadBalancerType") != "application" {
					return []any{}
				}
				return []any{c.tx.defaultGroup(c.vpcOf(c.balancerSubnets()[0]))}
			},
			"enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": func(c *call) any {
				return map[bool]string{true: "on"}[c.str("loadBalancerType") == "network" &&
					len(c.all("securityGroups")) > 0]
			},
		},
		references: []reference{
			{
				path:    "subnets",
				to:      one(subnetType),
				missing: "SubnetNotFound: The subnet ID '{value}' does not exist",
				blocks:  subnetInUse,
			},
			{
				path:    "subnetMappings.subnetId",
				to:      one(subnetType),
				missing: "SubnetNotFound: The subnet ID '{value}' does not exist",
				blocks:  subnetInUse,
			},
			{
				path:    "securityGroups",
				to:      anyGroup,
				missing: "InvalidSecurityGroup: One or more security groups are invalid: {value}",
				blocks:  groupInUse,
			},
		},
		check: checks(
			exactlyOneOf("subnets", "subnetMappings"),
			checkBalancer,
			replaceWhen(balancerReplaces),
			oneOf(
				"loadBalancerType",
				"application",
				"network",
				"gateway",
			),
			oneOf("ipAddressType", "ipv4", "dualstack", "dualstack-without-public-ipv4"),
			oneOf(
				"desyncMitigationMode",
				"monitor",
				"defensive",
				"strictest",
			),
			oneOf("xffHeaderProcessingMode", "append", "preserve", "remove"),
			oneOf(
				"dnsRecordClientRoutingPolicy",
				"any_availability_zone",
				"availability_zone_affinity",
				"partial_availability_zone_affinity",
			),
		),
		beforeCreate: judgeBalancer,
		beforeUpdate: judgeBalancer,
		afterCreate:  settleBalancer,
		afterUpdate:  settleBalancer,
		beforeDelete: func(c *call) error {
			if c.yes("enableDeletionProtection") {
				return errorf(
					"OperationNotPermitted: Load balancer '%s' cannot be deleted because deletion protection is "+
						"enabled",
					c.id,
				)
			}
			return nil
		},
		afterDelete: closeBalancer,
		notReal: "While things run TCP listeners of network load balancers pass traffic, and HTTP and HTTPS " +
			"listeners of application ones where tasks run: HTTP/1.1 without WebSockets, stickiness and listener " +
			"rules; targets are picked at random, not in turn. Access logs and the bucket policy that they need are " +
			"not looked at. No fixed addresses by subnetMappings. A public load balancer is made in a VPC without " +
			"an internet gateway.",
	},
)
