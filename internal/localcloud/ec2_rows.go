// Instances and the network interfaces that programs make for them.
package localcloud

import "regexp"

const (
	instanceType        = "aws:ec2/instance:Instance"
	instanceProfileType = "aws:iam/instanceProfile:InstanceProfile"
)

const (
	noSuchInstance  = "InvalidInstanceID.NotFound: The instance ID '{value}' does not exist"
	noSuchInterface = "InvalidNetworkInterfaceID.NotFound: The networkInterface ID '{value}' does not exist"
)

// ownNetworking are the inputs of an instance that AWS refuses beside a ready-made interface.
var ownNetworking = []string{
	"associatePublicIpAddress", "subnetId", "privateIp", "secondaryPrivateIps", "vpcSecurityGroupIds", "securityGroups",
	"ipv6Addresses", "ipv6AddressCount", "sourceDestCheck",
}

var _ = register(
	row{
		token:    networkInterfaceType,
		source:   "internal/service/ec2/vpc_network_interface.go; enablePrimaryIpv6: pulumi-aws SDK doc",
		required: []string{"subnetId"},
		replace:  []string{"subnetId", "interfaceType", "enablePrimaryIpv6", replacementMark},
		defaults: map[string]any{
			"sourceDestCheck":        true,
			"privateIpListEnabled":   false,
			"ipv6AddressListEnabled": false,
		},
		id: text("eni-{hex17}"),
		computed: map[string]value{
			"arn":           text("arn:aws:ec2:{region}:{account}:network-interface/{id}"),
			"ownerId":       text("{account}"),
			"macAddress":    macAddress,
			"outpostArn":    fixed(""),
			"interfaceType": fixed("interface"),
			"attachments":   fixed([]any{}),
			"ipv4Prefixes": fixed(
				[]any{},
			),
			"ipv4PrefixCount":  fixed(0.0),
			"ipv6Addresses":    fixed([]any{}),
			"ipv6AddressCount": fixed(0.0),
			"ipv6AddressLists": fixed([]any{}),
			"ipv6Prefixes":     fixed([]any{}),
			"ipv6PrefixCount":  fixed(0.0),
			"securityGroups":   func(c *call) any { return []any{c.tx.defaultGroup(c.vpcOf(c.str("subnetId")))} },
		},
		derived: map[string]value{
			"privateIp": primaryAddress, "privateIps": allAddresses, "privateIpLists": allAddresses,
			"privateIpsCount": func(c *call) any { return float64(len(allAddresses(c).([]any)) - 1) },
			"privateDnsName":  func(c *call) any { return c.cloud.privateName(primaryAddress(c).(string)) },
		},
		references: []reference{
			{
				path:    "subnetId",
				to:      one(subnetType),
				missing: noSuchSubnet,
				blocks:  subnetInUse,
			},
			{
				path:    "securityGroups",
				to:      anyGroup,
				missing: noSuchGroup,
				blocks:  groupInUse,
			},
		},
		check: checks(
			conflicts("privateIpLists", "privateIps", "privateIpsCount"),
			replaceWhen(primaryReplaces),
		),
		beforeCreate: inTurn(judgeInterfaceAddresses, judgeInterfaceGroups),
		beforeUpdate: inTurn(judgeInterfaceAddresses, judgeInterfaceGroups),
		notReal: "No IPv6, no prefixes; addresses asked for by count are not placed. An attachment written in " +
			"the interface is not made. No quota of groups.",
	},
	row{
		// 12 to 28 s (facts, "Creation times"): the middle.
		token:   instanceType,
		seconds: 20,
		source:  "internal/service/ec2/ec2_instance.go; enablePrimaryIpv6, instanceMarketOptions: pulumi-aws SDK doc",
		replace: []string{
			"ami",
			"associatePublicIpAddress",
			"availabilityZone",
			"cpuCoreCount",
			"cpuThreadsPerCore",
			"cpuOptions",
			"ebsBlockDevices.deleteOnTermination",
			"ebsBlockDevices.deviceName",
			"ebsBlockDevices.encrypted",
			"ebsBlockDevices.iops",
			"ebsBlockDevices.kmsKeyId",
			"ebsBlockDevices.snapshotId",
			"ebsBlockDevices.throughput",
			"ebsBlockDevices.volumeSize",
			"ebsBlockDevices.volumeType",
			"ebsOptimized",
			"enablePrimaryIpv6",
			"enclaveOptions",
			"ephemeralBlockDevices",
			"hibernation",
			"hostId",
			"instanceMarketOptions",
			"ipv6AddressCount",
			"ipv6Addresses",
			"keyName",
			"launchTemplate",
			"networkInterfaces",
			"placementGroup",
			"placementPartitionNumber",
			"privateDnsNameOptions",
			"privateIp",
			"rootBlockDevice.encrypted",
			"rootBlockDevice.kmsKeyId",
			"securityGroups",
			"subnetId",
			"tenancy",
			replacementMark,
		},
		defaults: map[string]any{"getPasswordData": false, "sourceDestCheck": true, "userDataReplaceOnChange": false},
		id:       text("i-{hex17}"),
		computed: join(map[string]value{
			"arn": text(
				"arn:aws:ec2:{region}:{account}:instance/{id}",
			),
			"instanceState":     fixed("running"),
			"instanceLifecycle": fixed(""),
			"disableApiStop": fixed(
				false,
			),
			"disableApiTermination": fixed(false),
			"ebsOptimized":          fixed(false),
			"monitoring":            fixed(false),
			"hostId": fixed(
				"",
			),
			"iamInstanceProfile":                fixed(""),
			"instanceInitiatedShutdownBehavior": fixed("stop"),
			"keyName":                           fixed(""),
			"outpostArn": fixed(
				"",
			),
			"passwordData":             fixed(""),
			"placementGroup":           fixed(""),
			"placementPartitionNumber": fixed(0.0),
			"secondaryPrivateIps": fixed(
				[]any{},
			),
			"securityGroups":        fixed([]any{}),
			"spotInstanceRequestId": fixed(""),
			"tenancy":               fixed("default"),
			"ipv6AddressCount": fixed(
				0.0,
			),
			"ipv6Addresses":         fixed([]any{}),
			"ebsBlockDevices":       fixed([]any{}),
			"ephemeralBlockDevices": fixed([]any{}),
			// Amazon Linux 2023 asks for tokens by itself, with two hops (its user guide,
			// "IMDSv2").
			"metadataOptions": fixed(map[string]any{
				"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0,
				"instanceMetadataTags": "disabled", "httpProtocolIpv6": "disabled",
			}),
		}, madeAtCreation(
			"availabilityZone",
			"primaryNetworkInterfaceId",
			"privateDns",
			"privateIp",
			"publicDns",
			"publicIp",
			"subnetId",
			"vpcSecurityGroupIds",
		)),
		derived: map[string]value{"rootBlockDevice": rootDisk},
		references: []reference{
			{path: "ami", to: one(amiType), missing: "InvalidAMIID.NotFound: The image id '[{value}]' does not exist"},
			{
				path:    "subnetId",
				to:      one(subnetType),
				missing: noSuchSubnet,
				blocks:  subnetInUse,
			},
			{
				path:    "vpcSecurityGroupIds",
				to:      anyGroup,
				missing: noSuchGroup,
				blocks:  groupInUse,
			},
			{
				path:    "networkInterfaces.networkInterfaceId",
				to:      one(networkInterfaceType),
				missing: noSuchInterface,
				blocks:  "InvalidParameterValue: Network interface '{value}' is currently in use.",
			},
			{
				path: "iamInstanceProfile",
				to:   one(instanceProfileType),
				by:   "name",
				missing: "InvalidParameterValue: Value ({value}) for parameter iamInstanceProfile.name is invalid. " +
					"Invalid IAM Instance Profile name",
			},
		},
		check: checks(
			checkInstance,
			conflicts("networkInterfaces", ownNetworking...),
			conflicts("userData", "userDataBase64"),
			replaceWhen(userDataReplaces),
			oneOf(
				"tenancy",
				"default",
				"dedicated",
				"host",
			),
			oneOf("metadataOptions.httpTokens", "optional", "required"),
			oneOf(
				"metadataOptions.httpEndpoint",
				"enabled",
				"disabled",
			),
			between("metadataOptions.httpPutResponseHopLimit", 1, 64),
		),
		beforeCreate: inTurn(
			judgeInstanceType,
			judgeUserData,
			judgeNetworking,
			judgeProfile,
			judgeRootDisk,
			needsKey(
				"rootBlockDevice.kmsKeyId",
				"waiting for EC2 Instance create: unexpected state 'shutting-down', wanted target 'running'. "+
					"last error: Client.InternalError: Client error on launch (KMS key {value})",
			),
		),
		afterCreate:  settleInstance,
		beforeUpdate: inTurn(judgeInstanceType, judgeUserData, judgeProfile, judgeRootDisk, judgeStop),
		beforeDelete: func(c *call) error {
			if c.yes("disableApiTermination") {
				return errorf(
					"OperationNotPermitted: The instance '%s' may not be terminated. Modify its "+
						"'disableApiTermination' instance attribute and try again.",
					c.id,
				)
			}
			return nil
		},
		afterDelete: releaseInstance,
		begin:       bootInstance,
		end:         stopInstance,
		notReal: "Capacity, quotas and instance types by name are not known; only that a type has a type's form and " +
			"its image's architecture. userData in " +
			"the outputs is the text, where the provider keeps its SHA-1. Launch templates and key pairs are not " +
			"looked at. The root volume has an id and no record. A stop and start by an update leaves no trace but " +
			"the update.",
	},
)

// instanceTypeName is the form of an instance type: family, a dot, a size.
var instanceTypeName = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)

// gravitonType is a type with an ARM processor: the family's "g" after its generation
// (EC2 user guide, "Naming conventions"), and the first such family, a1.
var gravitonType = regexp.MustCompile(`^(a1|[a-z]+\d+g[a-z]*)\.`)
