// The price table. What varies with traffic (NAT and load balancer data, log ingestion,
// requests) is not in it; Usage names it.

package cost

// price is one row: on-demand, us-east-1.
type price struct {
	dollars float64
	hours   float64 // of a month for which it is paid: hourly, or monthly
	read    string  // when it was read, as exactly as is known
	source  string  // the page of aws.amazon.com
}

const (
	hourly  = 730 // AWS's month
	monthly = 1
)

// Nodes and instances, by engine and type.
var (
	redisNodes = map[string]price{
		"redis cache.r7g.large": {
			dollars: 0.219,
			hours:   hourly,
			read:    "2026",
			source:  "elasticache/pricing",
		},
		"redis cache.t4g.small": {
			dollars: 0.032,
			hours:   hourly,
			read:    "2026",
			source:  "elasticache/pricing",
		},
		"valkey cache.r7g.large": {
			dollars: 0.1752,
			hours:   hourly,
			read:    "2026",
			source:  "elasticache/pricing",
		},
	}
	instances = map[string]price{
		"m6i.large": {
			dollars: 0.096,
			hours:   hourly,
			read:    "2026",
			source:  "ec2/pricing/on-demand",
		},
		"t3.small": {
			dollars: 0.0208,
			hours:   hourly,
			read:    "2026",
			source:  "ec2/pricing/on-demand",
		},
	}
)

var (
	loadBalancer = price{
		dollars: 0.0225,
		hours:   hourly,
		read:    "2026",
		source:  "elasticloadbalancing/pricing",
	} // network or application
	natGateway = price{
		dollars: 0.045,
		hours:   hourly,
		read:    "2026",
		source:  "vpc/pricing",
	}
	publicAddress = price{
		dollars: 0.005,
		hours:   hourly,
		read:    "2026",
		source:  "vpc/pricing",
	} // IPv4
	endpointInZone = price{
		dollars: 0.01,
		hours:   hourly,
		read:    "2026",
		source:  "privatelink/pricing",
	} // interface endpoint, per zone
	taskCPU = price{
		dollars: 0.04048,
		hours:   hourly,
		read:    "2026",
		source:  "fargate/pricing",
	} // per vCPU, x86
	taskMemory = price{
		dollars: 0.004445,
		hours:   hourly,
		read:    "2026",
		source:  "fargate/pricing",
	} // per GB
	gp3GiB = price{
		dollars: 0.08,
		hours:   monthly,
		read:    "2026",
		source:  "ebs/pricing",
	}
	gp3IOPS = price{
		dollars: 0.005,
		hours:   monthly,
		read:    "2026",
		source:  "ebs/pricing",
	} // above freeIOPS
	gp3Throughput = price{
		dollars: 0.04,
		hours:   monthly,
		read:    "2026",
		source:  "ebs/pricing",
	} // per MB/s above freeThroughput
	authority = price{
		dollars: 400,
		hours:   monthly,
		read:    "2026",
		source:  "private-ca/pricing",
	}
	authorityShort = price{
		dollars: 50,
		hours:   monthly,
		read:    "2026",
		source:  "private-ca/pricing",
	} // short-lived mode
	encryptionKey = price{
		dollars: 1,
		hours:   monthly,
		read:    "2026",
		source:  "kms/pricing",
	}
	storedSecret = price{
		dollars: 0.40,
		hours:   monthly,
		read:    "2026",
		source:  "secrets-manager/pricing",
	}
	metricAlarm = price{
		dollars: 0.10,
		hours:   monthly,
		read:    "2026",
		source:  "cloudwatch/pricing",
	}
	privateZone = price{
		dollars: 0.50,
		hours:   monthly,
		read:    "2026",
		source:  "route53/pricing",
	}
)

const (
	freeIOPS       = 3000 // of every gp3 volume
	freeThroughput = 125  // MB/s of every gp3 volume
	fargateUnit    = 1024 // CPU units to the vCPU, MiB to the GB
)

// Usage is what the sums leave out, because it depends on traffic.
var Usage = []string{
	"data through NAT gateways, endpoints and load balancers",
	"traffic between zones",
	"log ingestion",
	"snapshots beyond the first day",
	"backups of streams (S3, 14 days: 0.32 for each GB that streams hold)",
	"image storage",
	"certificates (0.058 each, short-lived)",
	"Lambda, S3 and KMS requests",
	"metrics of Container Insights and of detailed monitoring",
	"11 metrics of the controller (0.30 each)",
	"addresses of a public load balancer",
}

// Old is what the system before this one was stated to cost a month, by part.
var Old = []Line{{Part: "Redis", Dollars: 1288}, {Part: "NATS", Dollars: 420}, {Part: "ECS", Dollars: 1000}}

// free types cost nothing just by existing.
var free = []string{
	"aws:acmpca/certificate:Certificate",
	"aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate",
	"aws:appautoscaling/target:Target",
	"aws:budgets/budget:Budget",
	"aws:cloudwatch/dashboard:Dashboard", // three dashboards are free (CloudWatch pricing)
	"aws:cloudwatch/eventRule:EventRule",
	"aws:cloudwatch/eventTarget:EventTarget", // rules of the default bus (EventBridge pricing)
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
	"aws:lambda/permission:Permission",
	"aws:cloudwatch/logGroup:LogGroup",
	"aws:dlm/lifecyclePolicy:LifecyclePolicy",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	"aws:ec2/flowLog:FlowLog",
	"aws:ec2/networkInterface:NetworkInterface",
	"aws:ec2/securityGroup:SecurityGroup",
	"aws:ec2/volumeAttachment:VolumeAttachment",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy",
	"aws:ecr/repository:Repository",
	"aws:ecs/cluster:Cluster",
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
	"aws:ecs/taskDefinition:TaskDefinition",
	"aws:elasticache/parameterGroup:ParameterGroup",
	"aws:elasticache/subnetGroup:SubnetGroup",
	"aws:iam/instanceProfile:InstanceProfile",
	"aws:iam/policy:Policy",
	"aws:iam/role:Role",
	"aws:iam/rolePolicy:RolePolicy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:kms/alias:Alias",
	"aws:lambda/function:Function",
	"aws:lambda/invocation:Invocation",
	"aws:lb/listener:Listener",
	"aws:lb/listenerRule:ListenerRule",
	"aws:lb/targetGroup:TargetGroup",
	"aws:lb/targetGroupAttachment:TargetGroupAttachment",
	"aws:route53/record:Record",
	"aws:acm/certificate:Certificate",
	"aws:acm/certificateValidation:CertificateValidation",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	"aws:s3/bucketObjectv2:BucketObjectv2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	"aws:s3/bucketPolicy:BucketPolicy",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketVersioningV2:BucketVersioningV2",
	"aws:secretsmanager/secretVersion:SecretVersion",
	"aws:sns/topic:Topic",
	"aws:sns/topicPolicy:TopicPolicy",
	"aws:sns/topicSubscription:TopicSubscription",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
	"pulumi:providers:aws",
	"random:index/randomPassword:RandomPassword",
	"tls:index/privateKey:PrivateKey",
	"aws:ec2/subnetCidrReservation:SubnetCidrReservation",
}
