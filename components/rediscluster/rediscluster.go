// Package rediscluster is the shared state of the services: an ElastiCache replication group in
// cluster mode, reachable with TLS and a token only.
package rediscluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/naming"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:rediscluster:RedisCluster"

// Args shape the group.
type Args struct {
	Environment           string
	Engine                string // redis or valkey
	EngineVersion         string // for example 7.1
	NodeType              string // for example cache.r7g.large
	Shards                int
	ReplicasPerShard      int    // at least one: Multi-AZ fails over to it
	SnapshotRetentionDays int    // 1–35
	SnapshotName          string // start from this snapshot; empty: start empty
	TokenUpdateStrategy   string // ROTATE, or SET to drop the token before the last ROTATE
	LogRetentionDays      int    // of the slow and engine logs, one of CloudWatch's values
	Protect               bool   // refuse the deletion of group, token and logs; a deletion leaves a final snapshot

	SubnetIDs       pulumi.StringArrayInput // private
	SecurityGroupID pulumi.StringInput
	DataKeyArn      pulumi.StringInput // encrypts the data
	SecretsKeyArn   pulumi.StringInput // encrypts the token
	LogsKeyArn      pulumi.StringInput
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

	made *elasticache.ReplicationGroup
}

// New makes the group, its token and its logs.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*RedisCluster, error) {
	r := &RedisCluster{}
	if err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"engine":   pulumi.String(args.Engine),
		"nodeType": pulumi.String(args.NodeType), "shards": pulumi.Int(args.Shards),
	}, r, opts...); err != nil {
		return nil, fmt.Errorf("creating Redis %q: %w", name, err)
	}
	token, err := r.token(ctx, name, args)
	if err == nil {
		err = r.group(ctx, name, args, token)
	}
	if err == nil {
		err = r.store(ctx, name, args, token)
	}
	if err != nil {
		return nil, fmt.Errorf("creating Redis %q: %w", name, err)
	}
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{
		"configurationEndpoint": r.ConfigurationEndpoint,
		"authSecretArn":         r.AuthSecretArn,
		"authTokenFrom":         r.AuthTokenFrom,
		"replicationGroupId":    r.ReplicationGroupID,
	})
}

// tokenCharacters are the only special ones that ElastiCache takes in a token and that need no
// quoting in a URL or a shell (ElastiCache user guide, "Authenticating with the AUTH command": ! &
// # $ ^ < > -).
const tokenCharacters = "-"

func (r *RedisCluster) token(ctx *pulumi.Context, name string, args Args) (pulumi.StringOutput, error) {
	under := pulumi.Parent(r)
	token, err := random.NewRandomPassword(ctx, name+"-token", &random.RandomPasswordArgs{
		Length:          pulumi.Int(64),
		OverrideSpecial: pulumi.String(tokenCharacters),
	}, under, pulumi.Protect(args.Protect))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return token.Result, nil
}

// store keeps the token in a secret. A later token is stored when the group takes it: tasks change
// with the secret's version, and must not come with a token before its time.
func (r *RedisCluster) store(ctx *pulumi.Context, name string, args Args, token pulumi.StringOutput) error {
	under := pulumi.Parent(r)
	recovery := 0
	if args.Protect {
		recovery = 30
	}
	// Without a rotation schedule (controls SecretsManager.1 and .4): group, secret and tasks
	// change together, which an update does and a schedule cannot.
	secret, err := secretsmanager.NewSecret(ctx, name+"-token", &secretsmanager.SecretArgs{
		Description: pulumi.String(
			"AUTH token of Redis of " + args.Environment,
		),
		KmsKeyId:             args.SecretsKeyArn.ToStringOutput(),
		RecoveryWindowInDays: pulumi.Int(recovery),
	}, under, pulumi.Protect(args.Protect))
	if err != nil {
		return err
	}
	version, err := secretsmanager.NewSecretVersion(ctx, name+"-token", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: token,
	}, under, pulumi.DependsOn([]pulumi.Resource{r.made}))
	if err != nil {
		return err
	}
	r.AuthSecretArn, r.AuthTokenFrom = version.SecretId, naming.SecretVersion(secret.Arn, version.VersionId)
	return nil
}

func (r *RedisCluster) group(ctx *pulumi.Context, name string, args Args, token pulumi.StringOutput) error {
	under := pulumi.Parent(r)
	physical, err := naming.ReplicationGroup.Compose(args.Environment, "redis")
	if err != nil {
		return err
	}
	subnets, err := elasticache.NewSubnetGroup(
		ctx,
		name+"-subnets",
		&elasticache.SubnetGroupArgs{SubnetIds: args.SubnetIDs},
		under,
	)
	if err != nil {
		return err
	}
	parameters, err := r.parameters(ctx, name, args)
	if err != nil {
		return err
	}
	logs, err := r.logs(ctx, name, args)
	if err != nil {
		return err
	}
	inputs := groupInputs(physical, args)
	inputs.SubnetGroupName = subnets.Name
	inputs.ParameterGroupName = parameters.Name
	inputs.LogDeliveryConfigurations = logs
	inputs.AuthToken = token.ToStringPtrOutput()
	// A snapshot only says how the group began: taking its name away later must not replace it.
	group, err := elasticache.NewReplicationGroup(ctx, name+"-group", inputs, under, pulumi.Protect(args.Protect),
		pulumi.IgnoreChanges([]string{"snapshotName"}))
	if err != nil {
		return err
	}
	r.made = group
	r.ConfigurationEndpoint, r.ReplicationGroupID = group.ConfigurationEndpointAddress, group.ReplicationGroupId
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
		SecurityGroupIds:         pulumi.StringArray{args.SecurityGroupID},
		AtRestEncryptionEnabled:  pulumi.Bool(true),
		KmsKeyId:                 args.DataKeyArn.ToStringOutput(),
		TransitEncryptionEnabled: pulumi.Bool(true),
		TransitEncryptionMode:    pulumi.String("required"),
		// Creation sends the token alone, and it is demanded from the first connection on (provider
		// source, replication_group.go). Updates send the strategy too, and AWS takes SET only
		// after ROTATE (API reference, ModifyReplicationGroup). So ROTATE stands from the start: a
		// later token is valid beside the old one, until an update with SET and the same token
		// drops the old. A change back to ROTATE belongs into the update that brings the next
		// token: what AWS makes of ROTATE without one is not known.
		AuthTokenUpdateStrategy: pulumi.String(args.TokenUpdateStrategy),
		SnapshotRetentionLimit:  pulumi.Int(args.SnapshotRetentionDays),
		SnapshotWindow:          pulumi.String("03:00-04:00"),
		MaintenanceWindow: pulumi.String(
			"sun:05:00-sun:06:00",
			// Control ElastiCache.2 wants this on. Here the configuration names the version, and
			// AWS would move it from under the stack.
		),
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

func (r *RedisCluster) parameters(ctx *pulumi.Context, name string, args Args) (*elasticache.ParameterGroup, error) {
	wanted, err := family(args.Engine, args.EngineVersion)
	if err != nil {
		return nil, err
	}
	// The family is part of the resource's name: an upgrade makes a second group, moves the nodes
	// over with the engine, and only then deletes the first.
	return elasticache.NewParameterGroup(ctx, name+"-"+wanted, &elasticache.ParameterGroupArgs{
		Family: pulumi.String(wanted),
		Parameters: elasticache.ParameterGroupParameterArray{
			parameter("cluster-enabled", "yes"),
			// What has no expiry is state, not cache: a full node refuses writes before it drops
			// that.
			parameter("maxmemory-policy", "volatile-lru"),
		},
	}, pulumi.Parent(r))
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

// logs are Redis's own two: slow commands, and the engine's.
func (r *RedisCluster) logs(
	ctx *pulumi.Context,
	name string,
	args Args,
) (elasticache.ReplicationGroupLogDeliveryConfigurationArray, error) {
	var deliveries elasticache.ReplicationGroupLogDeliveryConfigurationArray
	for _, log := range []string{"slow-log", "engine-log"} { // as ElastiCache calls them
		group, err := cloudwatch.NewLogGroup(ctx, name+"-"+log, &cloudwatch.LogGroupArgs{
			Name:            pulumi.Sprintf("/%s/redis/%s", args.Environment, log),
			RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogsKeyArn.ToStringOutput(),
		}, pulumi.Parent(r), pulumi.Protect(args.Protect))
		if err != nil {
			return nil, err
		}
		deliveries = append(deliveries, &elasticache.ReplicationGroupLogDeliveryConfigurationArgs{
			Destination:     group.Name,
			DestinationType: pulumi.String("cloudwatch-logs"),
			LogFormat:       pulumi.String("json"),
			LogType:         pulumi.String(log),
		})
	}
	return deliveries, nil
}
