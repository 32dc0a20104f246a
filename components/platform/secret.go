// Secrets: how long a deleted one can be brought back, and how a container names one version.

package platform

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// secretRecoveryDays is the longest that Secrets Manager offers (API reference, DeleteSecret,
// RecoveryWindowInDays).
const secretRecoveryDays = 30

// SecretRecoveryDays are the days for which a deleted secret can be brought back. A stack without
// protection is made to be thrown away and made again: its secrets go at once.
func (s Stack) SecretRecoveryDays() int {
	if s.Protect {
		return secretRecoveryDays
	}
	return 0
}

// SecretVersion is a secret's version as ECS takes it in valueFrom: the ARN, no key of a JSON text,
// no stage, and the version's id (ECS developer guide, "Pass Secrets Manager secrets through Amazon
// ECS environment variables"; on Fargate from platform version 1.4.0 on).
func SecretVersion(arn, version pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("%s:::%s", arn, version)
}
