// Whether one address of the VPC may connect to another: the security groups of both are evaluated.
package ec2

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// FlowEnd is one side of a connection: an interface of the VPC.
type FlowEnd struct {
	Address netip.Addr
	Groups  []string
	Zone    string
	what    string // for messages
}

// FindFlowEnd finds the interface that holds an address; false if none does.
func FindFlowEnd(tx *cloud.Tx, address netip.Addr) (FlowEnd, bool) {
	text := address.String()
	for _, token := range []string{NetworkInterfaceType, ownInterfaceType} {
		for _, r := range tx.All(token) {
			addresses, _ := r.Get("privateIps").([]any)
			if !slices.Contains(append(addresses, r.Get("privateIp")), any(text)) {
				continue
			}
			zone := r.Str("availabilityZone")
			if subnet := tx.Find(SubnetType, "", r.Str("subnetId")); subnet != nil {
				zone = subnet.Str("availabilityZone")
			}
			groups, _ := r.Get("securityGroups").([]any)
			return FlowEnd{
				Address: address,
				Groups:  cloud.Strings(groups),
				Zone:    zone,
				what:    r.Str("description"),
			}, true
		}
	}
	return FlowEnd{}, false
}

// CheckConnection returns nil if a TCP connection from one private address to another passes the
// security groups of both. Otherwise the error names the side that drops it. Security groups are
// stateful: replies always pass (VPC user guide, "Security groups").
func CheckConnection(c *cloud.Cloud, source, destination netip.Addr, port int) error {
	return cloud.View(c, func(tx *cloud.Tx) error {
		if networks.Of(c).cutBetween(source, destination) {
			return fmt.Errorf("the network is cut between %s and %s", source, destination)
		}
		from, known := FindFlowEnd(tx, source)
		if !known {
			return fmt.Errorf("no interface of the VPC has the address %s", source)
		}
		to, known := FindFlowEnd(tx, destination)
		if !known {
			return fmt.Errorf("no interface has the address %s", destination)
		}
		if !GroupsAllow(tx, from.Groups, "egress", EgressRuleType, to, port) {
			return fmt.Errorf(
				"no security group of %q (%s) lets a connection out to %s port %d",
				from.what,
				source,
				destination,
				port,
			)
		}
		if !GroupsAllow(tx, to.Groups, "ingress", IngressRuleType, from, port) {
			return fmt.Errorf(
				"no security group of %q (%s) lets a connection in from %s to port %d",
				to.what,
				destination,
				source,
				port,
			)
		}
		return nil
	})
}

// GroupsAllow reports whether one of the groups has a rule of a direction for the other side and
// the port.
func GroupsAllow(tx *cloud.Tx, groups []string, direction, ruleType string, other FlowEnd, port int) bool {
	for _, id := range groups {
		for _, token := range SecurityGroupTypes {
			group := tx.Find(token, "", id)
			if group == nil {
				continue
			}
			inline, _ := group.Get(direction).([]any)
			for _, item := range inline {
				if rule, _ := item.(map[string]any); inlineMatches(rule, id, other, port) {
					return true
				}
			}
		}
		for _, rule := range tx.All(ruleType) {
			if rule.Str("securityGroupId") == id && ruleMatches(rule, other, port) {
				return true
			}
		}
	}
	return false
}

// inlineMatches evaluates a rule that is written in the group itself, whose id is own.
func inlineMatches(rule map[string]any, own string, other FlowEnd, port int) bool {
	protocol, _ := rule["protocol"].(string)
	from, _ := rule["fromPort"].(float64)
	to, _ := rule["toPort"].(float64)
	if !coversPort(protocol, from, to, port) {
		return false
	}
	ranges, _ := rule["cidrBlocks"].([]any)
	groups, _ := rule["securityGroups"].([]any)
	if self, _ := rule["self"].(bool); self {
		groups = append(slices.Clone(groups), own)
	}
	return slices.ContainsFunc(cloud.Strings(ranges), func(cidr string) bool { return within(cidr, other.Address) }) ||
		slices.ContainsFunc(cloud.Strings(groups), func(id string) bool { return slices.Contains(other.Groups, id) })
}

// ruleMatches evaluates a rule that is a resource of its own. Prefix lists hold public ranges only.
func ruleMatches(rule *cloud.Record, other FlowEnd, port int) bool {
	from, _ := rule.Get("fromPort").(float64)
	to, _ := rule.Get("toPort").(float64)
	return coversPort(rule.Str("ipProtocol"), from, to, port) &&
		(within(rule.Str("cidrIpv4"), other.Address) ||
			slices.Contains(other.Groups, rule.Str("referencedSecurityGroupId")))
}

func coversPort(protocol string, from, to float64, port int) bool {
	return protocol == "-1" || (protocol == "tcp" || protocol == "6") && float64(port) >= from && float64(port) <= to
}

func within(cidr string, address netip.Addr) bool {
	prefix, err := netip.ParsePrefix(cidr)
	return err == nil && prefix.Contains(address)
}
