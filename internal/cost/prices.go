// The price table. What varies with traffic (NAT and load balancer data, log ingestion,
// requests) is not in it; Usage names it.
package cost

// PriceDate is when the prices were read: on-demand, us-east-1, US dollars, from AWS's pricing pages.
const PriceDate = "2026"

// hours is AWS's month.
const hours = 730

// Hourly prices by node, instance and resource type.
var (
	redisNodeHour  = map[string]float64{"redis cache.r7g.large": 0.219, "valkey cache.r7g.large": 0.1752, "redis cache.t4g.small": 0.032}
	instanceHour   = map[string]float64{"m6i.large": 0.096, "t3.small": 0.0208}
	loadBalancer   = 0.0225 // per hour, network or application
	natGatewayHour = 0.045
	endpointHour   = 0.01  // interface endpoint, per zone
	addressHour    = 0.005 // public IPv4
	vcpuHour       = 0.04048
	memoryHour     = 0.004445 // per GB
)

// Monthly prices.
const (
	gp3GiB         = 0.08
	gp3IOPS        = 0.005 // above 3,000
	gp3Throughput  = 0.04  // per MB/s above 125
	authority      = 400.0
	authorityShort = 50.0
	key            = 1.0
	secretPrice    = 0.40
	alarmPrice     = 0.10
	privateZone    = 0.50
	freeIOPS       = 3000
	freeThroughput = 125
	fargateUnit    = 1024 // CPU units to the vCPU, MiB to the GB
)

// Usage is what the sums leave out, because it depends on traffic.
var Usage = []string{"data through NAT gateways, endpoints and load balancers", "traffic between zones", "log ingestion",
	"snapshots beyond the first day", "image storage", "certificates (0.058 each, short-lived)", "Lambda, S3 and KMS requests",
	"metrics of Container Insights and of detailed monitoring", "addresses of a public load balancer"}

// Old is what the system before this one was stated to cost a month, by part.
var Old = []Line{{Part: "Redis", Dollars: 1288}, {Part: "NATS", Dollars: 420}, {Part: "ECS", Dollars: 1000}}

// free types cost nothing by standing there.
var free = map[string]bool{}

func init() {
	for _, token := range []string{
		"aws:acmpca/certificate:Certificate", "aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate",
		"aws:appautoscaling/target:Target", "aws:budgets/budget:Budget",
		"aws:cloudwatch/dashboard:Dashboard", // three dashboards are free (CloudWatch pricing)
		"aws:cloudwatch/logGroup:LogGroup", "aws:dlm/lifecyclePolicy:LifecyclePolicy", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
		"aws:ec2/flowLog:FlowLog", "aws:ec2/networkInterface:NetworkInterface", "aws:ec2/securityGroup:SecurityGroup",
		"aws:ec2/volumeAttachment:VolumeAttachment", "aws:ecr/lifecyclePolicy:LifecyclePolicy", "aws:ecr/repository:Repository",
		"aws:ecs/cluster:Cluster", "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "aws:ecs/taskDefinition:TaskDefinition",
		"aws:elasticache/parameterGroup:ParameterGroup", "aws:elasticache/subnetGroup:SubnetGroup", "aws:iam/instanceProfile:InstanceProfile",
		"aws:iam/policy:Policy", "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		"aws:kms/alias:Alias", "aws:lambda/function:Function", "aws:lambda/invocation:Invocation", "aws:lb/listener:Listener",
		"aws:lb/listenerRule:ListenerRule", "aws:lb/targetGroup:TargetGroup", "aws:lb/targetGroupAttachment:TargetGroupAttachment",
		"aws:route53/record:Record", "aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation",
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "aws:s3/bucketObjectv2:BucketObjectv2",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "aws:s3/bucketPolicy:BucketPolicy",
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "aws:s3/bucketV2:BucketV2",
		"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:secretsmanager/secretVersion:SecretVersion", "aws:sns/topic:Topic",
		"aws:sns/topicPolicy:TopicPolicy", "aws:sns/topicSubscription:TopicSubscription",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "pulumi:providers:aws", "random:index/randomPassword:RandomPassword",
		"tls:index/privateKey:PrivateKey", "aws:ec2/subnetCidrReservation:SubnetCidrReservation",
	} {
		free[token] = true
	}
}
