// Replication groups, subnet groups and parameter groups: what creates, changes and deletes them.
package elasticache

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// The tokens of replication groups, parameter groups and subnet groups.
const (
	ReplicationGroupType = "aws:elasticache/replicationGroup:ReplicationGroup"
	ParameterGroupType   = "aws:elasticache/parameterGroup:ParameterGroup"
	subnetGroupType      = "aws:elasticache/subnetGroup:SubnetGroup"
	// cacheSnapshotType records snapshots; the id is the snapshot's name.
	cacheSnapshotType = "aws:elasticache/snapshot:Snapshot"
)

// LoginTokens holds the tokens that a replication group accepts at login. It is kept outside the
// record, because a rotation leaves the earlier token valid.
type LoginTokens struct {
	Tokens []string
	// Passwordless allows login without a token, as after a first token by ROTATE.
	Passwordless bool
}

var _ = cloud.Register(
	cloud.Row{
		Token:   ReplicationGroupType,
		Seconds: 540,
		Source: "internal/service/elasticache/replication_group.go, validate.go, engine_version.go; names of hosts: " +
			"AWS ElastiCache user guide, \"Finding connection endpoints\"",
		Required: []string{"description"},
		Replace: []string{
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
		Defaults: map[string]any{
			"automaticFailoverEnabled": false,
			"multiAzEnabled":           false,
			"authTokenUpdateStrategy":  "ROTATE",
		},
		Name: &cloud.NameRule{
			Property: "replicationGroupId",
			Max:      40,
			Auto:     true,
			Unique:   true,
			Pattern:  regexp.MustCompile(`^[A-Za-z]([0-9A-Za-z]|-[0-9A-Za-z])*$`),
			Taken:    "ReplicationGroupAlreadyExists: Replication group {value} already exists.",
		},
		ID: func(c *cloud.Call) any { return strings.ToLower(c.Name()) },
		Computed: cloud.Join(redisEndpoints, map[string]cloud.Value{
			"arn":            cloud.Text("arn:aws:elasticache:{region}:{account}:replicationgroup:{id}"),
			"clusterEnabled": func(c *cloud.Call) any { return clusterMode(c) },
			"clusterMode": func(c *cloud.Call) any {
				return map[bool]string{true: "enabled", false: "disabled"}[clusterMode(c)]
			},
			"engine":                   cloud.Fixed("redis"),
			"engineVersion":            func(c *cloud.Call) any { return redisVersionOf(c) },
			"atRestEncryptionEnabled":  func(c *cloud.Call) any { return redisEngine(c) == "valkey" },
			"transitEncryptionEnabled": cloud.Fixed(false),
			"transitEncryptionMode": func(c *cloud.Call) any {
				return map[bool]string{true: "required"}[c.Bool("transitEncryptionEnabled")]
			},
			"autoMinorVersionUpgrade": cloud.Fixed(true),
			"dataTieringEnabled":      cloud.Fixed(false),
			"port":                    cloud.Fixed(6379.0),
			"numNodeGroups": cloud.Fixed(
				1.0,
			),
			"replicasPerNodeGroup": func(c *cloud.Call) any { return max(c.Num("numCacheClusters"), 1) - 1 },
			"networkType":          cloud.Fixed("ipv4"),
			"ipDiscovery":          cloud.Fixed("ipv4"),
			"subnetGroupName":      cloud.Fixed("default"),
			"maintenanceWindow":    cloud.Fixed("sun:05:00-sun:06:00"),
			"snapshotWindow":       cloud.Fixed("03:00-04:00"),
			"snapshotRetentionLimit": cloud.Fixed(
				0.0,
			),
			"securityGroupIds":   cloud.Fixed([]any{}),
			"securityGroupNames": cloud.Fixed([]any{}),
			"parameterGroupName": func(c *cloud.Call) any {
				return "default." + RedisFamily(
					redisEngine(c),
					redisVersionOf(c),
				) + map[bool]string{true: ".cluster.on"}[clusterMode(c)]
			},
		}),
		Derived: map[string]cloud.Value{
			"engineVersionActual": func(c *cloud.Call) any { return fullVersion(redisEngine(c), redisVersionOf(c)) },
			"memberClusters":      memberClusters,
			"numCacheClusters":    func(c *cloud.Call) any { return float64(len(memberClusters(c).([]any))) },
		},
		References: []cloud.Reference{
			{
				Path:    "subnetGroupName",
				To:      cloud.One(subnetGroupType),
				Missing: "CacheSubnetGroupNotFoundFault: Cache Subnet Group {value} does not exist.",
				Blocks:  "CacheSubnetGroupInUse: Cache subnet group {value} is currently in use by a cache cluster.",
			},
			{
				Path:    "securityGroupIds",
				To:      cloud.One("aws:ec2/securityGroup:SecurityGroup"),
				Missing: "InvalidParameterValue: Some security groups are invalid: {value}",
				Blocks:  "DependencyViolation: resource {value} has a dependent object",
			},
			{
				Path:    "notificationTopicArn",
				To:      cloud.One("aws:sns/topic:Topic"),
				Missing: "InvalidParameterValue: Topic {value} does not exist",
			},
		},
		Check: cloud.Checks(
			validateReplicationGroup,
			cloud.Between("snapshotRetentionLimit", 0, 35),
			cloud.OneOf("engine", "redis", "valkey"),
			cloud.OneOf(
				"authTokenUpdateStrategy",
				"SET",
				"ROTATE",
				"DELETE",
			),
			cloud.OneOf("transitEncryptionMode", "preferred", "required"),
			cloud.OneOf("clusterMode", "enabled", "disabled", "compatible"),
		),
		BeforeCreate: cloud.InTurn(checkReplicationGroup, checkRedisParameters, checkRedisLogs,
			kms.RequireKey("kmsKeyId", "InvalidKMSKeyFault: KMS key {value} does not exist")),
		AfterCreate: func(c *cloud.Call) error {
			access := LoginTokens{Passwordless: c.Str("authToken") == ""}
			if token := c.Str("authToken"); token != "" {
				access.Tokens = []string{token}
			}
			c.Tx.Values[c.HiddenKey()] = access
			return nil
		},
		BeforeUpdate: cloud.InTurn(checkReplicationGroup, checkRedisParameters, checkRedisLogs, checkRedisUpdate),
		AfterUpdate:  rotateToken,
		BeforeDelete: func(c *cloud.Call) error {
			if name := c.Str(
				"finalSnapshotIdentifier",
			); name != "" &&
				c.Tx.Find(cacheSnapshotType, "", name) != nil {
				return fmt.Errorf("SnapshotAlreadyExistsFault: Snapshot with specified name already exists.")
			}
			return nil
		},
		AfterDelete: snapshotAtEnd,
		Begin:       startCache,
		Change:      changeCache,
		End:         stopCache,
		NotReal: "Redis runs where tasks run: Debian's redis-server, whatever engine and version are configured, or " +
			"one server in the process that neither fails over nor changes its token. " +
			"How fast ElastiCache fails over and replaces a node is not known here: it is Redis's own " +
			"cluster-node-timeout, 5 s, and another process at once. Parameters, node types, logs, encryption at " +
			"rest and maintenance have no effect; shards and replicas cannot be changed while they run. A downgrade " +
			"of the engine, or TLS switched on an engine before 7.0.5, is refused where the provider " +
			"would replace. AWS's texts for combinations that it refuses are paraphrased where they could not be " +
			"found. No automatic snapshots.",
	},
	cloud.Row{
		Token:    subnetGroupType,
		Source:   "internal/service/elasticache/subnet_group.go",
		Required: []string{"subnetIds"},
		Replace:  []string{"name"},
		Defaults: map[string]any{"description": "Managed by Pulumi"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      255,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z-]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "CacheSubnetGroupAlreadyExists: Cache subnet group {value} already exists.",
		},
		ID:       func(c *cloud.Call) any { return strings.ToLower(c.Name()) },
		Computed: map[string]cloud.Value{"arn": cloud.Text("arn:aws:elasticache:{region}:{account}:subnetgroup:{id}")},
		Derived: map[string]cloud.Value{"vpcId": func(c *cloud.Call) any {
			for _, id := range c.All("subnetIds") {
				if subnet := c.Tx.Find("aws:ec2/subnet:Subnet", "", id); subnet != nil {
					return subnet.Str("vpcId")
				}
			}
			return resource.Computed{Element: resource.NewStringProperty("")}
		}},
		References: []cloud.Reference{{
			Path:    "subnetIds",
			To:      cloud.One("aws:ec2/subnet:Subnet"),
			Missing: "InvalidSubnet: The subnet ID '{value}' does not exist",
			Blocks:  "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
		}},
	},
	cloud.Row{
		Token:    ParameterGroupType,
		Source:   "internal/service/elasticache/parameter_group.go",
		Required: []string{"family"},
		Replace:  []string{"name", "family", "description"},
		Defaults: map[string]any{"description": "Managed by Pulumi"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      255,
			Pattern:  regexp.MustCompile(`^[A-Za-z]([0-9A-Za-z]|-[0-9A-Za-z])*$`),
			Auto:     true,
			Unique:   true,
			Taken:    "CacheParameterGroupAlreadyExists: Parameter group {value} already exists",
		},
		ID: func(c *cloud.Call) any { return strings.ToLower(c.Name()) },
		Computed: map[string]cloud.Value{
			"arn": cloud.Text("arn:aws:elasticache:{region}:{account}:parametergroup:{id}"),
		},
		Check: cloud.OneOf("family", "redis5.0", "redis6.x", "redis7", "valkey7", "valkey8", "memcached1.6"),
		BeforeDelete: func(c *cloud.Call) error {
			for _, group := range c.Tx.All(ReplicationGroupType) {
				if group.Str("parameterGroupName") == c.ID {
					return fmt.Errorf(
						"InvalidCacheParameterGroupState: One or more cache clusters are still using parameter "+
							"group %s",
						c.ID,
					)
				}
			}
			return nil
		},
		NotReal: "Names and values of parameters are not checked, except cluster-enabled.",
	},
)
