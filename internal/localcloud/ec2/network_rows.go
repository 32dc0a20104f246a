// VPCs, subnets, gateways and public addresses: what creates, changes and deletes them.
package ec2

import "github.com/bodybroker/platform/internal/localcloud/cloud"

// The tokens of the network outside of subnets.
const (
	InternetGatewayType = "aws:ec2/internetGateway:InternetGateway"
	NatGatewayType      = "aws:ec2/natGateway:NatGateway"
	ElasticAddressType  = "aws:ec2/eip:Eip"
	// VpcDefaultGroupType and the next two record what AWS creates and deletes together with a VPC.
	VpcDefaultGroupType = "aws:ec2/vpcDefault:SecurityGroup"
	mainRouteTableType  = "aws:ec2/vpcDefault:RouteTable"
	vpcDefaultACLType   = "aws:ec2/vpcDefault:NetworkAcl"
)

const (
	noSuchVpc = "InvalidVpcID.NotFound: The vpc ID '{value}' does not exist"
	vpcInUse  = "DependencyViolation: The vpc '{value}' has dependencies and cannot be deleted."
)

var _ = cloud.Register(
	cloud.Row{
		// A VPC with its subnets takes 0.5 minutes (facts, "Creation times"): half of it here.
		Token:    VpcType,
		Seconds:  15,
		Source:   "internal/service/ec2/vpc_.go",
		Replace:  []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", cloud.ReplacementMark},
		Defaults: map[string]any{"enableDnsSupport": true, "instanceTenancy": "default"},
		ID:       cloud.Text("vpc-{hex17}"),
		Computed: cloud.Join(map[string]cloud.Value{
			"arn":     cloud.Text("arn:aws:ec2:{region}:{account}:vpc/{id}"),
			"ownerId": cloud.Text("{account}"),
			"dhcpOptionsId": cloud.Text(
				"dopt-{hex17}",
			),
			"enableDnsHostnames":               cloud.Fixed(false),
			"enableNetworkAddressUsageMetrics": cloud.Fixed(false),
			"assignGeneratedIpv6CidrBlock":     cloud.Fixed(false),
			"ipv6AssociationId":                cloud.Fixed(""),
			"ipv6CidrBlock":                    cloud.Fixed(""),
			"ipv6CidrBlockNetworkBorderGroup":  cloud.Fixed(""),
		}, cloud.MadeAtCreation(
			"defaultSecurityGroupId",
			"mainRouteTableId",
			"defaultRouteTableId",
			"defaultNetworkAclId",
		)),
		Check: cloud.Checks(networkRange("cidrBlock", 16, 28), cloud.OneOf("instanceTenancy", "default", "dedicated"),
			cloud.Conflicts("cidrBlock", "ipv4NetmaskLength"), cloud.ReplaceWhen(tenancyReplaces)),
		BeforeCreate: func(c *cloud.Call) error {
			if c.Str("cidrBlock") == "" {
				return cloud.Errorf("MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
			}
			return nil
		},
		AfterCreate: addVpcDefaults,
		AfterDelete: removeVpcDefaults,
		NotReal: "No IPv6, no IPAM, no DHCP options, no quotas. Ranges that AWS refuses (127.0.0.0/8) are " +
			"accepted: they make the addresses of a " +
			"rehearsal reachable.",
	},
	cloud.Row{
		Token:    SubnetType,
		Seconds:  15,
		Source:   "internal/service/ec2/vpc_subnet.go",
		Required: []string{"vpcId"},
		Replace:  []string{"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"},
		Defaults: map[string]any{
			"assignIpv6AddressOnCreation":             false,
			"enableDns64":                             false,
			"enableResourceNameDnsAaaaRecordOnLaunch": false,
			"enableResourceNameDnsARecordOnLaunch":    false,
			"ipv6Native":                              false,
			"mapPublicIpOnLaunch":                     false,
		},
		ID: cloud.Text("subnet-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn":                cloud.Text("arn:aws:ec2:{region}:{account}:subnet/{id}"),
			"ownerId":            cloud.Text("{account}"),
			"availabilityZone":   func(c *cloud.Call) any { return zoneByID(c.Cloud, c.Str("availabilityZoneId")) },
			"availabilityZoneId": func(c *cloud.Call) any { return zoneID(c.Cloud, c.Str("availabilityZone")) },
			"ipv6CidrBlock": cloud.Fixed(
				"",
			),
			"ipv6CidrBlockAssociationId":     cloud.Fixed(""),
			"privateDnsHostnameTypeOnLaunch": cloud.Fixed("ip-name"),
		},
		References: []cloud.Reference{{
			Path:    "vpcId",
			To:      cloud.One(VpcType),
			Missing: noSuchVpc,
			Blocks:  vpcInUse,
		}},
		Check: cloud.Checks(
			networkRange("cidrBlock", 0, 32),
			cloud.Conflicts("availabilityZone", "availabilityZoneId"),
		),
		BeforeCreate: checkSubnet,
		BeforeDelete: subnetIsEmpty,
		AfterDelete: func(c *cloud.Call) error {
			RemoveWhere(c.Tx, RouteAssociationType, "subnetId", c.ID)
			return nil
		},
		NotReal: "No IPv6. Every interface in a subnet holds it at once, where the provider first waits for " +
			"interfaces that linger.",
	},
	cloud.Row{
		Token:  InternetGatewayType,
		Source: "internal/service/ec2/vpc_internet_gateway.go",
		ID:     cloud.Text("igw-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn":     cloud.Text("arn:aws:ec2:{region}:{account}:internet-gateway/{id}"),
			"ownerId": cloud.Text("{account}"),
			"vpcId":   cloud.Fixed(""),
		},
		References: []cloud.Reference{{
			Path:    "vpcId",
			To:      cloud.One(VpcType),
			Missing: noSuchVpc,
			Blocks:  vpcInUse,
		}},
		// One gateway for one VPC, at creation and when it moves.
		BeforeCreate: checkOneGateway,
		BeforeUpdate: checkOneGateway,
		NotReal: "Deleted even while public addresses are mapped in its VPC: the provider waits up to 20 " +
			"minutes until they are gone.",
	},
	cloud.Row{
		Token:   ElasticAddressType,
		Source:  "internal/service/ec2/ec2_eip.go",
		Replace: []string{"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"},
		ID:      cloud.Text("eipalloc-{hex17}"),
		Computed: cloud.Join(map[string]cloud.Value{
			"allocationId":       func(c *cloud.Call) any { return c.ID },
			"arn":                cloud.Text("arn:aws:ec2:{region}:{account}:elastic-ip/{id}"),
			"domain":             cloud.Fixed("vpc"),
			"networkBorderGroup": cloud.Text("{region}"),
			"publicIpv4Pool":     cloud.Fixed("amazon"),
			"associationId": cloud.Fixed(
				"",
			),
			"carrierIp":             cloud.Fixed(""),
			"customerOwnedIp":       cloud.Fixed(""),
			"customerOwnedIpv4Pool": cloud.Fixed(""),
			"ipamPoolId":            cloud.Fixed(""),
			"ptrRecord": cloud.Fixed(
				"",
			),
			"privateDns":       cloud.Fixed(""),
			"privateIp":        cloud.Fixed(""),
			"instance":         cloud.Fixed(""),
			"networkInterface": cloud.Fixed(""),
		}, cloud.MadeAtCreation("publicIp", "publicDns")),
		References: []cloud.Reference{
			{Path: "instance", To: cloud.One(InstanceType), Missing: noSuchInstance},
			{Path: "networkInterface", To: cloud.One(NetworkInterfaceType), Missing: noSuchInterface},
		},
		BeforeCreate: allocateAddress,
		AfterDelete: func(c *cloud.Call) error {
			delete(c.Tx.Values, publicAddressKey(c.Str("publicIp")))
			return nil
		},
		NotReal: "Public addresses are of the documentation ranges 203.0.113.0/24 and 198.51.100.0/24. An address " +
			"given to an instance or interface " +
			"is not carried over to it. No quota of five.",
	},
	cloud.Row{
		// 1.4 to 2 minutes (facts, "Creation times"): the middle.
		Token:    NatGatewayType,
		Seconds:  102,
		Source:   "internal/service/ec2/vpc_nat_gateway.go",
		Required: []string{"subnetId"},
		Replace: []string{
			"allocationId",
			"connectivityType",
			"privateIp",
			"secondaryPrivateIpAddressCount",
			"subnetId",
		},
		Defaults: map[string]any{"connectivityType": "public"},
		ID:       cloud.Text("nat-{hex17}"),
		Computed: cloud.Join(
			map[string]cloud.Value{
				"secondaryPrivateIpAddressCount": cloud.Fixed(0.0),
				"secondaryPrivateIpAddresses":    cloud.Fixed([]any{}),
			},
			cloud.MadeAtCreation("associationId", "networkInterfaceId", "privateIp", "publicIp"),
		),
		References: []cloud.Reference{
			{
				Path:    "subnetId",
				To:      cloud.One(SubnetType),
				Missing: noSuchSubnet,
				Blocks:  SubnetInUse,
			},
			{
				Path:    "allocationId",
				To:      cloud.One(ElasticAddressType),
				Missing: "InvalidAllocationID.NotFound: The allocation ID '{value}' does not exist",
				Blocks:  "InvalidIPAddress.InUse: The address of allocation {value} is currently in use",
			},
		},
		Check: cloud.Checks(
			cloud.OneOf("connectivityType", "public", "private"),
			natFaults,
			cloud.Conflicts("secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses"),
		),
		BeforeCreate: func(c *cloud.Call) error {
			for _, other := range c.Tx.All(NatGatewayType) {
				if id := c.Str("allocationId"); id != "" && other.Str("allocationId") == id {
					return cloud.Errorf("Resource.AlreadyAssociated: Elastic IP address [%s] is already associated", id)
				}
			}
			return nil
		},
		AfterCreate: connectNat,
		AfterDelete: disconnectNat,
		NotReal: "Made before its VPC has an internet gateway, where AWS lets it fail. Secondary addresses are " +
			"not placed.",
	},
)
