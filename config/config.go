// The configuration of one stack, decoded and typed. Every field here is one key of Pulumi.yaml, named
// next to it: the tables in keys_*.go say what it is for and what it accepts. decode.go fills it,
// validate.go validates it, and package stacks builds the platform from it.

package config

import (
	"github.com/bodybroker/platform/catalog"
)

// Config is everything that differs between two stacks. The keys hold the defaults; Pulumi.yaml repeats
// them for the engine.
type Config struct {
	Environment     string   // environment
	AllowedAccounts []string // allowedAccounts
	Region          string   // aws:region
	Protect         bool     // protect

	Network       NetworkConfig
	Redis         RedisConfig
	NATS          NATSConfig
	Services      ServicesConfig
	Gateway       GatewayConfig
	Observability ObservabilityConfig
	Backup        BackupConfig

	// gatewayRow is the gateway's row of assets/services/services.yaml.
	gatewayRow catalog.Gateway
	// shipped is how many services that file has: the first ones of Services.Table.
	shipped int
	// secrets keeps the values of secret keys out of faults; nil: none are secret.
	secrets *secrets
	// undecoded are the keys that Decode refused: Validate does not validate their defaults.
	undecoded []string
}

// GatewayRow is the gateway's row of assets/services/services.yaml: its name, and what it calls.
func (c Config) GatewayRow() catalog.Gateway { return c.gatewayRow }

// NetworkConfig makes a new VPC from a range, or names an existing one by ids.
type NetworkConfig struct {
	VpcID              string   // vpcId
	PrivateSubnetIDs   []string // privateSubnetIds
	PublicSubnetIDs    []string // publicSubnetIds
	Cidr               string   // vpcCidr
	Zones              []string // availabilityZones
	ZoneCount          int      // zoneCount
	ZoneCidrMask       int      // zoneCidrMask
	NatGatewayStrategy string   // natGatewayStrategy
	InterfaceEndpoints []string // interfaceEndpoints
	FlowLogRetention   int      // flowLogRetentionDays
	ReservedCidrs      []string // reservedCidrs
}

// RedisConfig is the ElastiCache replication group.
type RedisConfig struct {
	Engine                string // redisEngine
	EngineVersion         string // redisEngineVersion
	NodeType              string // redisNodeType
	Shards                int    // redisShards
	ReplicasPerShard      int    // redisReplicasPerShard
	SnapshotRetentionDays int    // redisSnapshotRetentionDays
	SnapshotName          string // redisSnapshotName
	TokenUpdateStrategy   string // redisTokenUpdateStrategy
}

// NATSConfig is the JetStream cluster.
type NATSConfig struct {
	NodeCount         int              // natsNodeCount
	InstanceType      string           // natsInstanceType
	VolumeGiB         int              // natsVolumeGiB
	VolumeIOPS        int              // natsVolumeIops
	VolumeThroughput  int              // natsVolumeThroughput
	AMI               string           // natsAmi
	ServerBinary      string           // natsServerBinary
	NodeProgram       string           // natsNodeProgram
	LameDuckSeconds   int              // natsLameDuckSeconds
	ControllerArchive string           // controllerArchive
	VolumeSnapshots   []string         // natsVolumeSnapshots
	PrivateDomain     string           // privateDomain
	MaxPayload        int              // natsMaxPayload
	Streams           []catalog.Stream // from assets/nats/streams.yaml

	PreviousKeys map[string]string // natsPreviousKeys
}

// MaxFileStore is one node's JetStream storage in bytes, as the cluster's server configuration
// sets it (90 % of the data disk): what the streams' byte limits are shares of.
func (n NATSConfig) MaxFileStore() int64 {
	return catalog.MaxFileStore(n.VolumeGiB)
}

// ServicesConfig is the table of services and the sizes that all of them share.
type ServicesConfig struct {
	Table        []catalog.Service // the 22 of the table and additionalServices
	Images       map[string]string // serviceImages
	AwaitImages  bool              // awaitImages
	TaskCount    int               // serviceTaskCount
	MaxTaskCount int               // serviceMaxTaskCount
	CPU          int               // serviceCpu
	Memory       int               // serviceMemory
}

// GatewayConfig is the HTTP gateway, its load balancer and the cutover from HTTP.
type GatewayConfig struct {
	Image                string // gatewayImage
	TaskCount            int    // gatewayTaskCount
	CPU                  int    // gatewayCpu
	Memory               int    // gatewayMemory
	Domain               string // gatewayDomain
	HostedZoneID         string // gatewayHostedZoneId
	LegacyTargetGroupARN string // legacyTargetGroupArn
	LegacyPort           int    // legacyPort
	LegacyURL            string // legacyUrl
	NatsWeight           int    // natsWeight
	ShadowPercent        int    // shadowPercent
	VerificationImage    string // verificationImage
}

// ObservabilityConfig is logs, alarms and the budget.
type ObservabilityConfig struct {
	LogRetentionDays int      // logRetentionDays
	AlarmEmails      []string // alarmEmails
	MonthlyBudget    int      // monthlyBudget
}

// BackupConfig is snapshots and their copies.
type BackupConfig struct {
	CopyRegion    string // backupCopyRegion
	RetentionDays int    // backupRetentionDays
}
