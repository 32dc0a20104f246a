// Which load balancers, target groups and targets ELB and the provider refuse, and how their
// outputs are computed.
package elbv2

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// balancerSubnets returns the subnets of a load balancer, in whichever of the two forms they are
// given.
func balancerSubnets(c *cloud.Call) []string {
	subnets := append(c.All("subnets"), c.All("subnetMappings.subnetId")...)
	if len(subnets) == 0 {
		return []string{""}
	}
	return subnets
}

func validateBalancer(c *cloud.Call) []cloud.Failure {
	if strings.HasPrefix(c.Name(), "internal-") {
		return []cloud.Failure{
			{Property: "name", Reason: fmt.Sprintf("%q cannot begin with %q: %q", "name", "internal-", c.Name())},
		}
	}
	return nil
}

// balancerReplaces is the provider's customizeDiffLoadBalancerNLB: a network load balancer
// cannot lose or swap subnets, cannot get its first security group, and cannot lose its last.
// Of application load balancers only changed subnetMappings replace.
func balancerReplaces(c *cloud.Call) bool {
	mappings := c.Changed("subnetMappings") && c.Known("subnetMappings") &&
		len(c.All("subnetMappings.subnetId")) <= len(c.OldStrings("subnetMappings.subnetId"))
	if c.Str("loadBalancerType") != "network" {
		return mappings
	}
	before, now := c.OldStrings("subnets"), c.All("subnets")
	subnets := c.Known("subnets") && !cloud.SameSet(before, now) && len(now) <= len(before)
	groupsBefore, groupsNow := len(c.OldStrings("securityGroups")), len(c.All("securityGroups"))
	groups := c.Known("securityGroups") && (groupsBefore == 0) != (groupsNow == 0)
	return mappings || subnets || groups
}

// balancerHost returns the DNS name of a load balancer. That of a network load balancer contains
// the end of its ARN.
func balancerHost(c *cloud.Call) any {
	if c.Str("loadBalancerType") == "network" {
		return fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", c.Name(), cloud.AfterLast(c.ID, "/"), c.Cloud.Region)
	}
	prefix := map[bool]string{true: "internal-"}[c.Bool("internal")]
	return fmt.Sprintf("%s%s-%s.%s.elb.amazonaws.com", prefix, c.Name(), cloud.RandomDigits(10), c.Cloud.Region)
}

// checkBalancer requires one subnet of each zone, two zones for an application load balancer, and
// groups of the VPC.
func checkBalancer(c *cloud.Call) error {
	zones := map[string]bool{}
	for _, id := range balancerSubnets(c) {
		zone := c.Tx.Find(ec2.SubnetType, "", id).Str("availabilityZone")
		if zones[zone] {
			return cloud.Errorf(
				"InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same " +
					"Availability Zone",
			)
		}
		zones[zone] = true
	}
	if c.Str("loadBalancerType") == "application" && len(zones) < 2 {
		return cloud.Errorf(
			"ValidationError: At least two subnets in two different Availability Zones must be specified",
		)
	}
	if c.Str("loadBalancerType") == "gateway" && len(c.All("securityGroups")) > 0 {
		return cloud.Errorf(
			"InvalidConfigurationRequest: Security groups are not supported for load balancers with type 'gateway'",
		)
	}
	return ec2.CheckGroupsOfSubnet(c.Tx, balancerSubnets(c)[0], c.All("securityGroups"))
}

// settleBalancer places an interface of the load balancer in each of its subnets.
func settleBalancer(c *cloud.Call) error {
	return ec2.PlaceInterfaces(c.Tx,
		c.ID,
		"ELB "+cloud.AfterLast(c.ID, ":loadbalancer/"),
		balancerSubnets(c),
		c.All("securityGroups"),
	)
}

// closeBalancer deletes the listeners and their rules together with the load balancer.
func closeBalancer(c *cloud.Call) error {
	ec2.RemoveInterfaces(c.Tx, c.ID)
	for _, listener := range c.Tx.All(ListenerType) {
		if listener.Str("loadBalancerArn") == c.ID {
			ec2.RemoveWhere(c.Tx, ListenerRuleType, "listenerArn", listener.ID)
			c.Tx.Remove(ListenerType, listener.ID)
		}
	}
	return countForwards(c)
}

// validateTargetGroup is the provider's own check of target groups (customizeDiff).
func validateTargetGroup(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	kind, protocol, probe := c.Str("targetType"), c.Str("protocol"), strings.ToUpper(c.Str("healthCheck.protocol"))
	if kind == "" {
		kind = "instance"
	}
	if kind != "lambda" {
		for _, path := range []string{"port", "protocol", "vpcId"} {
			if !cloud.Present(c.Inputs, path) {
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason: fmt.Sprintf(
							"Attribute %q must be specified when %q is %q.",
							path,
							"targetType",
							kind,
						),
					},
				)
			}
		}
	}
	if probe == "TCP" {
		for _, path := range []string{"healthCheck.matcher", "healthCheck.path"} {
			if c.Str(path) != "" {
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason: fmt.Sprintf(
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
				cloud.Failure{
					Property: "healthCheck.protocol",
					Reason: fmt.Sprintf("Attribute %q cannot have value %q when %q is %q.",
						"healthCheck.protocol", "TCP", "protocol", protocol),
				},
			)
		}
	}
	if n := c.Num("slowStart"); n != 0 && (n < 30 || n > 900) {
		faults = append(
			faults,
			cloud.Failure{
				Property: "slowStart",
				Reason: fmt.Sprintf(
					"expected slowStart to be 0 or in the range (30 - 900), got %s",
					cloud.FormatNumber(n),
				),
			},
		)
	}
	return faults
}

// checkHealthCheck is ELB's own check: a probe must end before the next begins.
func checkHealthCheck(c *cloud.Call) error {
	probe := healthCheck(c).(map[string]any)
	interval, _ := probe["interval"].(float64)
	timeout, _ := probe["timeout"].(float64)
	if timeout >= interval {
		return cloud.Errorf(
			"ValidationError: Health check interval must be greater than the timeout. (interval %s, timeout %s)",
			cloud.FormatNumber(interval),
			cloud.FormatNumber(timeout),
		)
	}
	return nil
}

// healthCheck returns the health check: the configured values, else the provider's defaults, else
// those of ELB.
func healthCheck(c *cloud.Call) any {
	layered := map[string]any{
		"enabled":            c.Str("targetType") != "lambda",
		"interval":           30.0,
		"healthyThreshold":   3.0,
		"unhealthyThreshold": 3.0,
		"port":               "traffic-port",
	}
	layerFour := !strings.HasPrefix(c.Str("protocol"), "HTTP") && c.Str("targetType") != "lambda"
	value, given := cloud.ValueAt(c.Inputs, "healthCheck")
	fields, _ := cloud.Plain(value).(map[string]any)
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

func targetHealthStates(c *cloud.Call) any {
	if protocol := c.Str("protocol"); protocol != "TCP" && protocol != "TLS" {
		return []any{}
	}
	return []any{map[string]any{"enableUnhealthyConnectionTermination": true, "unhealthyDrainingInterval": 0.0}}
}

// uniqueTarget returns the provider's id of a target: the ARN of the group and a unique time.
func uniqueTarget(c *cloud.Call) any {
	return c.Str(
		"targetGroupArn",
	) + "-" + strings.ReplaceAll(
		time.Now().UTC().Format("20060102150405.0000"),
		".",
		"",
	) + cloud.RandomHex(
		8,
	)
}

// checkTarget requires an instance that exists, or an address of the VPC.
func checkTarget(c *cloud.Call) error {
	group, target := c.Tx.Find(TargetGroupType, "arn", c.Str("targetGroupArn")), c.Str("targetId")
	switch group.Str("targetType") {
	case "instance":
		if c.Tx.Find(ec2.InstanceType, "", target) == nil {
			return cloud.Errorf(
				"InvalidTarget: The following targets are not in a running state and cannot be registered: '%s'",
				target,
			)
		}
	case "ip":
		address, err := netip.ParseAddr(target)
		if err != nil {
			return cloud.Errorf("ValidationError: The IP address '%s' is not a valid IPv4 address", target)
		}
		vpc, ok := ec2.CIDRBlock(c.Tx.Find(ec2.VpcType, "", group.Str("vpcId")))
		if ok && !vpc.Contains(address) && c.Str("availabilityZone") != "all" {
			return cloud.Errorf(
				"ValidationError: You must specify Availability Zone 'all' for the IP address '%s' because it is "+
					"outside the VPC of the target group",
				target,
			)
		}
	}
	return nil
}
