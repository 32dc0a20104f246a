// Who may connect to whom: security groups evaluated for one connection between two addresses.
package localcloud

import (
	"fmt"
	"net/netip"
	"slices"
)

// end is one side of a connection: an interface of the VPC.
type flowEnd struct {
	address netip.Addr
	groups  []string
	zone    string
	what    string // for messages
}

// endAt finds the interface that holds an address.
func (tx *Tx) endAt(address netip.Addr) (flowEnd, bool) {
	text := address.String()
	for _, token := range []string{networkInterfaceType, ownInterfaceType} {
		for _, r := range tx.all(token) {
			addresses, _ := r.Get("privateIps").([]any)
			if !slices.Contains(append(addresses, r.Get("privateIp")), any(text)) {
				continue
			}
			zone := r.str("availabilityZone")
			if subnet := tx.find(subnetType, "", r.str("subnetId")); subnet != nil {
				zone = subnet.str("availabilityZone")
			}
			groups, _ := r.Get("securityGroups").([]any)
			return flowEnd{
				address: address,
				groups:  texts(groups),
				zone:    zone,
				what:    r.str("description"),
			}, true
		}
	}
	return flowEnd{}, false
}

// Allowed says whether a TCP connection from one private address to another would pass the
// security groups of both; the error names the side that lets it drop. Security groups are
// stateful: answers always pass (VPC user guide, "Security groups").
func (c *Cloud) Allowed(source, destination netip.Addr, port int) error {
	return view(c, func(tx *Tx) error {
		if networks.of(c).cutBetween(source, destination) {
			return fmt.Errorf("the network is cut between %s and %s", source, destination)
		}
		from, known := tx.endAt(source)
		if !known {
			return fmt.Errorf("%s is no address of the VPC", source)
		}
		to, known := tx.endAt(destination)
		if !known {
			return fmt.Errorf("no interface has the address %s", destination)
		}
		if !tx.passes(from.groups, "egress", egressRuleType, to, port) {
			return fmt.Errorf(
				"no security group of %q (%s) lets a connection out to %s port %d",
				from.what,
				source,
				destination,
				port,
			)
		}
		if !tx.passes(to.groups, "ingress", ingressRuleType, from, port) {
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

// passes says whether one of the groups has a rule of a direction for the other side and port.
func (tx *Tx) passes(groups []string, direction, ruleType string, other flowEnd, port int) bool {
	for _, id := range groups {
		for _, token := range anyGroup {
			group := tx.find(token, "", id)
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
		for _, rule := range tx.all(ruleType) {
			if rule.str("securityGroupId") == id && ruleMatches(rule, other, port) {
				return true
			}
		}
	}
	return false
}

// inlineMatches judges a rule written in the group itself, whose id is own.
func inlineMatches(rule map[string]any, own string, other flowEnd, port int) bool {
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
	return slices.ContainsFunc(texts(ranges), func(cidr string) bool { return within(cidr, other.address) }) ||
		slices.ContainsFunc(texts(groups), func(id string) bool { return slices.Contains(other.groups, id) })
}

// ruleMatches judges a rule that stands alone. Prefix lists hold public ranges only.
func ruleMatches(rule *Record, other flowEnd, port int) bool {
	from, _ := rule.Get("fromPort").(float64)
	to, _ := rule.Get("toPort").(float64)
	return coversPort(rule.str("ipProtocol"), from, to, port) &&
		(within(rule.str("cidrIpv4"), other.address) ||
			slices.Contains(other.groups, rule.str("referencedSecurityGroupId")))
}

func coversPort(protocol string, from, to float64, port int) bool {
	return protocol == "-1" || (protocol == "tcp" || protocol == "6") && float64(port) >= from && float64(port) <= to
}

func within(cidr string, address netip.Addr) bool {
	prefix, err := netip.ParsePrefix(cidr)
	return err == nil && prefix.Contains(address)
}
