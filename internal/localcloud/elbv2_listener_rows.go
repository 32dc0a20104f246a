// Listeners and their rules.
package localcloud

import "strings"

const (
	listenerType     = "aws:lb/listener:Listener"
	listenerRuleType = "aws:lb/listenerRule:ListenerRule"
)

var _ = register(
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
			c.tx.dropWhere(listenerRuleType, "listenerArn", c.id)
			return countForwards(c)
		},
		begin:  openBalancer,
		change: changeApplication,
		end:    closeListener,
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
		begin:        refuseRule,
		notReal:      "Conditions are not judged.",
	},
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
