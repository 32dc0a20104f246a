// Whether an AWS service may assume a role. The answer depends on the trust policy and on the
// resource for which the service says that it acts. Sources: IAM user guide, "The confused deputy
// problem" and "AWS global condition context keys"; VPC user guide, "IAM role for publishing flow
// logs to CloudWatch Logs"; EBS user guide, "IAM service roles for Amazon Data Lifecycle Manager";
// ECS developer guide, "Amazon ECS task IAM role"; EventBridge Scheduler user guide, "Confused
// deputy prevention".
package roles

import (
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// actsFor is what services name in aws:SourceArn when they assume a role, an example of its kind.
// Those that are not here name nothing: EC2 for an instance's profile and Lambda for a function.
var actsFor = map[string]string{
	"ecs-tasks.amazonaws.com":     "arn:aws:ecs:{region}:{account}:task/cluster/0123456789abcdef0123456789abcdef",
	"vpc-flow-logs.amazonaws.com": "arn:aws:ec2:{region}:{account}:vpc-flow-log/fl-0123456789abcdef0",
	"dlm.amazonaws.com":           "arn:aws:dlm:{region}:{account}:policy/policy-0123456789abcdef0",
	"scheduler.amazonaws.com":     "arn:aws:scheduler:{region}:{account}:schedule-group/default",
}

// MayAssume says whether a trust policy allows a service of this account and region to assume the
// role. A condition that is not known here is an error.
func MayAssume(c *cloud.Cloud, document, service string) (bool, error) {
	trust, err := iam.Parse(document, iam.TrustPolicy)
	if err != nil {
		return false, err
	}
	context := iam.Context{"aws:principalisawsservice": "true"}
	if source, says := actsFor[service]; says {
		context["aws:sourceaccount"] = c.Account
		context["aws:sourcearn"] = strings.NewReplacer("{region}", c.Region, "{account}", c.Account).Replace(source)
	}
	decision, err := iam.EvaluateTrust(trust, iam.Request{
		Principal: iam.Principal{Service: service},
		Action:    "sts:AssumeRole",
		Context:   context,
	})
	return decision.Verdict == iam.Allowed, err
}
