// What Elastic Load Balancing and the provider refuse, and what its outputs follow from.
package localcloud

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// balancerSubnets are a load balancer's subnets, in whichever of the two forms they are given.
func (c *call) balancerSubnets() []string {
	subnets := append(c.all("subnets"), c.all("subnetMappings.subnetId")...)
	if len(subnets) == 0 {
		return []string{""}
	}
	return subnets
}

func checkBalancer(c *call) []failure {
	if strings.HasPrefix(c.name(), "internal-") {
		return []failure{
			{property: "name", reason: fmt.Sprintf("%q cannot begin with %q: %q", "name", "internal-", c.name())},
		}
	}
	return nil
}

// balancerReplaces is the provider's customizeDiffLoadBalancerNLB: a network load balancer
// cannot lose or swap subnets, cannot get its first security group, and cannot lose its last.
// Of application load balancers only changed subnetMappings replace.
func balancerReplaces(c *call) bool {
	mappings := c.changed("subnetMappings") && c.known("subnetMappings") &&
		len(c.all("subnetMappings.subnetId")) <= len(c.before("subnetMappings.subnetId"))
	if c.str("loadBalancerType") != "network" {
		return mappings
	}
	before, now := c.before("subnets"), c.all("subnets")
	subnets := c.known("subnets") && !sameSet(before, now) && len(now) <= len(before)
	groupsBefore, groupsNow := len(c.before("securityGroups")), len(c.all("securityGroups"))
	groups := c.known("securityGroups") && (groupsBefore == 0) != (groupsNow == 0)
	return mappings || subnets || groups
}

// balancerHost is a load balancer's name: a network one's carries the end of its ARN.
func balancerHost(c *call) any {
	if c.str("loadBalancerType") == "network" {
		return fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", c.name(), lastOf(c.id, "/"), c.cloud.Region)
	}
	prefix := map[bool]string{true: "internal-"}[c.yes("internal")]
	return fmt.Sprintf("%s%s-%s.%s.elb.amazonaws.com", prefix, c.name(), randomDigits(10), c.cloud.Region)
}

// judgeBalancer: one subnet of each zone, two zones for an application load balancer, groups of the
// VPC.
func judgeBalancer(c *call) error {
	zones := map[string]bool{}
	for _, id := range c.balancerSubnets() {
		zone := c.tx.find(subnetType, "", id).str("availabilityZone")
		if zones[zone] {
			return errorf(
				"InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same " +
					"Availability Zone",
			)
		}
		zones[zone] = true
	}
	if c.str("loadBalancerType") == "application" && len(zones) < 2 {
		return errorf("ValidationError: At least two subnets in two different Availability Zones must be specified")
	}
	if c.str("loadBalancerType") == "gateway" && len(c.all("securityGroups")) > 0 {
		return errorf(
			"InvalidConfigurationRequest: Security groups are not supported for load balancers with type 'gateway'",
		)
	}
	return c.tx.sameNetwork(c.balancerSubnets()[0], c.all("securityGroups"))
}

// settleBalancer gives the load balancer an interface in each of its subnets.
func settleBalancer(c *call) error {
	return c.tx.settleInterfaces(
		c.id,
		"ELB "+lastOf(c.id, ":loadbalancer/"),
		c.balancerSubnets(),
		c.all("securityGroups"),
	)
}

// closeBalancer: the listeners and their rules go with the load balancer.
func closeBalancer(c *call) error {
	c.tx.dropInterfaces(c.id)
	for _, listener := range c.tx.all(listenerType) {
		if listener.str("loadBalancerArn") == c.id {
			c.tx.dropWhere(listenerRuleType, "listenerArn", listener.ID)
			c.tx.remove(listenerType, listener.ID)
		}
	}
	return countForwards(c)
}

// checkTargetGroup is the provider's customizeDiff of target groups.
func checkTargetGroup(c *call) []failure {
	var faults []failure
	kind, protocol, probe := c.str("targetType"), c.str("protocol"), strings.ToUpper(c.str("healthCheck.protocol"))
	if kind == "" {
		kind = "instance"
	}
	if kind != "lambda" {
		for _, path := range []string{"port", "protocol", "vpcId"} {
			if !present(c.inputs, path) {
				faults = append(
					faults,
					failure{
						path,
						fmt.Sprintf("Attribute %q must be specified when %q is %q.", path, "targetType", kind),
					},
				)
			}
		}
	}
	if probe == "TCP" {
		for _, path := range []string{"healthCheck.matcher", "healthCheck.path"} {
			if c.str(path) != "" {
				faults = append(
					faults,
					failure{
						path,
						fmt.Sprintf(
							"Attribute %q cannot be specified when %q is %q.",
							path,
							"healthCheck.protocol",
							probe,
						),
					},
				)
			}
		}
		if strings.HasPrefix(protocol, "HTTP") || kind == "lambda" {
			faults = append(
				faults,
				failure{"healthCheck.protocol", fmt.Sprintf("Attribute %q cannot have value %q when %q is %q.",
					"healthCheck.protocol", "TCP", "protocol", protocol)},
			)
		}
	}
	if n := c.num("slowStart"); n != 0 && (n < 30 || n > 900) {
		faults = append(
			faults,
			failure{
				"slowStart",
				fmt.Sprintf("expected slowStart to be 0 or in the range (30 - 900), got %s", trimFloat(n)),
			},
		)
	}
	return faults
}

// judgeHealthCheck is the service's own: a probe must end before the next begins.
func judgeHealthCheck(c *call) error {
	probe := healthCheck(c).(map[string]any)
	interval, _ := probe["interval"].(float64)
	timeout, _ := probe["timeout"].(float64)
	if timeout >= interval {
		return errorf(
			"ValidationError: Health check interval must be greater than the timeout. (interval %s, timeout %s)",
			trimFloat(interval),
			trimFloat(timeout),
		)
	}
	return nil
}

// healthCheck is the check as asked for, over the provider's defaults, over the service's.
func healthCheck(c *call) any {
	layered := map[string]any{
		"enabled":            c.str("targetType") != "lambda",
		"interval":           30.0,
		"healthyThreshold":   3.0,
		"unhealthyThreshold": 3.0,
		"port":               "traffic-port",
	}
	layerFour := !strings.HasPrefix(c.str("protocol"), "HTTP") && c.str("targetType") != "lambda"
	asked, given := valueAt(c.inputs, "healthCheck")
	fields, _ := plain(asked).(map[string]any)
	protocol, _ := fields["protocol"].(string)
	switch {
	case protocol != "":
		protocol = strings.ToUpper(protocol)
	case given || !layerFour:
		protocol = "HTTP"
	default:
		protocol = "TCP"
	}
	layered["protocol"] = protocol
	switch {
	case protocol == "TCP":
		layered["timeout"] = 10.0
	case layerFour:
		layered["timeout"], layered["path"], layered["matcher"] = 6.0, "/", "200-399"
	default:
		layered["timeout"], layered["path"], layered["matcher"] = 5.0, "/", "200"
	}
	for key, v := range fields {
		layered[key] = v
	}
	layered["protocol"] = protocol
	return layered
}

// preservesClient is the default of client address preservation (AWS Network Load Balancers,
// "Client IP preservation"): off for ip targets of TCP and TLS, on for the rest.
func preservesClient(targetType, protocol string) string {
	switch {
	case strings.HasPrefix(protocol, "HTTP"), targetType == "lambda":
		return ""
	case targetType == "ip" && (protocol == "TCP" || protocol == "TLS"):
		return "false"
	}
	return "true"
}

func targetHealthStates(c *call) any {
	if protocol := c.str("protocol"); protocol != "TCP" && protocol != "TLS" {
		return []any{}
	}
	return []any{map[string]any{"enableUnhealthyConnectionTermination": true, "unhealthyDrainingInterval": 0.0}}
}

// uniqueTarget is the provider's id: the group's ARN and a time that no other has.
func uniqueTarget(c *call) any {
	return c.str(
		"targetGroupArn",
	) + "-" + strings.ReplaceAll(
		time.Now().UTC().Format("20060102150405.0000"),
		".",
		"",
	) + randomHex(
		8,
	)
}

// judgeTarget: an instance that exists, or an address of the VPC.
func judgeTarget(c *call) error {
	group, target := c.tx.find(targetGroupType, "arn", c.str("targetGroupArn")), c.str("targetId")
	switch group.str("targetType") {
	case "instance":
		if c.tx.find(instanceType, "", target) == nil {
			return errorf(
				"InvalidTarget: The following targets are not in a running state and cannot be registered: '%s'",
				target,
			)
		}
	case "ip":
		address, err := netip.ParseAddr(target)
		if err != nil {
			return errorf("ValidationError: The IP address '%s' is not a valid IPv4 address", target)
		}
		vpc, ok := rangeOf(c.tx.find(vpcType, "", group.str("vpcId")))
		if ok && !vpc.Contains(address) && c.str("availabilityZone") != "all" {
			return errorf(
				"ValidationError: You must specify Availability Zone 'all' for the IP address '%s' because it is "+
					"outside the VPC of the target group",
				target,
			)
		}
	}
	return nil
}
