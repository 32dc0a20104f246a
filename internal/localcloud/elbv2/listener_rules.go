// Which listeners and rules ELB refuses, and which load balancer a target group belongs to.
package elbv2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// actionFaults is the provider's check of actions.
func actionFaults(path string) func(*cloud.Call) []cloud.Failure {
	return func(c *cloud.Call) []cloud.Failure {
		var faults []cloud.Failure
		actions, _ := c.Get(path).([]any)
		for i, item := range actions {
			action, _ := item.(map[string]any)
			at := fmt.Sprintf("%s[%d]", path, i)
			kind, _ := action["type"].(string)
			if kind == "" {
				faults = append(
					faults,
					cloud.Failure{
						Property: at + ".type",
						Reason: `Missing required argument. The argument "type" is required, but no definition ` +
							`was found.`,
					},
				)
			}
			// The properties that a kind of action requires. The ARN of a target group is often
			// not known yet, and then missing here.
			needs := map[string]string{"redirect": "redirect", "fixed-response": "fixedResponse"}[kind]
			if _, given := action[needs]; needs != "" && !given {
				faults = append(
					faults,
					cloud.Failure{
						Property: at + "." + needs,
						Reason: fmt.Sprintf(
							"Attribute %q must be specified when %q is %q.",
							at+"."+needs,
							at+".type",
							kind,
						),
					},
				)
			}
			forward, _ := action["forward"].(map[string]any)
			groups, _ := forward["targetGroups"].([]any)
			if len(groups) > 5 {
				faults = append(
					faults,
					cloud.Failure{
						Property: at + ".forward.targetGroups",
						Reason:   fmt.Sprintf("Too many list items: at most 5, got %d", len(groups)),
					},
				)
			}
			for _, item := range groups {
				group, _ := item.(map[string]any)
				if weight, given := group["weight"].(float64); given && (weight < 0 || weight > 999) {
					faults = append(
						faults,
						cloud.Failure{
							Property: at + ".forward.targetGroups.weight",
							Reason: fmt.Sprintf(
								"expected weight to be in the range (0 - 999), got %s",
								cloud.FormatNumber(weight),
							),
						},
					)
				}
			}
		}
		return faults
	}
}

// forwards returns the target groups to which the actions at a path forward.
func forwards(c *cloud.Call, path string) []string {
	arns := append(c.All(path+".targetGroupArn"), c.All(path+".forward.targetGroups.arn")...)
	return slices.Compact(slices.Sorted(slices.Values(arns)))
}

// listenerProtocol returns the protocol of the listener, or the default of application load
// balancers.
func listenerProtocol(c *cloud.Call) string {
	if protocol := c.Str("protocol"); protocol != "" {
		return strings.ToUpper(protocol)
	}
	if strings.Contains(c.Str("loadBalancerArn"), ":loadbalancer/app/") {
		return "HTTP"
	}
	return ""
}

func encrypts(protocol string) bool { return protocol == "HTTPS" || protocol == "TLS" }

// listenerProtocols are the protocols of each kind of load balancer.
var listenerProtocols = map[string][]string{
	"application": {"HTTP", "HTTPS"},
	"network":     {"TCP", "TLS", "UDP", "TCP_UDP"},
	"gateway":     {""},
}

// groupProtocols are the protocols of target groups to which a listener's protocol may forward
// (Network and Application Load Balancers, "Target group configuration").
var groupProtocols = map[string][]string{
	"HTTP": {"HTTP", "HTTPS"}, "HTTPS": {"HTTP", "HTTPS"}, "TCP": {"TCP", "TCP_UDP"}, "TLS": {"TCP", "TLS"},
	"UDP": {"UDP", "TCP_UDP"}, "TCP_UDP": {"TCP_UDP"},
}

// checkListener requires a protocol of the load balancer, a free port, an issued certificate, and
// target groups with a matching protocol that belong to no other load balancer.
func checkListener(c *cloud.Call) error {
	balancer, protocol := c.Tx.Find(LoadBalancerType, "", c.Str("loadBalancerArn")), listenerProtocol(c)
	protocols := listenerProtocols[balancer.Str("loadBalancerType")]
	if !slices.Contains(protocols, protocol) {
		return cloud.Errorf(
			"ValidationError: Listener protocol '%s' must be one of '%s'",
			protocol,
			strings.Join(protocols, ", "),
		)
	}
	if protocol != "" && c.Get("port") == nil {
		return cloud.Errorf("ValidationError: A listener port must be specified")
	}
	for _, other := range c.Tx.All(ListenerType) {
		if other.ID != c.ID && other.Str("loadBalancerArn") == balancer.ID && other.Get("port") == c.Get("port") {
			return cloud.Errorf(
				"DuplicateListener: A listener already exists on this port for this load balancer '%s'",
				balancer.ID,
			)
		}
	}
	if err := checkListenerCertificate(c, protocol); err != nil {
		return err
	}
	for _, arn := range forwards(c, "defaultActions") {
		if err := checkForward(c, arn, balancer.ID, protocol); err != nil {
			return err
		}
	}
	return nil
}

func checkListenerCertificate(c *cloud.Call, protocol string) error {
	arn := c.Str("certificateArn")
	switch {
	case !encrypts(protocol) && arn != "":
		return cloud.Errorf(
			"ValidationError: You cannot specify certificates for listeners with protocol '%s'",
			protocol,
		)
	case !encrypts(protocol):
		return nil
	case arn == "":
		return cloud.Errorf("ValidationError: A certificate must be specified for %s listeners", protocol)
	}
	if certificate := c.Tx.Find(
		acm.PublicCertificateType,
		"",
		arn,
	); certificate != nil &&
		!acm.IssueValidated(c.Tx, certificate) {
		return cloud.Errorf(
			"UnsupportedCertificate: The certificate '%s' must have a fully-qualified domain name, a supported "+
				"signature, and a supported key size.",
			arn,
		)
	}
	return nil
}

func checkForward(c *cloud.Call, arn, balancer, protocol string) error {
	group := c.Tx.Find(TargetGroupType, "arn", arn)
	if theirs := group.Str("protocol"); theirs != "" && !slices.Contains(groupProtocols[protocol], theirs) {
		return cloud.Errorf(
			"InvalidConfigurationRequest: Listener protocol '%s' is not supported with target group '%s' of "+
				"protocol '%s'",
			protocol,
			arn,
			theirs,
		)
	}
	for _, other := range balancersOf(c.Tx, arn) {
		if other != balancer {
			return cloud.Errorf(
				"TargetGroupAssociationLimit: The following target groups cannot be associated with more than one "+
					"load balancer: %s",
				arn,
			)
		}
	}
	return nil
}

// balancersOf returns the load balancers that forward to a target group.
func balancersOf(tx *cloud.Tx, group string) []string {
	var found []string
	for _, listener := range tx.All(ListenerType) {
		on := &cloud.Call{Cloud: tx.Cloud, Inputs: listener.Inputs}
		if slices.Contains(forwards(on, "defaultActions"), group) {
			found = append(found, listener.Str("loadBalancerArn"))
		}
	}
	for _, rule := range tx.All(ListenerRuleType) {
		on := &cloud.Call{Cloud: tx.Cloud, Inputs: rule.Inputs}
		if listener := tx.Find(
			ListenerType,
			"",
			rule.Str("listenerArn"),
		); listener != nil &&
			slices.Contains(forwards(on, "actions"), group) {
			found = append(found, listener.Str("loadBalancerArn"))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(found)))
}

// countForwards updates the output loadBalancerArns of all target groups.
func countForwards(c *cloud.Call) error {
	for _, group := range c.Tx.All(TargetGroupType) {
		group.SetOutput("loadBalancerArns", cloud.AnyList(balancersOf(c.Tx, group.Str("arn"))))
	}
	return nil
}

// rulePriorities returns the priorities in use at a listener, without the rule's own.
func rulePriorities(c *cloud.Call) []float64 {
	var used []float64
	for _, other := range c.Tx.All(ListenerRuleType) {
		if n, ok := other.Get("priority").(float64); ok && other.ID != c.ID &&
			other.Str("listenerArn") == c.Str("listenerArn") {
			used = append(used, n)
		}
	}
	return used
}

// nextPriority returns the priority that the provider takes if none is given: one more than the
// highest.
func nextPriority(c *cloud.Call) any {
	return slices.Max(append(rulePriorities(c), 0)) + 1
}

func checkRulePriority(c *cloud.Call) error {
	if n, given := c.Get("priority").(float64); given && slices.Contains(rulePriorities(c), n) {
		return cloud.Errorf("PriorityInUse: Priority '%s' is currently in use", cloud.FormatNumber(n))
	}
	listener := c.Tx.Find(ListenerType, "", c.Str("listenerArn"))
	balancer := listener.Str("loadBalancerArn")
	if !strings.Contains(balancer, ":loadbalancer/app/") {
		return cloud.Errorf(
			"InvalidConfigurationRequest: Rules are only supported for listeners of application load balancers",
		)
	}
	for _, arn := range forwards(c, "actions") {
		if err := checkForward(c, arn, balancer, listener.Str("protocol")); err != nil {
			return err
		}
	}
	return nil
}
