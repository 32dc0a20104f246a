// Target groups and the targets in them.
package localcloud

import (
	"regexp"
	"strings"
)

// targetGroupType is the load balancers' target group, whose row stands with the load balancers.
const targetGroupType = "aws:lb/targetGroup:TargetGroup"

const targetAttachmentType = "aws:lb/targetGroupAttachment:TargetGroupAttachment"

var _ = register(
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
			c.tx.dropWhere(targetAttachmentType, "targetGroupArn", c.id)
			return nil
		},
		notReal: "Targets are probed while things run only. Defaults of stickiness and failover do not show in the " +
			"outputs.",
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
