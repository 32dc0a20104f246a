// Package naming composes the names of AWS resources and knows how long each kind may be, so
// that a name that is too long is refused before the first resource and not by AWS in the
// middle of an update.
package naming

import (
	"fmt"
	"strings"
)

// Kind is a kind of AWS resource whose name has a limit of its own.
type Kind string

// The kinds that the platform names, as an operator reads them.
const (
	LoadBalancer     Kind = "load balancer"
	TargetGroup      Kind = "target group"
	Role             Kind = "IAM role"
	InstanceProfile  Kind = "IAM instance profile"
	Policy           Kind = "IAM policy"
	SecurityGroup    Kind = "security group"
	Cluster          Kind = "ECS cluster"
	Service          Kind = "ECS service"
	TaskFamily       Kind = "ECS task definition family"
	Repository       Kind = "ECR repository"
	ReplicationGroup Kind = "ElastiCache replication group"
	SubnetGroup      Kind = "ElastiCache subnet group"
	ParameterGroup   Kind = "ElastiCache parameter group"
	LogGroup         Kind = "CloudWatch log group"
	Alarm            Kind = "CloudWatch alarm"
	Dashboard        Kind = "CloudWatch dashboard"
	Topic            Kind = "SNS topic"
	Secret           Kind = "Secrets Manager secret"
	KeyAlias         Kind = "KMS alias"
	Function         Kind = "Lambda function"
	Bucket           Kind = "S3 bucket"
	Budget           Kind = "budget"
)

// limits are the longest names in characters. The source is the Name (or identifier) parameter of
// the creating call in each service's API reference on docs.aws.amazon.com.
var limits = map[Kind]int{
	LoadBalancer:     32,  // Elastic Load Balancing CreateLoadBalancer
	TargetGroup:      32,  // Elastic Load Balancing CreateTargetGroup
	Role:             64,  // IAM CreateRole
	InstanceProfile:  128, // IAM CreateInstanceProfile
	Policy:           128, // IAM CreatePolicy
	SecurityGroup:    255, // EC2 CreateSecurityGroup
	Cluster:          255, // ECS CreateCluster
	Service:          255, // ECS CreateService
	TaskFamily:       255, // ECS RegisterTaskDefinition
	Repository:       256, // ECR CreateRepository
	ReplicationGroup: 40,  // ElastiCache CreateReplicationGroup
	SubnetGroup:      255, // ElastiCache CreateCacheSubnetGroup
	ParameterGroup:   255, // ElastiCache CreateCacheParameterGroup
	LogGroup:         512, // CloudWatch Logs CreateLogGroup
	Alarm:            255, // CloudWatch PutMetricAlarm
	Dashboard:        255, // CloudWatch PutDashboard
	Topic:            256, // SNS CreateTopic
	Secret:           512, // Secrets Manager CreateSecret
	KeyAlias:         256, // KMS CreateAlias
	Function:         64,  // Lambda CreateFunction
	Bucket:           63,  // S3 bucket naming rules
	Budget:           100, // Budgets CreateBudget
}

// Limit is the longest name of the kind in characters. A kind that the table lacks is a mistake
// of the caller and panics.
func (k Kind) Limit() int {
	limit, known := limits[k]
	if !known {
		panic(fmt.Sprintf("naming: no limit is known for the name of a %q: add the kind to the table", string(k)))
	}
	return limit
}

// Compose joins the parts with "-" into the name of a resource of this kind. An empty part and
// a name beyond the kind's limit are errors; a name is never cut, because two services could
// then share one.
func (k Kind) Compose(parts ...string) (string, error) {
	return k.check(strings.Join(parts, "-"), parts...)
}

// Path joins the parts with "/", for kinds whose names are paths (repositories, log groups,
// secrets). The errors are those of Compose.
func (k Kind) Path(parts ...string) (string, error) {
	return k.check(strings.Join(parts, "/"), parts...)
}

// check returns the name if it fits the kind and no part of it is empty.
func (k Kind) check(name string, parts ...string) (string, error) {
	for i, part := range parts {
		if part == "" {
			return "", fmt.Errorf("composing the name of a %s: part %d of %q is empty", k, i+1, name)
		}
	}
	if len(name) > k.Limit() {
		return "", fmt.Errorf("composing the name of a %s: %q has %d characters, AWS takes at most %d: shorten a part by %d",
			k, name, len(name), k.Limit(), len(name)-k.Limit())
	}
	return name, nil
}
