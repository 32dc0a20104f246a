// AWS's managed policies, which exist in every account.
package localcloud

const managedPolicyType = "aws:iam/managedPolicy:ManagedPolicy"

// managedPolicies are the AWS managed policies that the program may attach.
var managedPolicies = []string{
	"AmazonSSMManagedInstanceCore",
	"service-role/AWSLambdaVPCAccessExecutionRole",
	"service-role/AWSDataLifecycleManagerServiceRole",
}

var _ = registerExisting(func(tx *Tx) {
	for _, name := range managedPolicies {
		arn := "arn:aws:iam::aws:policy/" + name
		tx.keep(managedPolicyType, arn, map[string]any{"arn": arn})
	}
})
