// Load balancers, target groups, listeners and their rules.
package localcloud

import (
	"regexp"
	"strings"
)

const (
	loadBalancerType     = "aws:lb/loadBalancer:LoadBalancer"
	listenerType         = "aws:lb/listener:Listener"
	listenerRuleType     = "aws:lb/listenerRule:ListenerRule"
	targetAttachmentType = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
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

// forwardReferences are the target groups that actions lead to.
func forwardReferences(actions string) []reference {
	return []reference{
		{
			path:    actions + ".targetGroupArn",
			to:      one(targetGroupType),
			by:      "arn",
			missing: noSuchTargetGroup,
			blocks:  targetGroupInUse,
		},
		{
			path:    actions + ".forward.targetGroups.arn",
			to:      one(targetGroupType),
			by:      "arn",
			missing: noSuchTargetGroup,
			blocks:  targetGroupInUse,
		},
	}
}

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
				return []any{c.cloud.defaultGroup(c.vpcOf(c.balancerSubnets()[0]))}
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
		notReal: "In a living cloud TCP listeners of network load balancers pass traffic, and HTTP and HTTPS " +
			"listeners of application ones where tasks run: HTTP/1.1 without WebSockets, stickiness and listener " +
			"rules; targets are picked at random, not in turn. Access logs and the bucket policy that they need are " +
			"not looked at. No fixed addresses by subnetMappings. A public load balancer is made in a VPC without " +
			"an internet gateway.",
	},
	row{
		token: targetGroupType,
		source: "internal/service/elbv2/target_group.go, validate.go; defaults of the service: AWS Network and " +
			"Application Load Balancers, \"Target groups\"",
		replace: []string{
			"ipAddressType",
			"name",
			"namePrefix",
			"port",
			"protocol",
			"protocolVersion",
			"targetType",
			"vpcId",
		},
		defaults: map[string]any{
			"deregistrationDelay":            300.0,
			"lambdaMultiValueHeadersEnabled": false,
			"proxyProtocolV2":                false,
			"slowStart":                      0.0,
			"targetType":                     "instance",
		},
		name: &nameRule{
			property: "name",
			max:      32,
			pattern:  balancerName,
			auto:     true,
			unique:   true,
			taken:    "ELBv2 Target Group ({value}) already exists",
		},
		id: text("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex8}{hex8}"),
		computed: map[string]value{
			"arn": func(c *call) any { return c.id },
			"arnSuffix": func(c *call) any {
				return "targetgroup/" + lastOf(c.id, ":targetgroup/")
			},
			"loadBalancerArns":               fixed([]any{}),
			"connectionTermination":          fixed(false),
			"ipAddressType":                  fixed("ipv4"),
			"loadBalancingAlgorithmType":     fixed("round_robin"),
			"loadBalancingAnomalyMitigation": fixed("off"),
			"loadBalancingCrossZoneEnabled":  fixed("use_load_balancer_configuration"),
			"preserveClientIp": func(c *call) any {
				return preservesClient(c.str("targetType"), c.str("protocol"))
			},
			"protocolVersion": func(c *call) any {
				return map[bool]string{true: "HTTP1"}[strings.HasPrefix(c.str("protocol"), "HTTP")]
			},
			"targetHealthStates": targetHealthStates,
		},
		derived: map[string]value{"healthCheck": healthCheck},
		references: []reference{
			{path: "vpcId", to: one(vpcType), missing: "ValidationError: The VPC ID '{value}' is not found"},
		},
		check: checks(
			checkTargetGroup,
			oneOf("targetType", "instance", "ip", "lambda", "alb"),
			between("port", 1, 65535),
			between("deregistrationDelay", 0, 3600),
			oneOf(
				"protocol",
				"HTTP",
				"HTTPS",
				"TCP",
				"TLS",
				"UDP",
				"TCP_UDP",
				"GENEVE",
			),
			oneOf("preserveClientIp", "true", "false"),
			between(
				"healthCheck.interval",
				5,
				300,
			),
			between("healthCheck.timeout", 2, 120),
			between("healthCheck.healthyThreshold", 2, 10),
			between("healthCheck.unhealthyThreshold", 2, 10),
			oneOf("healthCheck.protocol", "HTTP", "HTTPS", "TCP"),
			matches("healthCheck.path", regexp.MustCompile(`^/`), "begins with /"),
			matches(
				"healthCheck.port",
				regexp.MustCompile(`^(traffic-port|[0-9]{1,5})$`),
				"a port number or traffic-port",
			),
		),
		beforeCreate: judgeHealthCheck,
		beforeUpdate: judgeHealthCheck,
		afterDelete: func(c *call) error {
			c.cloud.dropWhere(targetAttachmentType, "targetGroupArn", c.id)
			return nil
		},
		notReal: "Targets are probed in a living cloud only. Defaults of stickiness and failover do not show in the " +
			"outputs.",
	},
	row{
		token:    listenerType,
		source:   "internal/service/elbv2/listener.go; tcpIdleTimeoutSeconds: pulumi-aws SDK doc",
		required: []string{"defaultActions", "loadBalancerArn"},
		replace:  []string{"loadBalancerArn"},
		id: func(c *call) any {
			return strings.Replace(
				c.str("loadBalancerArn"),
				":loadbalancer/",
				":listener/",
				1,
			) + c.expand(
				"/{hex8}{hex8}",
			)
		},
		computed: map[string]value{
			"arn":      func(c *call) any { return c.id },
			"protocol": func(c *call) any { return listenerProtocol(c) },
			"sslPolicy": func(c *call) any {
				return map[bool]string{true: "ELBSecurityPolicy-2016-08"}[encrypts(listenerProtocol(c))]
			},
			// The default of a TCP listener (AWS Network Load Balancers, "Connection idle
			// timeout").
			"tcpIdleTimeoutSeconds": func(c *call) any {
				return map[bool]float64{true: 350}[listenerProtocol(c) == "TCP"]
			},
		},
		references: append(forwardReferences("defaultActions"),
			reference{path: "loadBalancerArn", to: one(loadBalancerType), missing: noSuchBalancer},
			reference{
				path:    "certificateArn",
				to:      one(publicCertificateType),
				missing: "CertificateNotFound: Certificate '{value}' not found",
				blocks:  "ResourceInUseException: Certificate {value} is in use.",
			}),
		check: checks(
			actionFaults("defaultActions"),
			between("port", 1, 65535),
			between("tcpIdleTimeoutSeconds", 60, 6000),
			oneOf("protocol", "HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"),
		),
		beforeCreate: judgeListener,
		beforeUpdate: judgeListener,
		afterCreate:  countForwards,
		afterUpdate:  countForwards,
		afterDelete: func(c *call) error {
			c.cloud.dropWhere(listenerRuleType, "listenerArn", c.id)
			return countForwards(c)
		},
		notReal: "Names of security policies are not checked. Texts for a target group of another protocol are " +
			"paraphrased.",
	},
	row{
		token:    listenerRuleType,
		source:   "internal/service/elbv2/listener_rule.go",
		required: []string{"actions", "conditions", "listenerArn"},
		replace:  []string{"listenerArn"},
		id: func(c *call) any {
			return strings.Replace(c.str("listenerArn"), ":listener/", ":listener-rule/", 1) + c.expand("/{hex8}{hex8}")
		},
		computed: map[string]value{"arn": func(c *call) any { return c.id }, "priority": nextPriority},
		references: append(
			forwardReferences("actions"),
			reference{
				path:    "listenerArn",
				to:      one(listenerType),
				missing: "ListenerNotFound: One or more listeners not found",
			},
		),
		check:        checks(actionFaults("actions"), between("priority", 1, 50000)),
		beforeCreate: judgeRulePriority,
		beforeUpdate: judgeRulePriority,
		afterCreate:  countForwards,
		afterUpdate:  countForwards,
		afterDelete:  countForwards,
		notReal:      "Conditions are not judged.",
	},
	row{
		token:    targetAttachmentType,
		source:   "internal/service/elbv2/target_group_attachment.go",
		required: []string{"targetGroupArn", "targetId"},
		replace:  []string{"availabilityZone", "port", "targetGroupArn", "targetId"},
		id:       uniqueTarget,
		references: []reference{{
			path:    "targetGroupArn",
			to:      one(targetGroupType),
			by:      "arn",
			missing: noSuchTargetGroup,
		}},
		check:        between("port", 1, 65535),
		beforeCreate: judgeTarget,
		notReal: "The same target registered twice stays registered until both go; AWS takes it off with the " +
			"first.",
	},
)
