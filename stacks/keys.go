// The table of configuration keys. Pulumi.yaml is generated from it (go test ./stacks -run
// TestProjectFile -update), and what a key accepts from the tables that judge it, so that each
// stands in one place only.

package stacks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	hexID      = `([0-9a-f]{8}|[0-9a-f]{17})$`
	hostname   = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`
	imageForm  = `^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$`
	imageTakes = "a tag of up to 128 letters, digits, \"_\", \".\" and \"-\" other than latest, or sha256: and 64 hexadecimal digits"
)

// Keys are all configuration keys, in the order of Pulumi.yaml.
var Keys = accepting([]Key{
	{Name: regionKey, Field: "Region", Type: String, Default: "", Example: "us-east-1", Required: true,
		Description: "Region of everything in the stack.", Accepts: "an AWS region with three availability zones"},
	{Name: "environment", Field: "Environment", Type: String, Default: "", Example: "prod", Required: true,
		Min: 2, Max: 12, Form: regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`),
		Description: "Prefix of every name.", Accepts: ", all of a-z, 0-9 and single \"-\" between them, starting with a letter"},
	{Name: "allowedAccounts", Field: "AllowedAccounts", Type: Array, Items: String, Default: []string{}, Example: "123456789012", Required: true,
		Form:        regexp.MustCompile(`^[0-9]{12}$`),
		Description: "The only AWS accounts that this stack may change.", Accepts: "account ids of 12 digits, at least one"},
	{Name: "protect", Field: "Protect", Type: Boolean, Default: true, Example: "true",
		Description: "Refuse the deletion of every resource that holds data."},

	{Name: "vpcId", Field: "Network.VpcID", Type: String, Default: "", Example: "vpc-0123456789abcdef0", Form: regexp.MustCompile(`^vpc-` + hexID),
		Description: "Existing VPC to build in; empty makes a new one.", Accepts: "vpc- and 8 or 17 hexadecimal digits, or empty"},
	{Name: "privateSubnetIds", Field: "Network.PrivateSubnetIDs", Type: Array, Items: String, Default: []string{}, Example: "subnet-0123456789abcdef0",
		Form:        regexp.MustCompile(`^subnet-` + hexID),
		Description: "Private subnets of the existing VPC.", Accepts: "with vpcId one subnet id per zone, else none"},
	{Name: "publicSubnetIds", Field: "Network.PublicSubnetIDs", Type: Array, Items: String, Default: []string{}, Example: "subnet-0123456789abcdef1",
		Form:        regexp.MustCompile(`^subnet-` + hexID),
		Description: "Public subnets of the existing VPC.", Accepts: "with vpcId one subnet id per zone, else none"},
	{Name: "vpcCidr", Field: "Network.Cidr", Type: String, Default: "10.20.0.0/16", Example: "10.20.0.0/16",
		Description: "Range of the new VPC.", Accepts: "a private IPv4 range from /16 to /24"},
	{Name: "zoneCount", Field: "Network.ZoneCount", Type: Integer, Default: 3, Example: "3", Min: 2, Max: 6,
		Description: "Availability zones used.", Accepts: ", at most what the region has"},
	{Name: "availabilityZones", Field: "Network.Zones", Type: Array, Items: String, Default: []string{}, Example: "us-east-1a", Form: regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`),
		Description: "Availability zones used, so that they stay the same whatever the region has later; empty takes the first zoneCount.", Accepts: "zoneCount zones of the region, or none"},
	{Name: "zoneCidrMask", Field: "Network.ZoneCidrMask", Type: Integer, Default: 18, Example: "18", Min: 17, Max: 26,
		Description: "Prefix length of one zone's share of vpcCidr; half of a share is private, half public.", Accepts: ", with room for every zone's share in vpcCidr"},
	{Name: "natGatewayStrategy", Field: "Network.NatGatewayStrategy", Type: String, Default: "OnePerAz", Example: "OnePerAz", OneOf: []string{"OnePerAz", "Single", "None"},
		Description: "NAT gateways through which private subnets reach the internet."},
	{Name: "interfaceEndpoints", Field: "Network.InterfaceEndpoints", Type: Array, Items: String, Default: endpointsNeeded, Example: "ecr.api",
		Form:        regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`),
		Description: "AWS services reached inside the VPC instead of through NAT.", Accepts: "none (all goes through NAT), or every service that the platform calls"},
	{Name: "flowLogRetentionDays", Field: "Network.FlowLogRetention", Type: Integer, Default: 30, Example: "30",
		Description: "Days for which VPC flow logs are kept.", Accepts: numbers(retentionDays)},
	{Name: "reservedCidrs", Field: "Network.ReservedCidrs", Type: Array, Items: String, Default: []string{}, Example: "10.0.0.0/16",
		Description: "Ranges of peers and offices that vpcCidr must not overlap.", Accepts: "IPv4 ranges"},

	{Name: "redisEngine", Field: "Redis.Engine", Type: String, Default: "redis", Example: "redis", OneOf: []string{"redis", "valkey"},
		Description: "Engine of the ElastiCache replication group."},
	{Name: "redisEngineVersion", Field: "Redis.EngineVersion", Type: String, Default: "7.1", Example: "7.1", Required: true,
		Description: "Version of the engine.", Accepts: versionsByEngine()},
	{Name: "redisNodeType", Field: "Redis.NodeType", Type: String, Default: "cache.r7g.large", Example: "cache.r7g.large", Required: true,
		Description: "Node type of the replication group.", Accepts: "cache.<family>.<size> of a current family (" + strings.Join(slices.Sorted(maps.Keys(nodeSizes)), ", ") + ")"},
	{Name: "redisShards", Field: "Redis.Shards", Type: Integer, Default: 3, Example: "3", Min: 1, Max: mostRedisNodes,
		Description: "Shards of the replication group.", Accepts: fmt.Sprintf(", with replicas at most %d nodes in all", mostRedisNodes)},
	{Name: "redisReplicasPerShard", Field: "Redis.ReplicasPerShard", Type: Integer, Default: 1, Example: "1", Min: 1, Max: 5,
		Description: "Replicas of each shard; Multi-AZ needs one."},
	{Name: "redisSnapshotRetentionDays", Field: "Redis.SnapshotRetentionDays", Type: Integer, Default: 7, Example: "7", Min: 1, Max: 35,
		Description: "Days for which daily Redis snapshots are kept."},
	{Name: "redisSnapshotName", Field: "Redis.SnapshotName", Type: String, Default: "", Example: "prod-redis-final", Form: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,254}$`),
		Description: "Snapshot to start from (disaster recovery).", Accepts: "the name of a snapshot in this region, or empty"},
	{Name: "redisTokenUpdateStrategy", Field: "Redis.TokenUpdateStrategy", Type: String, Default: "ROTATE", Example: "ROTATE", OneOf: []string{"ROTATE", "SET"},
		Description: "What ElastiCache does with the AUTH token before, when there is a new one: ROTATE takes both, SET, after that, the new one alone."},

	{Name: "natsNodeCount", Field: "NATS.NodeCount", Type: Integer, Default: 5, Example: "5", Min: 3, Max: 9,
		Description: "Servers of the NATS cluster.", Accepts: ", odd"},
	{Name: "natsInstanceType", Field: "NATS.InstanceType", Type: String, Default: "m6i.large", Example: "m6i.large", Required: true,
		Description: "EC2 instance type of a NATS node.", Accepts: "a type of the families " + list(instanceFamilies(), "and") + " (x86_64: the server binary is built for amd64)"},
	{Name: "natsVolumeGiB", Field: "NATS.VolumeGiB", Type: Integer, Default: 500, Example: "500", Min: 1, Max: 65536,
		Description: "Size of each node's data disk in GiB."},
	{Name: "natsVolumeIops", Field: "NATS.VolumeIOPS", Type: Integer, Default: 3000, Example: "3000", Min: freeIOPS, Max: 80000,
		Description: "IOPS of each data disk (gp3).", Accepts: fmt.Sprintf(", more than the least only if the instance type sustains it, at most %d per GiB", mostIOPSPerGiB)},
	{Name: "natsVolumeThroughput", Field: "NATS.VolumeThroughput", Type: Integer, Default: 125, Example: "125", Min: freeThroughput, Max: 1000,
		Description: "Throughput of each data disk (gp3) in MB/s.", Accepts: fmt.Sprintf(", more than the least only if the instance type sustains it, at most natsVolumeIops / %d", iopsPerThroughput)},
	{Name: "natsAmi", Field: "NATS.AMI", Type: String, Default: "", Example: "ami-0123456789abcdef0", Form: regexp.MustCompile(`^ami-` + hexID),
		Description: "Machine image of NATS nodes; empty takes today's Amazon Linux at first creation and keeps it.", Accepts: "ami- and 8 or 17 hexadecimal digits, or empty"},
	{Name: "natsServerBinary", Field: "NATS.ServerBinary", Type: String, Default: "artifacts/nats-server", Example: "artifacts/nats-server", Required: true,
		Description: "Path of the nats-server that nodes run.", Accepts: "a file made by make artifacts"},
	{Name: "natsNodeProgram", Field: "NATS.NodeProgram", Type: String, Default: "artifacts/nats-node", Example: "artifacts/nats-node", Required: true,
		Description: "Path of the program that boots a NATS node and keeps its configuration and certificate.", Accepts: "a file made by make artifacts"},
	{Name: "natsLameDuckSeconds", Field: "NATS.LameDuckSeconds", Type: Integer, Default: 120, Example: "120", Min: 30, Max: 140,
		Description: "Seconds over which a server that stops moves its clients away.", Accepts: "30 (the server's least) to 140 (systemd ends a server after 150)"},
	{Name: "controllerArchive", Field: "NATS.ControllerArchive", Type: String, Default: "artifacts/controller.zip", Example: "artifacts/controller.zip", Required: true,
		Description: "Path of the controller's Lambda archive.", Accepts: "a file made by make artifacts"},
	{Name: "natsVolumeSnapshots", Field: "NATS.VolumeSnapshots", Type: Array, Items: String, Default: []string{}, Example: "snap-0123456789abcdef0",
		Form:        regexp.MustCompile(`^snap-` + hexID),
		Description: "Snapshots that the data disks start from, in the order of the nodes (disaster recovery).", Accepts: "one snapshot id per node, or none"},
	{Name: "privateDomain", Field: "NATS.PrivateDomain", Type: String, Default: "nats.internal", Example: "prod.internal", Required: true, Min: 3, Max: 200, Form: regexp.MustCompile(hostname),
		Description: "Private DNS zone of the VPC.", Accepts: "a domain name of at least two labels, such as prod.internal"},
	{Name: "natsMaxPayload", Field: "NATS.MaxPayload", Type: Integer, Default: 1048576, Example: "1048576", Min: 1024, Max: 8388608,
		Description: "Largest message in bytes, headers included.", Accepts: ", for NATS advises against more"},

	{Name: "natsPreviousKeys", Field: "NATS.PreviousKeys", Type: Object, Default: map[string]string{}, Example: "quest-system=UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
		Description: "Public keys that the servers take beside an identity's own while its seed is rotated.", Accepts: "service name to the key that natsPublicKeys showed before"},
	{Name: "additionalServices", Field: "Services.Table", Type: Array, Items: Object, Default: []string{}, Example: "inventory",
		Description: "Services beside those of assets/services/services.yaml.", Accepts: "objects with name, queue, rpc, events, calls and internet, as in that file"},
	{Name: "serviceImages", Field: "Services.Images", Type: Object, Default: map[string]string{}, Example: "quest-system=1.0.0",
		Description: "Image of each service; a service without one is created with no tasks.", Accepts: "service name to " + imageTakes},
	{Name: "awaitImages", Field: "Services.AwaitImages", Type: Boolean, Default: false, Example: "false",
		Description: "Create all services with no tasks, whatever serviceImages says."},
	{Name: "serviceTaskCount", Field: "Services.TaskCount", Type: Integer, Default: 2, Example: "2", Min: 1, Max: 10,
		Description: "Tasks of each service to begin with, and the fewest."},
	{Name: "serviceMaxTaskCount", Field: "Services.MaxTaskCount", Type: Integer, Default: 10, Example: "10", Min: 1, Max: 100,
		Description: "Most tasks that autoscaling gives a service.", Accepts: ", at least serviceTaskCount"},
	{Name: "serviceCpu", Field: "Services.CPU", Type: Integer, Default: 256, Example: "256",
		Description: "CPU units of a task.", Accepts: fargateCPUs()},
	{Name: "serviceMemory", Field: "Services.Memory", Type: Integer, Default: 512, Example: "512",
		Description: "Memory of a task in MiB.", Accepts: "a size that Fargate offers for serviceCpu"},

	{Name: "gatewayImage", Field: "Gateway.Image", Type: String, Default: "", Example: "1.0.0", Form: regexp.MustCompile(imageForm),
		Description: "Image of the gateway; empty creates it with no tasks.", Accepts: imageTakes + ", or empty"},
	{Name: "gatewayTaskCount", Field: "Gateway.TaskCount", Type: Integer, Default: 2, Example: "2", Min: 1, Max: 10,
		Description: "Tasks of the gateway."},
	{Name: "gatewayCpu", Field: "Gateway.CPU", Type: Integer, Default: 512, Example: "512",
		Description: "CPU units of a gateway task.", Accepts: fargateCPUs()},
	{Name: "gatewayMemory", Field: "Gateway.Memory", Type: Integer, Default: 1024, Example: "1024",
		Description: "Memory of a gateway task in MiB.", Accepts: "a size that Fargate offers for gatewayCpu"},
	{Name: "gatewayDomain", Field: "Gateway.Domain", Type: String, Default: "", Example: "api.example.com", Min: 3, Max: 253, Form: regexp.MustCompile(hostname),
		Description: "Public name of the gateway; empty keeps its load balancer internal.", Accepts: "a domain name together with gatewayHostedZoneId, or empty"},
	{Name: "gatewayHostedZoneId", Field: "Gateway.HostedZoneID", Type: String, Default: "", Example: "Z0123456789ABCDEFGHIJ", Form: regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`),
		Description: "Public Route 53 zone of gatewayDomain.", Accepts: "a zone id together with gatewayDomain, or empty"},
	{Name: "legacyTargetGroupArn", Field: "Gateway.LegacyTargetGroupARN", Type: String, Default: "",
		Example:     "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/legacy/0123456789abcdef",
		Form:        regexp.MustCompile(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}$`),
		Description: "Target group of the HTTP services being replaced.", Accepts: "the ARN of a target group in this region and account, or empty"},
	{Name: "legacyPort", Field: "Gateway.LegacyPort", Type: Integer, Default: 0, Example: "8080", Min: 0, Max: 65535,
		Description: "Port of the targets in legacyTargetGroupArn, opened to the gateway's load balancer.", Accepts: ", above 0 with legacyTargetGroupArn"},
	{Name: "legacyUrl", Field: "Gateway.LegacyURL", Type: String, Default: "", Example: "http://legacy.prod.internal:8080", Form: regexp.MustCompile(`^http://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$`),
		Description: "Where the gateway reaches the HTTP services being replaced, inside the VPC.", Accepts: "http://host or http://host:port with shadowPercent, or empty"},
	{Name: "natsWeight", Field: "Gateway.NatsWeight", Type: Integer, Default: 100, Example: "100", Min: 0, Max: 100,
		Description: "Percent of traffic that goes to the gateway; the rest goes to legacyTargetGroupArn.", Accepts: ", below 100 only with legacyTargetGroupArn"},
	{Name: "shadowPercent", Field: "Gateway.ShadowPercent", Type: Integer, Default: 0, Example: "0", Min: 0, Max: 100,
		Description: "Percent of legacy traffic that is also sent through NATS.", Accepts: ", above 0 only with legacyTargetGroupArn and legacyUrl"},

	{Name: "logRetentionDays", Field: "Observability.LogRetentionDays", Type: Integer, Default: 30, Example: "30",
		Description: "Days for which logs are kept.", Accepts: numbers(retentionDays)},
	{Name: "alarmEmails", Field: "Observability.AlarmEmails", Type: Array, Items: String, Default: []string{}, Example: "platform@example.com",
		Description: "Addresses subscribed to the alarm topic.", Accepts: "e-mail addresses"},
	{Name: "monthlyBudget", Field: "Observability.MonthlyBudget", Type: Integer, Default: 0, Example: "3000", Min: 0, Max: 10000000,
		Description: "Monthly budget in US dollars; 0 makes none."},

	{Name: "backupCopyRegion", Field: "Backup.CopyRegion", Type: String, Default: "", Example: "us-west-2",
		Description: "Second region to which disk snapshots are copied.", Accepts: "an AWS region other than aws:region, or empty"},
	{Name: "backupRetentionDays", Field: "Backup.RetentionDays", Type: Integer, Default: 30, Example: "30", Min: 1, Max: 365,
		Description: "Days for which disk snapshots are kept."},
})
