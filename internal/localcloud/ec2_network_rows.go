// The network: VPCs with what AWS makes along with them, subnets, and the ways to the internet.
package localcloud

const (
	internetGatewayType = "aws:ec2/internetGateway:InternetGateway"
	natGatewayType      = "aws:ec2/natGateway:NatGateway"
	elasticAddressType  = "aws:ec2/eip:Eip"
	// What comes with a VPC and goes with it; no program makes these.
	vpcDefaultGroupType = "aws:ec2/vpcDefault:SecurityGroup"
	mainRouteTableType  = "aws:ec2/vpcDefault:RouteTable"
	vpcDefaultACLType   = "aws:ec2/vpcDefault:NetworkAcl"
)

const (
	noSuchVpc = "InvalidVpcID.NotFound: The vpc ID '{value}' does not exist"
	vpcInUse  = "DependencyViolation: The vpc '{value}' has dependencies and cannot be deleted."
)

var _ = register(
	row{
		// A VPC with its subnets takes 0.5 minutes (facts, "Creation times"): half of it here.
		token:    vpcType,
		seconds:  15,
		source:   "internal/service/ec2/vpc_.go",
		replace:  []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", replacementMark},
		defaults: map[string]any{"enableDnsSupport": true, "instanceTenancy": "default"},
		id:       text("vpc-{hex17}"),
		computed: join(map[string]value{
			"arn":     text("arn:aws:ec2:{region}:{account}:vpc/{id}"),
			"ownerId": text("{account}"),
			"dhcpOptionsId": text(
				"dopt-{hex17}",
			),
			"enableDnsHostnames":               fixed(false),
			"enableNetworkAddressUsageMetrics": fixed(false),
			"assignGeneratedIpv6CidrBlock":     fixed(false),
			"ipv6AssociationId":                fixed(""),
			"ipv6CidrBlock":                    fixed(""),
			"ipv6CidrBlockNetworkBorderGroup":  fixed(""),
		}, madeAtCreation("defaultSecurityGroupId", "mainRouteTableId", "defaultRouteTableId", "defaultNetworkAclId")),
		check: checks(networkRange("cidrBlock", 16, 28), oneOf("instanceTenancy", "default", "dedicated"),
			conflicts("cidrBlock", "ipv4NetmaskLength"), replaceWhen(tenancyReplaces)),
		beforeCreate: func(c *call) error {
			if c.str("cidrBlock") == "" {
				return errorf("MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
			}
			return nil
		},
		afterCreate: furnishVpc,
		afterDelete: clearVpc,
		notReal: "No IPv6, no IPAM, no DHCP options, no quotas. Ranges that AWS does not take (127.0.0.0/8) are " +
			"taken: they are what makes a " +
			"rehearsal's addresses reachable.",
	},
	row{
		token:    subnetType,
		seconds:  15,
		source:   "internal/service/ec2/vpc_subnet.go",
		required: []string{"vpcId"},
		replace:  []string{"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"},
		defaults: map[string]any{
			"assignIpv6AddressOnCreation":             false,
			"enableDns64":                             false,
			"enableResourceNameDnsAaaaRecordOnLaunch": false,
			"enableResourceNameDnsARecordOnLaunch":    false,
			"ipv6Native":                              false,
			"mapPublicIpOnLaunch":                     false,
		},
		id: text("subnet-{hex17}"),
		computed: map[string]value{
			"arn":                text("arn:aws:ec2:{region}:{account}:subnet/{id}"),
			"ownerId":            text("{account}"),
			"availabilityZone":   func(c *call) any { return zoneByID(c.cloud, c.str("availabilityZoneId")) },
			"availabilityZoneId": func(c *call) any { return zoneID(c.cloud, c.str("availabilityZone")) },
			"ipv6CidrBlock": fixed(
				"",
			),
			"ipv6CidrBlockAssociationId":     fixed(""),
			"privateDnsHostnameTypeOnLaunch": fixed("ip-name"),
		},
		references: []reference{{
			path:    "vpcId",
			to:      one(vpcType),
			missing: noSuchVpc,
			blocks:  vpcInUse,
		}},
		check:        checks(networkRange("cidrBlock", 0, 32), conflicts("availabilityZone", "availabilityZoneId")),
		beforeCreate: judgeSubnet,
		beforeDelete: subnetIsEmpty,
		afterDelete: func(c *call) error {
			c.tx.dropWhere(routeAssociationType, "subnetId", c.id)
			return nil
		},
		notReal: "No IPv6. Every interface in a subnet holds it at once, where the provider first waits for " +
			"interfaces that linger.",
	},
	row{
		token:  internetGatewayType,
		source: "internal/service/ec2/vpc_internet_gateway.go",
		id:     text("igw-{hex17}"),
		computed: map[string]value{
			"arn":     text("arn:aws:ec2:{region}:{account}:internet-gateway/{id}"),
			"ownerId": text("{account}"),
			"vpcId":   fixed(""),
		},
		references: []reference{{
			path:    "vpcId",
			to:      one(vpcType),
			missing: noSuchVpc,
			blocks:  vpcInUse,
		}},
		// One gateway for one VPC, at creation and when it moves.
		beforeCreate: oneGatewayEach,
		beforeUpdate: oneGatewayEach,
		notReal: "Deleted even while public addresses are mapped in its VPC: the provider waits up to 20 " +
			"minutes for them to go.",
	},
	row{
		token:   elasticAddressType,
		source:  "internal/service/ec2/ec2_eip.go",
		replace: []string{"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"},
		id:      text("eipalloc-{hex17}"),
		computed: join(map[string]value{
			"allocationId":       func(c *call) any { return c.id },
			"arn":                text("arn:aws:ec2:{region}:{account}:elastic-ip/{id}"),
			"domain":             fixed("vpc"),
			"networkBorderGroup": text("{region}"),
			"publicIpv4Pool":     fixed("amazon"),
			"associationId": fixed(
				"",
			),
			"carrierIp":             fixed(""),
			"customerOwnedIp":       fixed(""),
			"customerOwnedIpv4Pool": fixed(""),
			"ipamPoolId":            fixed(""),
			"ptrRecord": fixed(
				"",
			),
			"privateDns":       fixed(""),
			"privateIp":        fixed(""),
			"instance":         fixed(""),
			"networkInterface": fixed(""),
		}, madeAtCreation("publicIp", "publicDns")),
		references: []reference{
			{path: "instance", to: one(instanceType), missing: noSuchInstance},
			{path: "networkInterface", to: one(networkInterfaceType), missing: noSuchInterface},
		},
		beforeCreate: allocateAddress,
		afterDelete: func(c *call) error {
			delete(c.tx.values, publicAddressKey(c.str("publicIp")))
			return nil
		},
		notReal: "Public addresses are of the documentation ranges 203.0.113.0/24 and 198.51.100.0/24. An address " +
			"given to an instance or interface " +
			"is not carried over to it. No quota of five.",
	},
	row{
		// 1.4 to 2 minutes (facts, "Creation times"): the middle.
		token:    natGatewayType,
		seconds:  102,
		source:   "internal/service/ec2/vpc_nat_gateway.go",
		required: []string{"subnetId"},
		replace: []string{
			"allocationId",
			"connectivityType",
			"privateIp",
			"secondaryPrivateIpAddressCount",
			"subnetId",
		},
		defaults: map[string]any{"connectivityType": "public"},
		id:       text("nat-{hex17}"),
		computed: join(
			map[string]value{
				"secondaryPrivateIpAddressCount": fixed(0.0),
				"secondaryPrivateIpAddresses":    fixed([]any{}),
			},
			madeAtCreation("associationId", "networkInterfaceId", "privateIp", "publicIp"),
		),
		references: []reference{
			{
				path:    "subnetId",
				to:      one(subnetType),
				missing: noSuchSubnet,
				blocks:  subnetInUse,
			},
			{
				path:    "allocationId",
				to:      one(elasticAddressType),
				missing: "InvalidAllocationID.NotFound: The allocation ID '{value}' does not exist",
				blocks:  "InvalidIPAddress.InUse: The address of allocation {value} is currently in use",
			},
		},
		check: checks(
			oneOf("connectivityType", "public", "private"),
			natFaults,
			conflicts("secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses"),
		),
		beforeCreate: func(c *call) error {
			for _, other := range c.tx.all(natGatewayType) {
				if id := c.str("allocationId"); id != "" && other.str("allocationId") == id {
					return errorf("Resource.AlreadyAssociated: Elastic IP address [%s] is already associated", id)
				}
			}
			return nil
		},
		afterCreate: connectNat,
		afterDelete: disconnectNat,
		notReal: "Made before its VPC has an internet gateway, where AWS lets it fail. Secondary addresses are " +
			"not placed.",
	},
)
