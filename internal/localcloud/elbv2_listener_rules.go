// Listeners: what they may forward, and which load balancer a target group then belongs to.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
)

// actionFaults is the provider's check of actions.
func actionFaults(path string) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		actions, _ := c.get(path).([]any)
		for i, item := range actions {
			action, _ := item.(map[string]any)
			at := fmt.Sprintf("%s[%d]", path, i)
			kind, _ := action["type"].(string)
			if kind == "" {
				faults = append(
					faults,
					failure{
						at + ".type",
						`Missing required argument. The argument "type" is required, but no definition was found.`,
					},
				)
			}
			// What a kind of action needs; a target group's ARN is often unknown yet, and then
			// absent here.
			needs := map[string]string{"redirect": "redirect", "fixed-response": "fixedResponse"}[kind]
			if _, given := action[needs]; needs != "" && !given {
				faults = append(
					faults,
					failure{
						at + "." + needs,
						fmt.Sprintf("Attribute %q must be specified when %q is %q.", at+"."+needs, at+".type", kind),
					},
				)
			}
			forward, _ := action["forward"].(map[string]any)
			groups, _ := forward["targetGroups"].([]any)
			if len(groups) > 5 {
				faults = append(
					faults,
					failure{
						at + ".forward.targetGroups",
						fmt.Sprintf("Too many list items: at most 5, got %d", len(groups)),
					},
				)
			}
			for _, item := range groups {
				group, _ := item.(map[string]any)
				if weight, given := group["weight"].(float64); given && (weight < 0 || weight > 999) {
					faults = append(
						faults,
						failure{
							at + ".forward.targetGroups.weight",
							fmt.Sprintf("expected weight to be in the range (0 - 999), got %s", trimFloat(weight)),
						},
					)
				}
			}
		}
		return faults
	}
}

// forwards are the target groups that the actions at a path lead to.
func (c *call) forwards(path string) []string {
	arns := append(c.all(path+".targetGroupArn"), c.all(path+".forward.targetGroups.arn")...)
	return slices.Compact(slices.Sorted(slices.Values(arns)))
}

// listenerProtocol is the listener's, or the default of application load balancers.
func listenerProtocol(c *call) string {
	if protocol := c.str("protocol"); protocol != "" {
		return strings.ToUpper(protocol)
	}
	if strings.Contains(c.str("loadBalancerArn"), ":loadbalancer/app/") {
		return "HTTP"
	}
	return ""
}

func encrypts(protocol string) bool { return protocol == "HTTPS" || protocol == "TLS" }

// listenerProtocols are what each kind of load balancer speaks.
var listenerProtocols = map[string][]string{
	"application": {"HTTP", "HTTPS"},
	"network":     {"TCP", "TLS", "UDP", "TCP_UDP"},
	"gateway":     {""},
}

// groupProtocols are the target groups that a listener's protocol may forward to (Network and
// Application Load Balancers, "Target group configuration").
var groupProtocols = map[string][]string{
	"HTTP": {"HTTP", "HTTPS"}, "HTTPS": {"HTTP", "HTTPS"}, "TCP": {"TCP", "TCP_UDP"}, "TLS": {"TCP", "TLS"},
	"UDP": {"UDP", "TCP_UDP"}, "TCP_UDP": {"TCP_UDP"},
}

// judgeListener: a protocol of the load balancer, a free port, an issued certificate, and
// target groups that speak the same and belong to no other load balancer.
func judgeListener(c *call) error {
	balancer, protocol := c.tx.find(loadBalancerType, "", c.str("loadBalancerArn")), listenerProtocol(c)
	speaks := listenerProtocols[balancer.str("loadBalancerType")]
	if !slices.Contains(speaks, protocol) {
		return errorf(
			"ValidationError: Listener protocol '%s' must be one of '%s'",
			protocol,
			strings.Join(speaks, ", "),
		)
	}
	if protocol != "" && c.get("port") == nil {
		return errorf("ValidationError: A listener port must be specified")
	}
	for _, other := range c.tx.all(listenerType) {
		if other.ID != c.id && other.str("loadBalancerArn") == balancer.ID && other.Get("port") == c.get("port") {
			return errorf(
				"DuplicateListener: A listener already exists on this port for this load balancer '%s'",
				balancer.ID,
			)
		}
	}
	if err := judgeListenerCertificate(c, protocol); err != nil {
		return err
	}
	for _, arn := range c.forwards("defaultActions") {
		if err := judgeForward(c, arn, balancer.ID, protocol); err != nil {
			return err
		}
	}
	return nil
}

func judgeListenerCertificate(c *call, protocol string) error {
	arn := c.str("certificateArn")
	switch {
	case !encrypts(protocol) && arn != "":
		return errorf("ValidationError: You cannot specify certificates for listeners with protocol '%s'", protocol)
	case !encrypts(protocol):
		return nil
	case arn == "":
		return errorf("ValidationError: A certificate must be specified for %s listeners", protocol)
	}
	if certificate := c.tx.find(
		publicCertificateType,
		"",
		arn,
	); certificate != nil &&
		!c.tx.issueProven(certificate) {
		return errorf(
			"UnsupportedCertificate: The certificate '%s' must have a fully-qualified domain name, a supported "+
				"signature, and a supported key size.",
			arn,
		)
	}
	return nil
}

func judgeForward(c *call, arn, balancer, protocol string) error {
	group := c.tx.find(targetGroupType, "arn", arn)
	if theirs := group.str("protocol"); theirs != "" && !slices.Contains(groupProtocols[protocol], theirs) {
		return errorf(
			"InvalidConfigurationRequest: Listener protocol '%s' is not supported with target group '%s' of "+
				"protocol '%s'",
			protocol,
			arn,
			theirs,
		)
	}
	for _, other := range c.tx.balancersOf(arn) {
		if other != balancer {
			return errorf(
				"TargetGroupAssociationLimit: The following target groups cannot be associated with more than one "+
					"load balancer: %s",
				arn,
			)
		}
	}
	return nil
}

// balancersOf are the load balancers that forward to a target group.
func (tx *Tx) balancersOf(group string) []string {
	var found []string
	for _, listener := range tx.all(listenerType) {
		on := &call{cloud: tx.cloud, inputs: listener.Inputs}
		if slices.Contains(on.forwards("defaultActions"), group) {
			found = append(found, listener.str("loadBalancerArn"))
		}
	}
	for _, rule := range tx.all(listenerRuleType) {
		on := &call{cloud: tx.cloud, inputs: rule.Inputs}
		if listener := tx.find(
			listenerType,
			"",
			rule.str("listenerArn"),
		); listener != nil &&
			slices.Contains(on.forwards("actions"), group) {
			found = append(found, listener.str("loadBalancerArn"))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(found)))
}

// countForwards brings the output loadBalancerArns of all target groups up to date.
func countForwards(c *call) error {
	for _, group := range c.tx.all(targetGroupType) {
		group.setOutput("loadBalancerArns", anys(c.tx.balancersOf(group.str("arn"))))
	}
	return nil
}

// rulePriorities are those in use at a listener, without the rule's own.
func (c *call) rulePriorities() []float64 {
	var used []float64
	for _, other := range c.tx.all(listenerRuleType) {
		if n, ok := other.Get("priority").(float64); ok && other.ID != c.id &&
			other.str("listenerArn") == c.str("listenerArn") {
			used = append(used, n)
		}
	}
	return used
}

// nextPriority is what the provider takes when none is given: one after the highest.
func nextPriority(c *call) any {
	return slices.Max(append(c.rulePriorities(), 0)) + 1
}

func judgeRulePriority(c *call) error {
	if n, given := c.get("priority").(float64); given && slices.Contains(c.rulePriorities(), n) {
		return errorf("PriorityInUse: Priority '%s' is currently in use", trimFloat(n))
	}
	listener := c.tx.find(listenerType, "", c.str("listenerArn"))
	balancer := listener.str("loadBalancerArn")
	if !strings.Contains(balancer, ":loadbalancer/app/") {
		return errorf(
			"InvalidConfigurationRequest: Rules are only supported for listeners of application load balancers",
		)
	}
	for _, arn := range c.forwards("actions") {
		if err := judgeForward(c, arn, balancer, listener.str("protocol")); err != nil {
			return err
		}
	}
	return nil
}
