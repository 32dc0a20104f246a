// How a container names one version of a secret.

package naming

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// SecretVersion is a secret's version as ECS takes it in valueFrom: the ARN, no key of a JSON text,
// no stage, and the version's id (ECS developer guide, "Pass Secrets Manager secrets through Amazon
// ECS environment variables"; on Fargate from platform version 1.4.0 on).
func SecretVersion(arn, version pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("%s:::%s", arn, version)
}
