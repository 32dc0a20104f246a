// Listeners and their rules: what creates, changes and deletes them.
package elbv2

import (
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// The tokens of listeners and their rules.
const (
	ListenerType     = "aws:lb/listener:Listener"
	ListenerRuleType = "aws:lb/listenerRule:ListenerRule"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    ListenerType,
		Source:   "internal/service/elbv2/listener.go; tcpIdleTimeoutSeconds: pulumi-aws SDK doc",
		Required: []string{"defaultActions", "loadBalancerArn"},
		Replace:  []string{"loadBalancerArn"},
		ID: func(c *cloud.Call) any {
			return strings.Replace(
				c.Str("loadBalancerArn"),
				":loadbalancer/",
				":listener/",
				1,
			) + c.Expand(
				"/{hex8}{hex8}",
			)
		},
		Computed: map[string]cloud.Value{
			"arn":      func(c *cloud.Call) any { return c.ID },
			"protocol": func(c *cloud.Call) any { return listenerProtocol(c) },
			"sslPolicy": func(c *cloud.Call) any {
				return map[bool]string{true: "ELBSecurityPolicy-2016-08"}[encrypts(listenerProtocol(c))]
			},
			// The default of a TCP listener (AWS Network Load Balancers, "Connection idle
			// timeout").
			"tcpIdleTimeoutSeconds": func(c *cloud.Call) any {
				return map[bool]float64{true: 350}[listenerProtocol(c) == "TCP"]
			},
		},
		References: append(forwardReferences("defaultActions"),
			cloud.Reference{Path: "loadBalancerArn", To: cloud.One(LoadBalancerType), Missing: noSuchBalancer},
			cloud.Reference{
				Path:    "certificateArn",
				To:      cloud.One(acm.PublicCertificateType),
				Missing: "CertificateNotFound: Certificate '{value}' not found",
				Blocks:  "ResourceInUseException: Certificate {value} is in use.",
			}),
		Check: cloud.Checks(
			actionFaults("defaultActions"),
			cloud.Between("port", 1, 65535),
			cloud.Between("tcpIdleTimeoutSeconds", 60, 6000),
			cloud.OneOf("protocol", "HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"),
		),
		BeforeCreate: checkListener,
		BeforeUpdate: checkListener,
		AfterCreate:  countForwards,
		AfterUpdate:  countForwards,
		AfterDelete: func(c *cloud.Call) error {
			ec2.RemoveWhere(c.Tx, ListenerRuleType, "listenerArn", c.ID)
			return countForwards(c)
		},
		Begin:  openBalancer,
		Change: changeApplication,
		End:    closeListener,
		NotReal: "Names of security policies are not checked. Texts for a target group of another protocol are " +
			"paraphrased.",
	},
	cloud.Row{
		Token:    ListenerRuleType,
		Source:   "internal/service/elbv2/listener_rule.go",
		Required: []string{"actions", "conditions", "listenerArn"},
		Replace:  []string{"listenerArn"},
		ID: func(c *cloud.Call) any {
			return strings.Replace(c.Str("listenerArn"), ":listener/", ":listener-rule/", 1) + c.Expand("/{hex8}{hex8}")
		},
		Computed: map[string]cloud.Value{"arn": func(c *cloud.Call) any { return c.ID }, "priority": nextPriority},
		References: append(
			forwardReferences("actions"),
			cloud.Reference{
				Path:    "listenerArn",
				To:      cloud.One(ListenerType),
				Missing: "ListenerNotFound: One or more listeners not found",
			},
		),
		Check:        cloud.Checks(actionFaults("actions"), cloud.Between("priority", 1, 50000)),
		BeforeCreate: checkRulePriority,
		BeforeUpdate: checkRulePriority,
		AfterCreate:  countForwards,
		AfterUpdate:  countForwards,
		AfterDelete:  countForwards,
		Begin:        refuseRule,
		NotReal:      "Conditions are not checked.",
	},
)

// forwardReferences are the references from actions to target groups.
func forwardReferences(actions string) []cloud.Reference {
	return []cloud.Reference{
		{
			Path:    actions + ".targetGroupArn",
			To:      cloud.One(TargetGroupType),
			By:      "arn",
			Missing: noSuchTargetGroup,
			Blocks:  targetGroupInUse,
		},
		{
			Path:    actions + ".forward.targetGroups.arn",
			To:      cloud.One(TargetGroupType),
			By:      "arn",
			Missing: noSuchTargetGroup,
			Blocks:  targetGroupInUse,
		},
	}
}
