// Rules of the network: ranges that fit, zones that exist, ids that come together.

package stacks

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
	// addressesForLoadBalancers is what an Application Load Balancer wants free in a subnet to
	// scale; a Network Load Balancer takes one.
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

func (j *judge) judgeNetwork() {
	n := j.Network
	if len(j.zones) < n.ZoneCount && !j.refused("zoneCount") {
		j.refuse(
			"zoneCount",
			"%s has %d availability zones for this account (%s)",
			j.Region,
			len(j.zones),
			strings.Join(j.zones, ", "),
		)
	}
	j.judgeZones()
	if n.VpcID != "" {
		j.judgeSubnetIDs("privateSubnetIds", n.PrivateSubnetIDs)
		j.judgeSubnetIDs("publicSubnetIds", n.PublicSubnetIDs)
		for _, id := range n.PrivateSubnetIDs {
			if slices.Contains(n.PublicSubnetIDs, id) {
				j.refuse("privateSubnetIds", "%s is in publicSubnetIds too", id)
			}
		}
	} else {
		j.refuseSubnetIDs("privateSubnetIds", n.PrivateSubnetIDs)
		j.refuseSubnetIDs("publicSubnetIds", n.PublicSubnetIDs)
		j.judgeRange()
	}
	j.judgeEndpoints()
	j.judgeRetention("flowLogRetentionDays", n.FlowLogRetention)
}

func (j *judge) judgeZones() {
	named := j.Network.Zones
	if len(named) == 0 || j.refused("availabilityZones", "zoneCount") {
		return
	}
	if len(named) != j.Network.ZoneCount {
		j.refuse("availabilityZones", "%d zones are named, zoneCount is %d", len(named), j.Network.ZoneCount)
	}
	for _, zone := range named {
		if !slices.Contains(j.zones, zone) {
			j.refuse(
				"availabilityZones",
				"%s has no zone %q for this account (it has %s)",
				j.Region,
				zone,
				strings.Join(j.zones, ", "),
			)
		}
	}
}

func (j *judge) judgeSubnetIDs(name string, ids []string) {
	if len(ids) != j.Network.ZoneCount {
		j.refuse(
			name,
			"%d subnets are named for %d zones (zoneCount): vpcId takes one per zone",
			len(ids),
			j.Network.ZoneCount,
		)
	}
}

func (j *judge) refuseSubnetIDs(name string, ids []string) {
	if len(ids) > 0 {
		j.refuse(name, "subnets are named but vpcId is not: a new VPC makes its own")
	}
}

// judgeRange judges vpcCidr, its shares and what it must not overlap.
func (j *judge) judgeRange() {
	reserved := j.reservedRanges()
	vpc, problem := parseRange(j.Network.Cidr)
	if problem != "" {
		j.refuse("vpcCidr", "%s", problem)
		return
	}
	if vpc.Bits() < 16 || vpc.Bits() > 24 {
		j.refuse("vpcCidr", "is a /%d", vpc.Bits())
	}
	switch {
	case loopback.Overlaps(vpc) && j.Environment != rehearsalEnvironment:
		j.refuse("vpcCidr", "loopback addresses are for environment %s only", rehearsalEnvironment)
	case !loopback.Overlaps(vpc) && !isPrivate(vpc):
		j.refuse("vpcCidr", "is not private: use a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
	}
	for _, other := range reserved {
		if vpc.Overlaps(other) {
			j.refuse("vpcCidr", "overlaps %s of reservedCidrs", other)
		}
	}
	if !j.refused("vpcCidr", "zoneCount", "zoneCidrMask") {
		j.judgeShares(vpc)
	}
}

func (j *judge) reservedRanges() []netip.Prefix {
	var ranges []netip.Prefix
	for i, text := range j.Network.ReservedCidrs {
		prefix, problem := parseRange(text)
		if problem != "" {
			j.refuse("reservedCidrs", "item %d, %q, %s", i+1, text, problem)
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

// judgeShares judges zoneCidrMask: the shares fit the VPC, and each subnet (half of a share,
// as awsx divides it among one private and one public) holds what is put into it.
func (j *judge) judgeShares(vpc netip.Prefix) {
	mask := j.Network.ZoneCidrMask
	if mask <= vpc.Bits() || j.Network.ZoneCount > 1<<(mask-vpc.Bits()) {
		j.refuse("zoneCidrMask", "%d shares of /%d do not fit %s", j.Network.ZoneCount, mask, vpc)
		return
	}
	if j.refused("natsNodeCount", "redisShards", "redisReplicasPerShard", "serviceMaxTaskCount", "gatewayTaskCount") {
		return
	}
	free := 1<<(32-mask-1) - addressesReservedByAWS
	if need := j.addressesPerSubnet(); need > free {
		j.refuse(
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
func (j *judge) addressesPerSubnet() int {
	perZone := func(count int) int { return (count + j.Network.ZoneCount - 1) / j.Network.ZoneCount }
	tasks := len(j.Services.Table)*j.Services.MaxTaskCount + j.Gateway.TaskCount
	return perZone(j.NATS.NodeCount) + perZone(j.Redis.nodes()) + perZone(2*tasks) +
		len(j.Network.InterfaceEndpoints) + addressesForLoadBalancers + addressesForController
}

func (j *judge) judgeEndpoints() {
	none := len(j.Network.InterfaceEndpoints) == 0 && j.Network.NatGatewayStrategy != "None"
	if none || j.Network.VpcID != "" {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(endpointsNeeded), func(endpoint string) bool {
		return slices.Contains(j.Network.InterfaceEndpoints, endpoint)
	})
	if len(missing) > 0 && !j.refused("interfaceEndpoints") {
		j.refuse("interfaceEndpoints", "missing: %s; nothing would reach those services", strings.Join(missing, ", "))
	}
}
