// AWS's managed policies: they exist in every account, so attachments may name them.
package roles

import "github.com/bodybroker/platform/internal/localcloud/cloud"

const managedPolicyType = "aws:iam/managedPolicy:ManagedPolicy"

// managedPolicies are the AWS managed policies that the program may attach.
var managedPolicies = []string{
	"AmazonSSMManagedInstanceCore",
	"service-role/AWSLambdaVPCAccessExecutionRole",
	"service-role/AWSDataLifecycleManagerServiceRole",
}

var _ = cloud.RegisterExisting(func(tx *cloud.Tx) {
	for _, name := range managedPolicies {
		arn := "arn:aws:iam::aws:policy/" + name
		tx.Keep(managedPolicyType, arn, map[string]any{"arn": arn})
	}
})
