// Target groups and their targets: what creates, changes and deletes them.
package elbv2

import (
	"regexp"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// TargetGroupType is the token of a target group.
const TargetGroupType = "aws:lb/targetGroup:TargetGroup"

// TargetAttachmentType is the token of a target in a target group.
const TargetAttachmentType = "aws:lb/targetGroupAttachment:TargetGroupAttachment"

var _ = cloud.Register(
	cloud.Row{
		Token: TargetGroupType,
		Source: "internal/service/elbv2/target_group.go, validate.go; defaults of the service: AWS Network and " +
			"Application Load Balancers, \"Target groups\"",
		Replace: []string{
			"ipAddressType",
			"name",
			"namePrefix",
			"port",
			"protocol",
			"protocolVersion",
			"targetType",
			"vpcId",
		},
		Defaults: map[string]any{
			"deregistrationDelay":            300.0,
			"lambdaMultiValueHeadersEnabled": false,
			"proxyProtocolV2":                false,
			"slowStart":                      0.0,
			"targetType":                     "instance",
		},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      32,
			Pattern:  balancerName,
			Auto:     true,
			Unique:   true,
			Taken:    "ELBv2 Target Group ({value}) already exists",
		},
		ID: cloud.Text("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex8}{hex8}"),
		Computed: map[string]cloud.Value{
			"arn": func(c *cloud.Call) any { return c.ID },
			"arnSuffix": func(c *cloud.Call) any {
				return "targetgroup/" + cloud.AfterLast(c.ID, ":targetgroup/")
			},
			"loadBalancerArns":               cloud.Fixed([]any{}),
			"connectionTermination":          cloud.Fixed(false),
			"ipAddressType":                  cloud.Fixed("ipv4"),
			"loadBalancingAlgorithmType":     cloud.Fixed("round_robin"),
			"loadBalancingAnomalyMitigation": cloud.Fixed("off"),
			"loadBalancingCrossZoneEnabled":  cloud.Fixed("use_load_balancer_configuration"),
			"preserveClientIp": func(c *cloud.Call) any {
				return preservesClient(c.Str("targetType"), c.Str("protocol"))
			},
			"protocolVersion": func(c *cloud.Call) any {
				return map[bool]string{true: "HTTP1"}[strings.HasPrefix(c.Str("protocol"), "HTTP")]
			},
			"targetHealthStates": targetHealthStates,
		},
		Derived: map[string]cloud.Value{"healthCheck": healthCheck},
		References: []cloud.Reference{
			{Path: "vpcId", To: cloud.One(ec2.VpcType), Missing: "ValidationError: The VPC ID '{value}' is not found"},
		},
		Check: cloud.Checks(
			validateTargetGroup,
			cloud.OneOf("targetType", "instance", "ip", "lambda", "alb"),
			cloud.Between("port", 1, 65535),
			cloud.Between("deregistrationDelay", 0, 3600),
			cloud.OneOf(
				"protocol",
				"HTTP",
				"HTTPS",
				"TCP",
				"TLS",
				"UDP",
				"TCP_UDP",
				"GENEVE",
			),
			cloud.OneOf("preserveClientIp", "true", "false"),
			cloud.Between(
				"healthCheck.interval",
				5,
				300,
			),
			cloud.Between("healthCheck.timeout", 2, 120),
			cloud.Between("healthCheck.healthyThreshold", 2, 10),
			cloud.Between("healthCheck.unhealthyThreshold", 2, 10),
			cloud.OneOf("healthCheck.protocol", "HTTP", "HTTPS", "TCP"),
			cloud.Matches("healthCheck.path", regexp.MustCompile(`^/`), "begins with /"),
			cloud.Matches(
				"healthCheck.port",
				regexp.MustCompile(`^(traffic-port|[0-9]{1,5})$`),
				"a port number or traffic-port",
			),
		),
		BeforeCreate: checkHealthCheck,
		BeforeUpdate: checkHealthCheck,
		AfterDelete: func(c *cloud.Call) error {
			ec2.RemoveWhere(c.Tx, TargetAttachmentType, "targetGroupArn", c.ID)
			return nil
		},
		NotReal: "Targets are probed only where load balancers run. Defaults of stickiness and failover do not " +
			"appear in the " +
			"outputs.",
	},
	cloud.Row{
		Token:    TargetAttachmentType,
		Source:   "internal/service/elbv2/target_group_attachment.go",
		Required: []string{"targetGroupArn", "targetId"},
		Replace:  []string{"availabilityZone", "port", "targetGroupArn", "targetId"},
		ID:       uniqueTarget,
		References: []cloud.Reference{{
			Path:    "targetGroupArn",
			To:      cloud.One(TargetGroupType),
			By:      "arn",
			Missing: noSuchTargetGroup,
		}},
		Check:        cloud.Between("port", 1, 65535),
		BeforeCreate: checkTarget,
		NotReal: "The same target registered twice stays registered until both are deleted; AWS deregisters it " +
			"with the " +
			"first.",
	},
)
