// The configuration of one stack, decoded and typed. Every field here is one key of
// Pulumi.yaml; decode.go fills it, validate.go judges it, platform.go builds from it.
package stacks

import (
	"github.com/bodybroker/platform/assets/nats"
	"github.com/bodybroker/platform/assets/services"
	"github.com/bodybroker/platform/components/natscluster"
)

// Stream is one row of assets/nats/streams.yaml, with its byte limit for this stack's disks.
type Stream = nats.Stream

// Config is everything that differs between two stacks. Defaults stand in Pulumi.yaml
// and, for tests and programs that run without that file, in the table in keys.go.
type Config struct {
	// Environment prefixes every name (key environment): 2–12 characters of a-z, 0-9
	// and "-", starting with a letter.
	Environment string
	// AllowedAccounts are the only AWS accounts that this stack may change (12 digits each).
	AllowedAccounts []string
	// Region is aws:region.
	Region string
	// Protect refuses the deletion of every resource that holds data (default true).
	Protect bool

	Network       NetworkConfig
	Redis         RedisConfig
	NATS          NATSConfig
	Services      ServicesConfig
	Gateway       GatewayConfig
	Observability ObservabilityConfig
	Backup        BackupConfig

	// front is the gateway's row of assets/services/services.yaml, shipped how many services stand
	// there: the first ones of Services.Table.
	front   services.Gateway
	shipped int
	// secrets keeps the values of secret keys out of faults; nil: none are secret.
	secrets *secrets
	// undecoded are the keys that Decode refused: Validate does not judge their defaults.
	undecoded []string
}

// NetworkConfig makes a new VPC from a range, or names an existing one by ids.
type NetworkConfig struct {
	VpcID              string   // vpcId; empty: a new VPC is made
	PrivateSubnetIDs   []string // privateSubnetIds; one per zone, with vpcId only
	PublicSubnetIDs    []string // publicSubnetIds; one per zone, with vpcId only
	Cidr               string   // vpcCidr; range of the new VPC, /16 to /24
	Zones              []string // availabilityZones; empty: the region's first zoneCount
	ZoneCount          int      // zoneCount; availability zones used, 2–6, default 3
	ZoneCidrMask       int      // zoneCidrMask; prefix length of one zone's share of vpcCidr
	NatGatewayStrategy string   // natGatewayStrategy; OnePerAz, Single or None
	InterfaceEndpoints []string // interfaceEndpoints; AWS service short names, for example ecr.api
	FlowLogRetention   int      // flowLogRetentionDays
	ReservedCidrs      []string // reservedCidrs; ranges that vpcCidr must not overlap (peers, offices)
}

// RedisConfig is the ElastiCache replication group.
type RedisConfig struct {
	Engine                string // redisEngine; redis or valkey
	EngineVersion         string // redisEngineVersion; for example 7.1
	NodeType              string // redisNodeType; for example cache.r7g.large
	Shards                int    // redisShards; 1–90 (with replicas: at most 90 nodes in all)
	ReplicasPerShard      int    // redisReplicasPerShard; 1–5 (Multi-AZ needs one)
	SnapshotRetentionDays int    // redisSnapshotRetentionDays; 1–35
	SnapshotName          string // redisSnapshotName; start from this snapshot (disaster recovery)
}

// NATSConfig is the JetStream cluster.
type NATSConfig struct {
	NodeCount         int      // natsNodeCount; odd, 3–9
	InstanceType      string   // natsInstanceType; for example m6i.large
	VolumeGiB         int      // natsVolumeGiB; size of each node's data disk in GiB
	VolumeIOPS        int      // natsVolumeIops; gp3, 3,000–80,000, at most what the instance type sustains or 3,000
	VolumeThroughput  int      // natsVolumeThroughput; gp3, MB/s, 125–1,000, at most what the instance type sustains or 125
	AMI               string   // natsAmi; empty: today's Amazon Linux at first creation, then kept
	ServerBinary      string   // natsServerBinary; path of the nats-server that nodes run (make artifacts)
	NodeProgram       string   // natsNodeProgram; path of the program that boots nodes (make artifacts)
	LameDuckSeconds   int      // natsLameDuckSeconds; 30–140, default 120
	ControllerArchive string   // controllerArchive; path of the controller's Lambda zip (make artifacts)
	VolumeSnapshots   []string // natsVolumeSnapshots; one snapshot id per node, in order (disaster recovery)
	PrivateDomain     string   // privateDomain; private DNS zone, for example prod.internal
	MaxPayload        int      // natsMaxPayload; bytes, default 1,048,576
	Streams           []Stream // from assets/nats/streams.yaml
}

// MaxFileStore is one node's JetStream storage in bytes, as the cluster's server configuration
// sets it (90 % of the data disk): what the streams' byte limits are shares of.
func (n NATSConfig) MaxFileStore() int64 {
	return natscluster.MaxFileStore(n.VolumeGiB)
}

// ServicesConfig is the table of services and the sizes that all of them share.
type ServicesConfig struct {
	Table        []services.Service // the 22 of the table and additionalServices
	Images       map[string]string  // serviceImages; service name → tag or sha256: digest
	AwaitImages  bool               // awaitImages; true: create all services with no tasks
	TaskCount    int                // serviceTaskCount; 1–10, default 2
	MaxTaskCount int                // serviceMaxTaskCount; default 10
	CPU          int                // serviceCpu; Fargate CPU units
	Memory       int                // serviceMemory; MiB
}

// GatewayConfig is the HTTP gateway, its load balancer and the cutover from HTTP.
type GatewayConfig struct {
	Image                string // gatewayImage; tag or sha256: digest, empty: no tasks yet
	TaskCount            int    // gatewayTaskCount
	CPU                  int    // gatewayCpu
	Memory               int    // gatewayMemory
	Domain               string // gatewayDomain; public name; empty: the load balancer is internal, HTTP only inside the VPC
	HostedZoneID         string // gatewayHostedZoneId; public Route 53 zone of gatewayDomain
	LegacyTargetGroupARN string // legacyTargetGroupArn; target group of the HTTP services being replaced
	NatsWeight           int    // natsWeight; 0–100, share of traffic to the gateway, default 100
	ShadowPercent        int    // shadowPercent; 0–100, share of legacy traffic also sent through NATS
}

// ObservabilityConfig is logs, alarms and the budget.
type ObservabilityConfig struct {
	LogRetentionDays int      // logRetentionDays; one of CloudWatch's values
	AlarmEmails      []string // alarmEmails; subscribed to the alarm topic
	MonthlyBudget    int      // monthlyBudget; US dollars, 0: no budget
}

// BackupConfig is snapshots and their copies.
type BackupConfig struct {
	CopyRegion    string // backupCopyRegion; second region for disk snapshots, empty: none
	RetentionDays int    // backupRetentionDays; 1–365
}
