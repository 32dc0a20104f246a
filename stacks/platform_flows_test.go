// Security groups, evaluated as AWS does: what can connect is the written table and no more.

package stacks_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

const securityGroupType = "aws:ec2/securityGroup:SecurityGroup"

// otherPorts stand in no flow: SSH, DNS, NATS's leaf nodes and monitoring by another port, the
// services' own port, databases, and both ends of the range.
var otherPorts = []int{1, 22, 53, 3306, 5432, 7422, 8080, 8443, 65535}

// flow is a connection that can be opened.
type flow struct {
	from, to string
	port     int
}

// rule is one permission of a group, whichever resource it stands in.
type rule struct {
	from, to int    // ports
	protocol string // "-1" is all
	group    string // id of the group at the other end
	list     string // id of the prefix list at the other end
	ranges   []netip.Prefix
}

func (r rule) covers(port int) bool {
	return r.protocol == "-1" || r.protocol == "tcp" && r.from <= port && port <= r.to
}

// ends of flows with the addresses that stand for them: groups' members are in the VPC.
type ends struct {
	groups  map[string]string // end → id of its group
	ingress map[string][]rule // by end
	egress  map[string][]rule
}

// addressOf an end: any in the VPC (10.20.0.0/16 in production), or any outside.
func addressOf(end string) netip.Addr {
	if end == securitygroups.Internet {
		return netip.MustParseAddr("203.0.113.7")
	}
	return netip.MustParseAddr("10.20.3.4")
}

// matches says whether a rule's other end is the end named.
func (e ends) matches(r rule, end string) bool {
	if id, isGroup := e.groups[end]; isGroup && r.group == id {
		return true
	}
	if end == securitygroups.S3 {
		// S3's addresses are public ones too.
		return r.list != "" ||
			slices.ContainsFunc(
				r.ranges,
				func(p netip.Prefix) bool { return p.Contains(addressOf(securitygroups.Internet)) },
			)
	}
	return slices.ContainsFunc(r.ranges, func(p netip.Prefix) bool { return p.Contains(addressOf(end)) })
}

// connects as AWS decides: what a group sends must be let out, what it gets must be let in; what
// has no group here is not held back by one.
func (e ends) connects(f flow) bool {
	allowed := func(rules []rule, other string) bool {
		return slices.ContainsFunc(rules, func(r rule) bool { return r.covers(f.port) && e.matches(r, other) })
	}
	_, sends := e.groups[f.from]
	_, gets := e.groups[f.to]
	return (!sends || allowed(e.egress[f.from], f.to)) && (!gets || allowed(e.ingress[f.to], f.from))
}

func number(v any) int {
	n, _ := v.(float64)
	return int(n)
}

// inline reads the rules that stand in a group itself.
func inline(t *testing.T, group resourcegraph.Resource, property string) (rules []rule) {
	t.Helper()
	list, _ := group.Get(property).([]any)
	for i := range list {
		at := fmt.Sprintf("%s.%d.", property, i)
		base := rule{
			from:     number(group.Get(at + "fromPort")),
			to:       number(group.Get(at + "toPort")),
			protocol: group.Text(at + "protocol"),
		}
		if group.Get(at+"self") == true {
			self := base
			self.group = group.ID
			rules = append(rules, self)
		}
		ids, _ := group.Get(at + "securityGroups").([]any)
		for _, id := range ids {
			other := base
			other.group = id.(string)
			rules = append(rules, other)
		}
		ranges, _ := group.Get(at + "cidrBlocks").([]any)
		for _, cidr := range ranges {
			base.ranges = append(base.ranges, netip.MustParsePrefix(cidr.(string)))
		}
		if len(base.ranges) > 0 {
			rules = append(rules, base)
		}
	}
	return rules
}

// endsOf reads groups and rules of a graph.
func endsOf(t *testing.T, g resourcegraph.Graph) ends {
	t.Helper()
	e := ends{groups: map[string]string{}, ingress: map[string][]rule{}, egress: map[string][]rule{}}
	byID := map[string]string{}
	for _, group := range g.Of(securityGroupType) {
		end := group.Name[len("flow-"):]
		e.groups[end], byID[group.ID] = group.ID, end
		e.ingress[end], e.egress[end] = inline(t, group, "ingress"), inline(t, group, "egress")
	}
	separate := func(token string, into map[string][]rule) {
		for _, r := range g.Of(token) {
			made := rule{
				from:     number(r.Get("fromPort")),
				to:       number(r.Get("toPort")),
				protocol: r.Text("ipProtocol"),
				group:    r.Text("referencedSecurityGroupId"),
				list:     r.Text("prefixListId"),
			}
			if cidr := r.Text("cidrIpv4"); cidr != "" {
				made.ranges = append(made.ranges, netip.MustParsePrefix(cidr))
			}
			end := byID[r.Text("securityGroupId")]
			require.NotEmpty(t, end, "the group of %s", r.Name)
			into[end] = append(into[end], made)
		}
	}
	separate("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", e.egress)
	separate("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", e.ingress)
	assert.Empty(t, g.Of("aws:ec2/securityGroupRule:SecurityGroupRule"), "rules of a kind that is not evaluated here")
	return e
}

// written is the table with what follows from it: who may reach the internet at a port may reach
// what the internet may reach there, S3 included; and the VPC is a part of what "internet" names.
func written(table []securitygroups.Flow) map[flow]bool {
	all := map[flow]bool{}
	for _, f := range table {
		all[flow{from: f.From, to: f.To, port: f.Port}] = true
	}
	for _, out := range table {
		if out.To == securitygroups.Internet {
			all[flow{from: out.From, to: securitygroups.S3, port: out.Port}] = true
			all[flow{from: out.From, to: securitygroups.Vpc, port: out.Port}] = true
		}
		for _, in := range table {
			open := in.From == securitygroups.Internet || in.From == securitygroups.Vpc
			if (out.To == securitygroups.Internet || out.To == securitygroups.Vpc) && open && in.Port == out.Port {
				all[flow{from: out.From, to: in.To, port: in.Port}] = true
			}
		}
		if out.From == securitygroups.Internet {
			all[flow{from: securitygroups.Vpc, to: out.To, port: out.Port}] = true
		}
	}
	return all
}

// legacyTargetGroup is the target group of the HTTP services that are replaced.
const legacyTargetGroup = "arn:aws:elasticloadbalancing:us-east-1:" + resourcegraph.Account +
	":targetgroup/legacy/0123456789abcdef"

func TestOnlyWrittenFlowsConnect(t *testing.T) {
	public := map[string]string{"gatewayDomain": "api.example.com", "gatewayHostedZoneId": "Z0123456789"}
	none := map[string]string{"interfaceEndpoints": "[]"}
	publicAndNone := maps.Clone(public)
	maps.Copy(publicAndNone, none)
	cutover := map[string]string{
		"legacyTargetGroupArn": legacyTargetGroup, "legacyPort": "8080", "natsWeight": "10",
		"shadowPercent": "50", "legacyUrl": "http://legacy.prod.internal:8081",
	}
	for name, test := range map[string]struct {
		around  securitygroups.Surroundings
		changes map[string]string
	}{
		"internal with endpoints":    {around: securitygroups.Surroundings{Endpoints: true}, changes: nil},
		"internal without endpoints": {around: securitygroups.Surroundings{}, changes: none},
		"public with endpoints": {
			around:  securitygroups.Surroundings{Public: true, Endpoints: true},
			changes: public,
		},
		"public without endpoints": {around: securitygroups.Surroundings{Public: true}, changes: publicAndNone},
		"cutover": {
			around:  securitygroups.Surroundings{Endpoints: true, LegacyPort: 8080, ShadowPort: 8081},
			changes: cutover,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := record(t, test.changes, resourcegraph.Options{Prepare: outside})
			require.NoError(t, err)
			table := securitygroups.Flows(test.around)
			e, want := endsOf(t, g), written(table)
			require.ElementsMatch(t, groupsOf(table), slices.Collect(maps.Keys(e.groups)), "one group per end")
			for _, f := range all(e, table) {
				assert.Equal(t, want[f], e.connects(f), "%s → %s port %d", f.from, f.to, f.port)
			}
		})
	}
}

// groupsOf are the ends of a table that have a group.
func groupsOf(table []securitygroups.Flow) (groups []string) {
	outside := []string{securitygroups.Internet, securitygroups.S3, securitygroups.Vpc}
	for _, f := range table {
		for _, end := range []string{f.From, f.To} {
			if !slices.Contains(outside, end) && !slices.Contains(groups, end) {
				groups = append(groups, end)
			}
		}
	}
	return groups
}

// TestEverythingWearsItsOwnGroup and no other: a second group would open what its table row does
// not say.
func TestEverythingWearsItsOwnGroup(t *testing.T) {
	g := productionGraph(t)
	id := func(end string) any { return named(t, g, securityGroupType, "flow-"+end).ID }
	wears := func(r resourcegraph.Resource, path, end string) {
		assert.Equal(t, []any{id(end)}, r.Get(path), "%s %s", r.Type, r.Name)
	}
	wears(only(t, g, "aws:elasticache/replicationGroup:ReplicationGroup"), "securityGroupIds", securitygroups.Redis)
	wears(only(t, g, "aws:lambda/function:Function"), "vpcConfig.securityGroupIds", securitygroups.Controller)
	wears(named(t, g, loadBalancerType, "nats-load-balancer"), "securityGroups", securitygroups.NatsLoadBalancer)
	wears(named(t, g, loadBalancerType, "gateway-load-balancer"), "securityGroups", securitygroups.GatewayLoadBalancer)
	for _, r := range g.Of(interfaceType) {
		wears(r, "securityGroups", securitygroups.Nats)
	}
	for _, r := range g.Of("aws:ec2/vpcEndpoint:VpcEndpoint") {
		if r.Text("vpcEndpointType") == "Interface" {
			wears(r, "securityGroupIds", securitygroups.Endpoint)
		}
	}
	for _, r := range g.Of(serviceType) {
		end := securitygroups.Service
		switch r.Text("name") {
		case "http-nats-gateway":
			end = securitygroups.Gateway
		case "ai-integration", "payment": // they alone call parties outside
			end = securitygroups.OutboundService
		}
		wears(r, "networkConfiguration.securityGroups", end)
	}
}

// publicZone is the zone of the gateway's public name, which exists before the platform.
func publicZone(cloud *cloud.Cloud) {
	cloud.Seed(
		"aws:route53/zone:Zone",
		"Z0123456789",
		resource.NewPropertyMapFromMap(map[string]any{"name": "example.com", "zoneId": "Z0123456789"}),
	)
}

// outside is what stands before the program: a public zone, and the target group of services that
// are being replaced.
func outside(cloud *cloud.Cloud) {
	publicZone(cloud)
	cloud.Seed(
		"aws:lb/targetGroup:TargetGroup",
		legacyTargetGroup,
		resource.NewPropertyMapFromMap(
			map[string]any{"arn": legacyTargetGroup, "protocol": "HTTP", "targetType": "ip"},
		),
	)
}

// all pairs of ends at all ports of the table and some others. S3 opens no connections; what goes
// from outside to outside is not ours.
func all(e ends, table []securitygroups.Flow) (flows []flow) {
	ports := slices.Clone(otherPorts)
	sources := []string{securitygroups.Internet, securitygroups.Vpc}
	destinations := []string{securitygroups.Internet, securitygroups.S3, securitygroups.Vpc}
	for end := range e.groups {
		sources, destinations = append(sources, end), append(destinations, end)
	}
	for _, f := range table {
		ports = append(ports, f.Port)
	}
	slices.Sort(ports)
	for _, from := range sources {
		for _, to := range destinations {
			_, sends := e.groups[from]
			_, gets := e.groups[to]
			for _, port := range slices.Compact(slices.Clone(ports)) {
				if sends || gets {
					flows = append(flows, flow{from: from, to: to, port: port})
				}
			}
		}
	}
	return flows
}
