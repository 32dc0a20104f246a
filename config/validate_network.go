// Rules of the network: ranges that fit, zones that exist, ids that come together.

package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const (
	// addressesReservedByAWS in every subnet: the first four and the last.
	// docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
	addressesReservedByAWS = 5
	// addressesForLoadBalancers is what an Application Load Balancer requires free in a subnet to
	// scale, and one more for a Network Load Balancer.
	// docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	addressesForLoadBalancers = 8 + 1
	// addressesForController are the network interfaces of the controller's function.
	addressesForController = 1
	// rehearsalEnvironment is the only environment with a VPC of loopback addresses.
	rehearsalEnvironment = "rehearsal"
)

// endpointsNeeded are the services that tasks, nodes and the controller call. Where there are
// interface endpoints, security groups let them reach those and nothing else, so that one that
// is missing would be out of reach. (S3 has a gateway endpoint in every new VPC.)
var endpointsNeeded = []string{
	"acm-pca",        // node certificates
	"ec2messages",    // Session Manager on the nodes
	"ecr.api",        // image names
	"ecr.dkr",        // image layers
	"kms",            // keys of exec sessions
	"logs",           // task and node logs
	"monitoring",     // metrics of nodes and controller
	"secretsmanager", // identities of services
	"ssm",            // Session Manager on the nodes
	"ssmmessages",    // Session Manager, and exec into tasks
}

var loopback = netip.MustParsePrefix("127.0.0.0/8")

func (v *validator) validateNetwork() {
	n := v.Network
	if len(v.zones) < n.ZoneCount && !v.refused("zoneCount") {
		v.refuse(
			"zoneCount",
			"%s has %d availability zones for this account (%s)",
			v.Region,
			len(v.zones),
			strings.Join(v.zones, ", "),
		)
	}
	v.validateZones()
	if n.VpcID != "" {
		v.validateSubnetIDs("privateSubnetIds", n.PrivateSubnetIDs)
		v.validateSubnetIDs("publicSubnetIds", n.PublicSubnetIDs)
		for _, id := range n.PrivateSubnetIDs {
			if slices.Contains(n.PublicSubnetIDs, id) {
				v.refuse("privateSubnetIds", "%s is in publicSubnetIds too", id)
			}
		}
	} else {
		v.refuseSubnetIDs("privateSubnetIds", n.PrivateSubnetIDs)
		v.refuseSubnetIDs("publicSubnetIds", n.PublicSubnetIDs)
		v.validateRange()
	}
	v.validateEndpoints()
	v.validateRetention("flowLogRetentionDays", n.FlowLogRetention)
}

func (v *validator) validateZones() {
	named := v.Network.Zones
	if len(named) == 0 || v.refused("availabilityZones", "zoneCount") {
		return
	}
	if len(named) != v.Network.ZoneCount {
		v.refuse("availabilityZones", "%d zones are named, zoneCount is %d", len(named), v.Network.ZoneCount)
	}
	for _, zone := range named {
		if !slices.Contains(v.zones, zone) {
			v.refuse(
				"availabilityZones",
				"%s has no zone %q for this account (it has %s)",
				v.Region,
				zone,
				strings.Join(v.zones, ", "),
			)
		}
	}
}

func (v *validator) validateSubnetIDs(name string, ids []string) {
	if len(ids) != v.Network.ZoneCount {
		v.refuse(
			name,
			"%d subnets are named for %d zones (zoneCount): vpcId takes one per zone",
			len(ids),
			v.Network.ZoneCount,
		)
	}
}

func (v *validator) refuseSubnetIDs(name string, ids []string) {
	if len(ids) > 0 {
		v.refuse(name, "subnets are named but vpcId is not: a new VPC makes its own")
	}
}

// validateRange validates vpcCidr, its shares and what it must not overlap.
func (v *validator) validateRange() {
	reserved := v.reservedRanges()
	vpc, problem := parseRange(v.Network.Cidr)
	if problem != "" {
		v.refuse("vpcCidr", "%s", problem)
		return
	}
	if vpc.Bits() < 16 || vpc.Bits() > 24 {
		v.refuse("vpcCidr", "is a /%d", vpc.Bits())
	}
	switch {
	case loopback.Overlaps(vpc) && v.Environment != rehearsalEnvironment:
		v.refuse("vpcCidr", "loopback addresses are for environment %s only", rehearsalEnvironment)
	case !loopback.Overlaps(vpc) && !isPrivate(vpc):
		v.refuse("vpcCidr", "is not private: use a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
	}
	for _, other := range reserved {
		if vpc.Overlaps(other) {
			v.refuse("vpcCidr", "overlaps %s of reservedCidrs", other)
		}
	}
	if !v.refused("vpcCidr", "zoneCount", "zoneCidrMask") {
		v.validateShares(vpc)
	}
}

func (v *validator) reservedRanges() []netip.Prefix {
	var ranges []netip.Prefix
	for i, text := range v.Network.ReservedCidrs {
		prefix, problem := parseRange(text)
		if problem != "" {
			v.refuse("reservedCidrs", "item %d, %q, %s", i+1, text, problem)
			continue
		}
		ranges = append(ranges, prefix)
	}
	return ranges
}

func parseRange(text string) (netip.Prefix, string) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !prefix.Addr().Is4():
		return netip.Prefix{}, "is not an IPv4 range such as 10.20.0.0/16"
	case prefix.Masked() != prefix:
		return netip.Prefix{}, fmt.Sprintf("does not begin where a /%d begins: %s does", prefix.Bits(), prefix.Masked())
	}
	return prefix, ""
}

// isPrivate holds for ranges inside RFC 1918. The range is at most a /16 where it matters, so
// its first address decides, except for the shorter ones that are refused anyway.
func isPrivate(prefix netip.Prefix) bool {
	return prefix.Addr().IsPrivate()
}

// validateShares validates zoneCidrMask: the shares fit the VPC, and each subnet (half of a share,
// as awsx divides it among one private and one public) holds what is put into it.
func (v *validator) validateShares(vpc netip.Prefix) {
	mask := v.Network.ZoneCidrMask
	if mask <= vpc.Bits() || v.Network.ZoneCount > 1<<(mask-vpc.Bits()) {
		v.refuse("zoneCidrMask", "%d shares of /%d do not fit %s", v.Network.ZoneCount, mask, vpc)
		return
	}
	if v.refused("natsNodeCount", "redisShards", "redisReplicasPerShard", "serviceMaxTaskCount", "gatewayTaskCount") {
		return
	}
	free := 1<<(32-mask-1) - addressesReservedByAWS
	if need := v.addressesPerSubnet(); need > free {
		v.refuse(
			"zoneCidrMask",
			"a private subnet of /%d has %s free addresses, and nodes, Redis, tasks (all at their most, twice "+
				"during a deployment), endpoints and load balancers may need %s",
			mask+1,
			thousands(free),
			thousands(need),
		)
	}
}

// addressesPerSubnet is the most that one private subnet has to hold. Tasks count twice because
// ECS starts the new ones before it stops the old.
func (v *validator) addressesPerSubnet() int {
	perZone := func(count int) int { return (count + v.Network.ZoneCount - 1) / v.Network.ZoneCount }
	tasks := len(v.Services.Table)*v.Services.MaxTaskCount + v.Gateway.TaskCount
	return perZone(v.NATS.NodeCount) + perZone(v.Redis.NodeCount()) + perZone(2*tasks) +
		len(v.Network.InterfaceEndpoints) + addressesForLoadBalancers + addressesForController
}

func (v *validator) validateEndpoints() {
	none := len(v.Network.InterfaceEndpoints) == 0 && v.Network.NatGatewayStrategy != "None"
	if none || v.Network.VpcID != "" {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(endpointsNeeded), func(endpoint string) bool {
		return slices.Contains(v.Network.InterfaceEndpoints, endpoint)
	})
	if len(missing) > 0 && !v.refused("interfaceEndpoints") {
		v.refuse("interfaceEndpoints", "missing: %s; nothing would reach those services", strings.Join(missing, ", "))
	}
}
