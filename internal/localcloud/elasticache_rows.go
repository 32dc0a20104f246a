// ElastiCache: replication groups with their subnet and parameter groups.
package localcloud

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	replicationGroupType = "aws:elasticache/replicationGroup:ReplicationGroup"
	parameterGroupType   = "aws:elasticache/parameterGroup:ParameterGroup"
	subnetGroupType      = "aws:elasticache/subnetGroup:SubnetGroup"
	// cacheSnapshotType records snapshots; the id is the snapshot's name.
	cacheSnapshotType = "aws:elasticache/snapshot:Snapshot"
)

// redisAccess is what a replication group accepts at login, outside its record because a
// rotation leaves the earlier token valid.
type redisAccess struct {
	Tokens []string
	// Passwordless: a first token added by ROTATE leaves login without one valid.
	Passwordless bool
}

var _ = register(
	row{
		token:   replicationGroupType,
		seconds: 540,
		source: "internal/service/elasticache/replication_group.go, validate.go, engine_version.go; names of hosts: " +
			"AWS ElastiCache user guide, \"Finding connection endpoints\"",
		required: []string{"description"},
		replace: []string{
			"replicationGroupId",
			"atRestEncryptionEnabled",
			"kmsKeyId",
			"dataTieringEnabled",
			"globalReplicationGroupId",
			"networkType",
			"port",
			"securityGroupNames",
			"snapshotArns",
			"snapshotName",
			"subnetGroupName",
		},
		defaults: map[string]any{
			"automaticFailoverEnabled": false,
			"multiAzEnabled":           false,
			"authTokenUpdateStrategy":  "ROTATE",
		},
		name: &nameRule{
			property: "replicationGroupId",
			max:      40,
			auto:     true,
			unique:   true,
			pattern:  regexp.MustCompile(`^[A-Za-z]([0-9A-Za-z]|-[0-9A-Za-z])*$`),
			taken:    "ReplicationGroupAlreadyExists: Replication group {value} already exists.",
		},
		id: func(c *call) any { return strings.ToLower(c.name()) },
		computed: join(redisEndpoints, map[string]value{
			"arn":            text("arn:aws:elasticache:{region}:{account}:replicationgroup:{id}"),
			"clusterEnabled": func(c *call) any { return clusterMode(c) },
			"clusterMode": func(c *call) any {
				return map[bool]string{true: "enabled", false: "disabled"}[clusterMode(c)]
			},
			"engine":                   fixed("redis"),
			"engineVersion":            func(c *call) any { return redisVersionOf(c) },
			"atRestEncryptionEnabled":  func(c *call) any { return redisEngine(c) == "valkey" },
			"transitEncryptionEnabled": fixed(false),
			"transitEncryptionMode": func(c *call) any {
				return map[bool]string{true: "required"}[c.yes("transitEncryptionEnabled")]
			},
			"autoMinorVersionUpgrade": fixed(true),
			"dataTieringEnabled":      fixed(false),
			"port":                    fixed(6379.0),
			"numNodeGroups": fixed(
				1.0,
			),
			"replicasPerNodeGroup": func(c *call) any { return max(c.num("numCacheClusters"), 1) - 1 },
			"networkType":          fixed("ipv4"),
			"ipDiscovery":          fixed("ipv4"),
			"subnetGroupName":      fixed("default"),
			"maintenanceWindow":    fixed("sun:05:00-sun:06:00"),
			"snapshotWindow":       fixed("03:00-04:00"),
			"snapshotRetentionLimit": fixed(
				0.0,
			),
			"securityGroupIds":   fixed([]any{}),
			"securityGroupNames": fixed([]any{}),
			"parameterGroupName": func(c *call) any {
				return "default." + redisFamily(
					redisEngine(c),
					redisVersionOf(c),
				) + map[bool]string{true: ".cluster.on"}[clusterMode(c)]
			},
		}),
		derived: map[string]value{
			"engineVersionActual": func(c *call) any { return fullVersion(redisEngine(c), redisVersionOf(c)) },
			"memberClusters":      memberClusters,
			"numCacheClusters":    func(c *call) any { return float64(len(memberClusters(c).([]any))) },
		},
		references: []reference{
			{
				path:    "subnetGroupName",
				to:      one(subnetGroupType),
				missing: "CacheSubnetGroupNotFoundFault: Cache Subnet Group {value} does not exist.",
				blocks:  "CacheSubnetGroupInUse: Cache subnet group {value} is currently in use by a cache cluster.",
			},
			{
				path:    "securityGroupIds",
				to:      one("aws:ec2/securityGroup:SecurityGroup"),
				missing: "InvalidParameterValue: Some security groups are invalid: {value}",
				blocks:  "DependencyViolation: resource {value} has a dependent object",
			},
			{
				path:    "notificationTopicArn",
				to:      one("aws:sns/topic:Topic"),
				missing: "InvalidParameterValue: Topic {value} does not exist",
			},
		},
		check: checks(
			checkReplicationGroup,
			between("snapshotRetentionLimit", 0, 35),
			oneOf("engine", "redis", "valkey"),
			oneOf(
				"authTokenUpdateStrategy",
				"SET",
				"ROTATE",
				"DELETE",
			),
			oneOf("transitEncryptionMode", "preferred", "required"),
			oneOf("clusterMode", "enabled", "disabled", "compatible"),
		),
		beforeCreate: inTurn(judgeReplicationGroup, judgeRedisParameters, judgeRedisLogs,
			needsKey("kmsKeyId", "InvalidKMSKeyFault: KMS key {value} does not exist")),
		afterCreate: func(c *call) error {
			access := redisAccess{Passwordless: c.str("authToken") == ""}
			if token := c.str("authToken"); token != "" {
				access.Tokens = []string{token}
			}
			c.tx.values[c.vaultKey()] = access
			return nil
		},
		beforeUpdate: inTurn(judgeReplicationGroup, judgeRedisParameters, judgeRedisLogs, judgeRedisUpdate),
		afterUpdate:  rotateToken,
		beforeDelete: func(c *call) error {
			if name := c.str(
				"finalSnapshotIdentifier",
			); name != "" &&
				c.tx.find(cacheSnapshotType, "", name) != nil {
				return fmt.Errorf("SnapshotAlreadyExistsFault: Snapshot with specified name already exists.")
			}
			return nil
		},
		afterDelete: snapshotAtEnd,
		begin:       startCache,
		change:      changeCache,
		end:         stopCache,
		notReal: "Redis runs where tasks run: Debian's redis-server, whatever engine and version are asked for, or " +
			"one server in the process that neither fails over nor changes its token. " +
			"How fast ElastiCache fails over and replaces a node is not known here: it is Redis's own " +
			"cluster-node-timeout, 5 s, and another process at once. Parameters, node types, logs, encryption at " +
			"rest and maintenance are pretended; shards and replicas cannot be changed while they run. A downgrade " +
			"of the engine, or TLS switched on an engine before 7.0.5, is refused where the provider " +
			"would replace. AWS's texts for combinations that it refuses are paraphrased where they could not be " +
			"found. No automatic snapshots.",
	},
	row{
		token:    subnetGroupType,
		source:   "internal/service/elasticache/subnet_group.go",
		required: []string{"subnetIds"},
		replace:  []string{"name"},
		defaults: map[string]any{"description": "Managed by Pulumi"},
		name: &nameRule{
			property: "name",
			max:      255,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z-]+$`),
			auto:     true,
			unique:   true,
			taken:    "CacheSubnetGroupAlreadyExists: Cache subnet group {value} already exists.",
		},
		id:       func(c *call) any { return strings.ToLower(c.name()) },
		computed: map[string]value{"arn": text("arn:aws:elasticache:{region}:{account}:subnetgroup:{id}")},
		derived: map[string]value{"vpcId": func(c *call) any {
			for _, id := range c.all("subnetIds") {
				if subnet := c.tx.find("aws:ec2/subnet:Subnet", "", id); subnet != nil {
					return subnet.str("vpcId")
				}
			}
			return resource.Computed{Element: resource.NewStringProperty("")}
		}},
		references: []reference{{
			path:    "subnetIds",
			to:      one("aws:ec2/subnet:Subnet"),
			missing: "InvalidSubnet: The subnet ID '{value}' does not exist",
			blocks:  "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
		}},
	},
	row{
		token:    parameterGroupType,
		source:   "internal/service/elasticache/parameter_group.go",
		required: []string{"family"},
		replace:  []string{"name", "family", "description"},
		defaults: map[string]any{"description": "Managed by Pulumi"},
		name: &nameRule{
			property: "name",
			max:      255,
			pattern:  regexp.MustCompile(`^[A-Za-z]([0-9A-Za-z]|-[0-9A-Za-z])*$`),
			auto:     true,
			unique:   true,
			taken:    "CacheParameterGroupAlreadyExists: Parameter group {value} already exists",
		},
		id:       func(c *call) any { return strings.ToLower(c.name()) },
		computed: map[string]value{"arn": text("arn:aws:elasticache:{region}:{account}:parametergroup:{id}")},
		check:    oneOf("family", "redis5.0", "redis6.x", "redis7", "valkey7", "valkey8", "memcached1.6"),
		beforeDelete: func(c *call) error {
			for _, group := range c.tx.all(replicationGroupType) {
				if group.str("parameterGroupName") == c.id {
					return fmt.Errorf(
						"InvalidCacheParameterGroupState: One or more cache clusters are still using parameter "+
							"group %s",
						c.id,
					)
				}
			}
			return nil
		},
		notReal: "Names and values of parameters are not judged, except cluster-enabled.",
	},
)
