// Networks that do not fit, and ids that do not come together.

package config_test

var wrongNetworks = []refusal{
	{
		name:    "VPC id malformed",
		set:     set{"vpcId": "vpc-123", "privateSubnetIds": threeSubnets("a"), "publicSubnetIds": threeSubnets("b")},
		key:     "vpcId",
		problem: "form",
	},
	{
		name:    "VPC without public subnets",
		set:     set{"vpcId": vpcID, "privateSubnetIds": threeSubnets("a")},
		key:     "publicSubnetIds",
		problem: "0 subnets are named for 3 zones",
	},
	{
		name:    "too few private subnets",
		set:     set{"vpcId": vpcID, "privateSubnetIds": `["subnet-0000000a"]`, "publicSubnetIds": threeSubnets("b")},
		key:     "privateSubnetIds",
		problem: "1 subnets are named for 3 zones",
	},
	{
		name:    "subnets without VPC",
		set:     set{"privateSubnetIds": threeSubnets("a")},
		key:     "privateSubnetIds",
		problem: "vpcId is not",
	},
	{
		name: "subnet id malformed",
		set: set{
			"vpcId":            vpcID,
			"privateSubnetIds": `["subnet-0000000a", "sn-2", "subnet-0000000c"]`,
			"publicSubnetIds":  threeSubnets("b"),
		},
		key:     "privateSubnetIds",
		problem: `item 2, "sn-2"`,
	},
	{
		name: "subnet listed twice",
		set: set{
			"vpcId":            vpcID,
			"privateSubnetIds": `["subnet-0000000a", "subnet-0000000a", "subnet-0000000c"]`,
			"publicSubnetIds":  threeSubnets("b"),
		},
		key:     "privateSubnetIds",
		problem: "listed twice",
	},
	{
		name: "subnet both private and public",
		set: set{
			"vpcId":            vpcID,
			"privateSubnetIds": threeSubnets("a"),
			"publicSubnetIds":  `["subnet-0000000a", "subnet-0000001b", "subnet-0000002b"]`,
		},
		key:     "privateSubnetIds",
		problem: "is in publicSubnetIds too",
	},
	{
		name:    "range malformed",
		set:     set{"vpcCidr": "10.20.0.0"},
		key:     "vpcCidr",
		problem: "is not an IPv4 range",
	},
	{
		name:    "range of IPv6",
		set:     set{"vpcCidr": "fd00::/48"},
		key:     "vpcCidr",
		problem: "is not an IPv4 range",
	},
	{
		name:    "range not at its beginning",
		set:     set{"vpcCidr": "10.20.0.1/16"},
		key:     "vpcCidr",
		problem: "10.20.0.0/16 does",
	},
	{
		name:    "range too wide",
		set:     set{"vpcCidr": "10.0.0.0/8"},
		key:     "vpcCidr",
		problem: "is a /8",
	},
	{
		name:    "public range",
		set:     set{"vpcCidr": "52.20.0.0/16"},
		key:     "vpcCidr",
		problem: "is not private",
	},
	{
		name:    "loopback range in production",
		set:     set{"vpcCidr": "127.20.0.0/16"},
		key:     "vpcCidr",
		problem: "for environment rehearsal only",
	},
	{
		name:    "range of a peer",
		set:     set{"reservedCidrs": `["10.20.128.0/20"]`},
		key:     "vpcCidr",
		problem: "overlaps 10.20.128.0/20",
	},
	{
		name:    "reserved range malformed",
		set:     set{"reservedCidrs": `["10.99.0.0/16", "office"]`},
		key:     "reservedCidrs",
		problem: `item 2, "office"`,
	},
	{
		name:    "shares that do not fit",
		set:     set{"zoneCidrMask": "17"},
		key:     "zoneCidrMask",
		problem: "3 shares of /17 do not fit 10.20.0.0/16",
	},
	{
		name:    "share wider than the VPC",
		set:     set{"vpcCidr": "10.20.0.0/20", "zoneCidrMask": "18"},
		key:     "zoneCidrMask",
		problem: "do not fit",
	},
	{
		name:    "subnets too small for the tasks",
		set:     set{"zoneCidrMask": "24"},
		key:     "zoneCidrMask",
		problem: "has 123 free addresses",
	},
	{
		name:    "mask outside its bounds",
		set:     set{"zoneCidrMask": "28"},
		key:     "zoneCidrMask",
		problem: "28 is outside 17 to 26",
	},
	{
		name:    "more zones than the region has",
		set:     set{"zoneCount": "4"},
		key:     "zoneCount",
		problem: "has 3 availability zones",
	},
	{
		name:    "a zone of another region",
		set:     set{"availabilityZones": `["us-east-1a", "us-east-1b", "eu-west-1a"]`},
		key:     "availabilityZones",
		problem: "no zone \"eu-west-1a\"",
	},
	{
		name:    "a zone twice",
		set:     set{"availabilityZones": `["us-east-1a", "us-east-1b", "us-east-1b"]`},
		key:     "availabilityZones",
		problem: "listed twice",
	},
	{
		name:    "fewer zones than zoneCount",
		set:     set{"availabilityZones": `["us-east-1a", "us-east-1b"]`},
		key:     "availabilityZones",
		problem: "2 zones are named",
	},
	{
		name:    "malformed zone",
		set:     set{"availabilityZones": `["east-1"]`},
		key:     "availabilityZones",
		problem: "form",
	},
	{
		name:    "one zone",
		set:     set{"zoneCount": "1"},
		key:     "zoneCount",
		problem: "1 is outside 2 to 6",
	},
	{
		name:    "NAT strategy misspelled",
		set:     set{"natGatewayStrategy": "OnePerAZ"},
		key:     "natGatewayStrategy",
		problem: "the nearest is OnePerAz",
	},
	{
		name: "no NAT and an endpoint missing",
		set: set{
			"natGatewayStrategy": "None",
			"interfaceEndpoints": `["ecr.api", "ecr.dkr", "logs", "secretsmanager", "monitoring"]`,
		},
		key:     "interfaceEndpoints",
		problem: "missing: acm-pca",
	},
	{
		name:    "an endpoint missing although there is NAT",
		set:     set{"interfaceEndpoints": `["ecr.api", "ecr.dkr", "logs", "secretsmanager"]`},
		key:     "interfaceEndpoints",
		problem: "missing: acm-pca",
	},
	{
		name:    "endpoint malformed",
		set:     set{"interfaceEndpoints": `["com.amazonaws/ecr"]`},
		key:     "interfaceEndpoints",
		problem: "form",
	},
	{
		name:    "flow log retention",
		set:     set{"flowLogRetentionDays": "31"},
		key:     "flowLogRetentionDays",
		problem: "does not keep logs for 31 days",
	},
}
