// Instances and the network interfaces of programs: what creates, changes and deletes them.
package ec2

import (
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// The tokens of instances and their profiles.
const (
	InstanceType        = "aws:ec2/instance:Instance"
	InstanceProfileType = "aws:iam/instanceProfile:InstanceProfile"
)

const (
	noSuchInstance  = "InvalidInstanceID.NotFound: The instance ID '{value}' does not exist"
	noSuchInterface = "InvalidNetworkInterfaceID.NotFound: The networkInterface ID '{value}' does not exist"
)

// ownNetworking are the inputs of an instance that AWS refuses together with an existing interface.
var ownNetworking = []string{
	"associatePublicIpAddress", "subnetId", "privateIp", "secondaryPrivateIps", "vpcSecurityGroupIds", "securityGroups",
	"ipv6Addresses", "ipv6AddressCount", "sourceDestCheck",
}

var _ = cloud.Register(
	cloud.Row{
		Token:    NetworkInterfaceType,
		Source:   "internal/service/ec2/vpc_network_interface.go; enablePrimaryIpv6: pulumi-aws SDK doc",
		Required: []string{"subnetId"},
		Replace:  []string{"subnetId", "interfaceType", "enablePrimaryIpv6", cloud.ReplacementMark},
		Defaults: map[string]any{
			"sourceDestCheck":        true,
			"privateIpListEnabled":   false,
			"ipv6AddressListEnabled": false,
		},
		ID: cloud.Text("eni-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn":           cloud.Text("arn:aws:ec2:{region}:{account}:network-interface/{id}"),
			"ownerId":       cloud.Text("{account}"),
			"macAddress":    macAddress,
			"outpostArn":    cloud.Fixed(""),
			"interfaceType": cloud.Fixed("interface"),
			"attachments":   cloud.Fixed([]any{}),
			"ipv4Prefixes": cloud.Fixed(
				[]any{},
			),
			"ipv4PrefixCount":  cloud.Fixed(0.0),
			"ipv6Addresses":    cloud.Fixed([]any{}),
			"ipv6AddressCount": cloud.Fixed(0.0),
			"ipv6AddressLists": cloud.Fixed([]any{}),
			"ipv6Prefixes":     cloud.Fixed([]any{}),
			"ipv6PrefixCount":  cloud.Fixed(0.0),
			"securityGroups": func(c *cloud.Call) any {
				return []any{DefaultGroup(c.Tx, VpcOf(c, c.Str("subnetId")))}
			},
		},
		Derived: map[string]cloud.Value{
			"privateIp": primaryAddress, "privateIps": allAddresses, "privateIpLists": allAddresses,
			"privateIpsCount": func(c *cloud.Call) any { return float64(len(allAddresses(c).([]any)) - 1) },
			"privateDnsName":  func(c *cloud.Call) any { return privateName(c.Cloud, primaryAddress(c).(string)) },
		},
		References: []cloud.Reference{
			{
				Path:    "subnetId",
				To:      cloud.One(SubnetType),
				Missing: noSuchSubnet,
				Blocks:  SubnetInUse,
			},
			{
				Path:    "securityGroups",
				To:      SecurityGroupTypes,
				Missing: noSuchGroup,
				Blocks:  GroupInUse,
			},
		},
		Check: cloud.Checks(
			cloud.Conflicts("privateIpLists", "privateIps", "privateIpsCount"),
			cloud.ReplaceWhen(primaryReplaces),
		),
		BeforeCreate: cloud.InTurn(checkInterfaceAddresses, checkInterfaceGroups),
		BeforeUpdate: cloud.InTurn(checkInterfaceAddresses, checkInterfaceGroups),
		NotReal: "No IPv6, no prefixes; addresses requested by count are not placed. An attachment written in " +
			"the interface is not created. No quota of groups.",
	},
	cloud.Row{
		// 12 to 28 s (facts, "Creation times"): the middle.
		Token:   InstanceType,
		Seconds: 20,
		Source:  "internal/service/ec2/ec2_instance.go; enablePrimaryIpv6, instanceMarketOptions: pulumi-aws SDK doc",
		Replace: []string{
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
			cloud.ReplacementMark,
		},
		Defaults: map[string]any{"getPasswordData": false, "sourceDestCheck": true, "userDataReplaceOnChange": false},
		ID:       cloud.Text("i-{hex17}"),
		Computed: cloud.Join(map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:ec2:{region}:{account}:instance/{id}",
			),
			"instanceState":     cloud.Fixed("running"),
			"instanceLifecycle": cloud.Fixed(""),
			"disableApiStop": cloud.Fixed(
				false,
			),
			"disableApiTermination": cloud.Fixed(false),
			"ebsOptimized":          cloud.Fixed(false),
			"monitoring":            cloud.Fixed(false),
			"hostId": cloud.Fixed(
				"",
			),
			"iamInstanceProfile":                cloud.Fixed(""),
			"instanceInitiatedShutdownBehavior": cloud.Fixed("stop"),
			"keyName":                           cloud.Fixed(""),
			"outpostArn": cloud.Fixed(
				"",
			),
			"passwordData":             cloud.Fixed(""),
			"placementGroup":           cloud.Fixed(""),
			"placementPartitionNumber": cloud.Fixed(0.0),
			"secondaryPrivateIps": cloud.Fixed(
				[]any{},
			),
			"securityGroups":        cloud.Fixed([]any{}),
			"spotInstanceRequestId": cloud.Fixed(""),
			"tenancy":               cloud.Fixed("default"),
			"ipv6AddressCount": cloud.Fixed(
				0.0,
			),
			"ipv6Addresses":         cloud.Fixed([]any{}),
			"ebsBlockDevices":       cloud.Fixed([]any{}),
			"ephemeralBlockDevices": cloud.Fixed([]any{}),
			// Amazon Linux 2023 asks for tokens by itself, with two hops (its user guide,
			// "IMDSv2").
			"metadataOptions": cloud.Fixed(map[string]any{
				"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0,
				"instanceMetadataTags": "disabled", "httpProtocolIpv6": "disabled",
			}),
		}, cloud.MadeAtCreation(
			"availabilityZone",
			"primaryNetworkInterfaceId",
			"privateDns",
			"privateIp",
			"publicDns",
			"publicIp",
			"subnetId",
			"vpcSecurityGroupIds",
		)),
		Derived: map[string]cloud.Value{"rootBlockDevice": rootDisk},
		References: []cloud.Reference{
			{
				Path:    "ami",
				To:      cloud.One(amiType),
				Missing: "InvalidAMIID.NotFound: The image id '[{value}]' does not exist",
			},
			{
				Path:    "subnetId",
				To:      cloud.One(SubnetType),
				Missing: noSuchSubnet,
				Blocks:  SubnetInUse,
			},
			{
				Path:    "vpcSecurityGroupIds",
				To:      SecurityGroupTypes,
				Missing: noSuchGroup,
				Blocks:  GroupInUse,
			},
			{
				Path:    "networkInterfaces.networkInterfaceId",
				To:      cloud.One(NetworkInterfaceType),
				Missing: noSuchInterface,
				Blocks:  "InvalidParameterValue: Network interface '{value}' is currently in use.",
			},
			{
				Path: "iamInstanceProfile",
				To:   cloud.One(InstanceProfileType),
				By:   "name",
				Missing: "InvalidParameterValue: Value ({value}) for parameter iamInstanceProfile.name is invalid. " +
					"Invalid IAM Instance Profile name",
			},
		},
		Check: cloud.Checks(
			validateInstance,
			cloud.Conflicts("networkInterfaces", ownNetworking...),
			cloud.Conflicts("userData", "userDataBase64"),
			cloud.ReplaceWhen(userDataReplaces),
			cloud.OneOf(
				"tenancy",
				"default",
				"dedicated",
				"host",
			),
			cloud.OneOf("metadataOptions.httpTokens", "optional", "required"),
			cloud.OneOf(
				"metadataOptions.httpEndpoint",
				"enabled",
				"disabled",
			),
			cloud.Between("metadataOptions.httpPutResponseHopLimit", 1, 64),
		),
		BeforeCreate: cloud.InTurn(
			checkInstanceType,
			checkUserData,
			checkNetworking,
			checkProfile,
			checkRootDisk,
			kms.RequireKey(
				"rootBlockDevice.kmsKeyId",
				"waiting for EC2 Instance create: unexpected state 'shutting-down', wanted target 'running'. "+
					"last error: Client.InternalError: Client error on launch (KMS key {value})",
			),
		),
		AfterCreate:  settleInstance,
		BeforeUpdate: cloud.InTurn(checkInstanceType, checkUserData, checkProfile, checkRootDisk, checkStop),
		BeforeDelete: func(c *cloud.Call) error {
			if c.Bool("disableApiTermination") {
				return cloud.Errorf(
					"OperationNotPermitted: The instance '%s' may not be terminated. Modify its "+
						"'disableApiTermination' instance attribute and try again.",
					c.ID,
				)
			}
			return nil
		},
		AfterDelete: releaseInstance,
		Begin:       bootInstance,
		End:         stopInstance,
		NotReal: "Capacity, quotas and instance types by name are not known; only that a type has a type's form and " +
			"its image's architecture. userData in " +
			"the outputs is the text, where the provider keeps its SHA-1. Launch templates and key pairs are not " +
			"checked. The root volume has an id and no record. A stop and start by an update leaves no trace but " +
			"the update.",
	},
)

// instanceTypeName matches an instance type: family, a dot, a size.
var instanceTypeName = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)

// gravitonType matches a type with an ARM processor: the family's "g" after its generation
// (EC2 user guide, "Naming conventions"), and the first such family, a1.
var gravitonType = regexp.MustCompile(`^(a1|[a-z]+\d+g[a-z]*)\.`)
