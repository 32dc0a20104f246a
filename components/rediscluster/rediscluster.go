// Package rediscluster is the shared state of the services: an ElastiCache replication group in
// cluster mode, reachable with TLS and a token only.
package rediscluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:rediscluster:RedisCluster"

// Settings are what a stack's configuration says of the group.
type Settings struct {
	Engine                string // redis or valkey
	EngineVersion         string // for example 7.1
	NodeType              string // for example cache.r7g.large
	Shards                int
	ReplicasPerShard      int    // at least one: Multi-AZ fails over to it
	SnapshotRetentionDays int    // 1–35
	SnapshotName          string // start from this snapshot; empty: start empty
	TokenUpdateStrategy   string // ROTATE, or SET to drop the token before the last ROTATE
}

// NodesPerShard are the primary and its replicas.
func (s Settings) NodesPerShard() int { return 1 + s.ReplicasPerShard }

// NodeCount is the number of nodes of all shards.
func (s Settings) NodeCount() int { return s.Shards * s.NodesPerShard() }

// Args shape the group. With protection a deletion, once it is allowed, leaves a final snapshot.
type Args struct {
	platform.Stack
	Settings
	Placement network.Placement
}

// RedisCluster is a running group.
type RedisCluster struct {
	pulumi.ResourceState

	// ConfigurationEndpoint is the host that clients are given. It must be this one: ElastiCache's
	// certificate names no other, and an alias before it would break verification.
	ConfigurationEndpoint pulumi.StringOutput `pulumi:"configurationEndpoint"`
	AuthSecretArn         pulumi.StringOutput `pulumi:"authSecretArn"` // known once the token is in it
	// the version with the token, as a container's secret names it
	AuthTokenFrom      pulumi.StringOutput `pulumi:"authTokenFrom"`
	ReplicationGroupID pulumi.StringOutput `pulumi:"replicationGroupId"`

	args    Args
	token   *random.RandomPassword
	subnets *elasticache.SubnetGroup
	// parameters and logs are the group's parameter group and where it writes its logs.
	parameters *elasticache.ParameterGroup
	logs       elasticache.ReplicationGroupLogDeliveryConfigurationArray
	group      *elasticache.ReplicationGroup
}

// Nodes are the group's nodes as the alarms get them.
type Nodes struct {
	GroupID  pulumi.StringOutput
	Shards   int
	PerShard int // the primary and its replicas
}

// Nodes hands on the nodes.
func (r *RedisCluster) Nodes() Nodes {
	return Nodes{GroupID: r.ReplicationGroupID, Shards: r.args.Shards, PerShard: r.args.NodesPerShard()}
}

// New makes the group, its token and its logs.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*RedisCluster, error) {
	r := &RedisCluster{args: args}
	return platform.Create(ctx, name, r, platform.Definition{
		Type: Type,
		Noun: "Redis",
		Inputs: pulumi.Map{
			"engine":   pulumi.String(args.Engine),
			"nodeType": pulumi.String(args.NodeType),
			"shards":   pulumi.Int(args.Shards),
		},
		Steps: []platform.Step{
			r.createToken, r.createSubnetGroup, r.createParameters, r.createLogGroups, r.createGroup, r.storeToken,
		},
	}, opts...)
}

// tokenCharacters are the only special ones that ElastiCache takes in a token and that need no
// quoting in a URL or a shell (ElastiCache user guide, "Authenticating with the AUTH command": ! &
// # $ ^ < > -).
const tokenCharacters = "-"

func (r *RedisCluster) createToken(ctx *pulumi.Context, name string) (err error) {
	r.token, err = random.NewRandomPassword(ctx, name+"-token", &random.RandomPasswordArgs{
		Length:          pulumi.Int(64),
		OverrideSpecial: pulumi.String(tokenCharacters),
	}, pulumi.Parent(r), pulumi.Protect(r.args.Protect))
	return err
}

// storeToken keeps the token in a secret. A later token is stored when the group takes it: tasks
// change with the secret's version, and must not come with a token before its time.
func (r *RedisCluster) storeToken(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(r)
	// Without a rotation schedule (controls SecretsManager.1 and .4): group, secret and tasks
	// change together, which an update does and a schedule cannot.
	secret, err := secretsmanager.NewSecret(ctx, name+"-token", &secretsmanager.SecretArgs{
		Description:          pulumi.String("AUTH token of Redis of " + r.args.Environment),
		KmsKeyId:             r.args.Keys.Secrets,
		RecoveryWindowInDays: pulumi.Int(r.args.SecretRecoveryDays()),
	}, under, pulumi.Protect(r.args.Protect))
	if err != nil {
		return err
	}
	version, err := secretsmanager.NewSecretVersion(ctx, name+"-token", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: r.token.Result,
	}, under, pulumi.DependsOn([]pulumi.Resource{r.group}))
	if err != nil {
		return err
	}
	r.AuthSecretArn, r.AuthTokenFrom = version.SecretId, platform.SecretVersion(secret.Arn, version.VersionId)
	return nil
}

func (r *RedisCluster) createSubnetGroup(ctx *pulumi.Context, name string) (err error) {
	r.subnets, err = elasticache.NewSubnetGroup(ctx, name+"-subnets", &elasticache.SubnetGroupArgs{
		SubnetIds: r.args.Placement.PrivateSubnetIDs,
	}, pulumi.Parent(r))
	return err
}

func (r *RedisCluster) createGroup(ctx *pulumi.Context, name string) error {
	physical, err := r.args.Compose(platform.ReplicationGroup, "redis")
	if err != nil {
		return err
	}
	inputs := groupInputs(physical, r.args)
	inputs.SubnetGroupName = r.subnets.Name
	inputs.ParameterGroupName = r.parameters.Name
	inputs.LogDeliveryConfigurations = r.logs
	inputs.AuthToken = r.token.Result.ToStringPtrOutput()
	// A snapshot only says how the group began: taking its name away later must not replace it.
	r.group, err = elasticache.NewReplicationGroup(ctx, name+"-group", inputs, pulumi.Parent(r),
		pulumi.Protect(r.args.Protect), pulumi.IgnoreChanges([]string{"snapshotName"}))
	if err != nil {
		return err
	}
	r.ConfigurationEndpoint, r.ReplicationGroupID = r.group.ConfigurationEndpointAddress, r.group.ReplicationGroupId
	return nil
}

// groupInputs are what the arguments alone say of the group.
func groupInputs(physical string, args Args) *elasticache.ReplicationGroupArgs {
	inputs := &elasticache.ReplicationGroupArgs{
		ReplicationGroupId:       pulumi.String(physical),
		Description:              pulumi.String("Shared state of " + args.Environment),
		Engine:                   pulumi.String(args.Engine),
		EngineVersion:            pulumi.String(args.EngineVersion),
		NodeType:                 pulumi.String(args.NodeType),
		NumNodeGroups:            pulumi.Int(args.Shards),
		ReplicasPerNodeGroup:     pulumi.Int(args.ReplicasPerShard),
		AutomaticFailoverEnabled: pulumi.Bool(true),
		MultiAzEnabled:           pulumi.Bool(true),
		SecurityGroupIds:         pulumi.StringArray{args.Placement.SecurityGroupID},
		AtRestEncryptionEnabled:  pulumi.Bool(true),
		KmsKeyId:                 args.Keys.Data,
		TransitEncryptionEnabled: pulumi.Bool(true),
		TransitEncryptionMode:    pulumi.String("required"),
		// Creation sends the token alone, and it is demanded from the first connection on (provider
		// source, replication_group.go). Updates send the strategy too, and AWS takes SET only
		// after ROTATE (API reference, ModifyReplicationGroup). So ROTATE is there from the start:
		// a later token is valid next to the old one, until an update with SET and the same token
		// drops the old. A change back to ROTATE belongs into the update that brings the next
		// token: what AWS makes of ROTATE without one is not known.
		AuthTokenUpdateStrategy: pulumi.String(args.TokenUpdateStrategy),
		SnapshotRetentionLimit:  pulumi.Int(args.SnapshotRetentionDays),
		SnapshotWindow:          pulumi.String("03:00-04:00"),
		MaintenanceWindow:       pulumi.String("sun:05:00-sun:06:00"),
		// Control ElastiCache.2 requires this on. Here the configuration names the version, and AWS
		// would move it from under the stack.
		AutoMinorVersionUpgrade: pulumi.Bool(false),
		ApplyImmediately:        pulumi.Bool(true),
	}
	if args.SnapshotName != "" {
		inputs.SnapshotName = pulumi.String(args.SnapshotName)
	}
	if args.Protect {
		inputs.FinalSnapshotIdentifier = pulumi.String(physical + "-final")
	}
	return inputs
}

func (r *RedisCluster) createParameters(ctx *pulumi.Context, name string) error {
	wanted, err := family(r.args.Engine, r.args.EngineVersion)
	if err != nil {
		return err
	}
	// The family is part of the resource's name: an upgrade makes a second group, moves the nodes
	// over with the engine, and only then deletes the first.
	r.parameters, err = elasticache.NewParameterGroup(ctx, name+"-"+wanted, &elasticache.ParameterGroupArgs{
		Family: pulumi.String(wanted),
		Parameters: elasticache.ParameterGroupParameterArray{
			parameter("cluster-enabled", "yes"),
			// What has no expiry is state, not cache: a full node refuses writes before it drops
			// that.
			parameter("maxmemory-policy", "volatile-lru"),
		},
	}, pulumi.Parent(r))
	return err
}

// families are the parameter group families by engine and major version (ElastiCache user guide,
// "Engine specific parameters").
var families = map[string]string{
	"redis 7":  "redis7",
	"valkey 7": "valkey7",
	"valkey 8": "valkey8",
}

// family is the parameter group family of an engine's version, for example of redis 7.1.
func family(engine, version string) (string, error) {
	major, _, _ := strings.Cut(version, ".")
	found, known := families[engine+" "+major]
	if !known {
		return "", fmt.Errorf(
			"finding the parameter group family: there is none for engine %q version %q; known are %s",
			engine,
			version,
			strings.Join(slices.Sorted(maps.Keys(families)), ", "),
		)
	}
	return found, nil
}

func parameter(name, value string) *elasticache.ParameterGroupParameterArgs {
	return &elasticache.ParameterGroupParameterArgs{Name: pulumi.String(name), Value: pulumi.String(value)}
}

// createLogGroups makes Redis's own two logs: slow commands, and the engine's.
func (r *RedisCluster) createLogGroups(ctx *pulumi.Context, name string) error {
	for _, log := range []string{"slow-log", "engine-log"} { // as ElastiCache calls them
		group, err := r.args.LogGroup(ctx, name+"-"+log, r, "redis/"+log)
		if err != nil {
			return err
		}
		r.logs = append(r.logs, &elasticache.ReplicationGroupLogDeliveryConfigurationArgs{
			Destination:     group.Name,
			DestinationType: pulumi.String("cloudwatch-logs"),
			LogFormat:       pulumi.String("json"),
			LogType:         pulumi.String(log),
		})
	}
	return nil
}
