// Package platform is what all components share: the stack that they belong to, the way in which a
// component is created, and the names, policies and secrets that several of them need.
package platform

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Stack is what is the same for all components of one stack. All fields are required, but for Keys
// where nothing is encrypted.
type Stack struct {
	Environment      string // the first part of every name, for example "prod"
	Region           string // for example "us-east-1"
	Account          string // 12 digits
	Protect          bool   // refuse the deletion of what holds data
	LogRetentionDays int    // of log groups, one of CloudWatch's values
	Keys             Keys
}

// Keys are the ARNs of the stack's KMS keys, one for each purpose, so that whoever may read logs
// cannot read secrets.
type Keys struct {
	Data          pulumi.StringOutput // NATS disks and Redis
	Logs          pulumi.StringOutput // CloudWatch log groups and exec sessions
	Secrets       pulumi.StringOutput // Secrets Manager
	Artifacts     pulumi.StringOutput // artifact bucket and image repositories
	Notifications pulumi.StringOutput // the alarm topic
}

// ARN names a resource of the stack's region and account, for example the repository
// "prod/quest-system": ARN("ecr", "repository/prod/quest-system").
func (s Stack) ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, s.Region, s.Account, resource)
}

// Compose composes the name of an AWS resource from the environment and the parts (Kind.Compose).
func (s Stack) Compose(kind Kind, parts ...string) (string, error) {
	return kind.Compose(append([]string{s.Environment}, parts...)...)
}

// Tags give a resource the name under which the AWS console lists it.
func (s Stack) Tags(name string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(s.Environment + "-" + name)}
}

// LogGroup creates the log group /<environment>/<path>, encrypted with the key for logs. name is
// its Pulumi name, parent the component that writes to it.
func (s Stack) LogGroup(
	ctx *pulumi.Context,
	name string,
	parent pulumi.Resource,
	path string,
) (*cloudwatch.LogGroup, error) {
	physical, err := LogGroup.Path("/"+s.Environment, path)
	if err != nil {
		return nil, err
	}
	group, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(physical),
		KmsKeyId:        s.Keys.Logs,
		RetentionInDays: pulumi.Int(s.LogRetentionDays),
	}, pulumi.Parent(parent), pulumi.Protect(s.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating log group %q: %w", physical, err)
	}
	return group, nil
}
