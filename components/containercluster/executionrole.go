// The execution role: shared by all services, because it is Fargate that uses it before a
// container runs and never the container; what a service itself may do is its task role's.

package containercluster

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

func (c *ContainerCluster) createExecutionRole(ctx *pulumi.Context, name string) (err error) {
	c.role, err = iam.NewRole(ctx, name+"-execution-role", &iam.RoleArgs{
		Description: pulumi.Sprintf(
			"Fargate pulls images and reads secrets for the tasks of %s",
			c.args.Environment,
		),
		AssumeRolePolicy: pulumi.String(c.args.AssumeRoleForTasks()),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("creating the execution role: %w", err)
	}
	// Written out and not AWS's AmazonECSTaskExecutionRolePolicy, which reads every repository
	// and writes every log group of the account.
	attached, err := iam.NewRolePolicy(ctx, name+"-execution-policy", &iam.RolePolicyArgs{
		Role:   c.role.Name,
		Policy: pulumi.String(platform.PolicyJSON(executionRights(c.args.Stack)...)),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("giving the execution role its rights: %w", err)
	}
	ready := []pulumi.CustomResource{attached}
	for i, part := range slices.Collect(slices.Chunk(c.args.SecretArns, secretsPerPolicy)) {
		readable, err := c.readSecrets(ctx, fmt.Sprintf("%s-execution-secrets-%d", name, i+1), part)
		if err != nil {
			return fmt.Errorf("letting the execution role read secrets: %w", err)
		}
		ready = append(ready, readable)
	}
	c.ExecutionRoleArn = platform.After(c.role.Arn, ready...)
	return nil
}

// secretsPerPolicy keeps a managed policy below IAM's 6,144 characters: an ARN is at most about
// 120 here. A role takes ten such policies (IAM user guide, "IAM and AWS STS quotas"), so that
// there is room for 400 secrets; one inline policy would be full at 90.
const secretsPerPolicy = 40

func (c *ContainerCluster) readSecrets(
	ctx *pulumi.Context,
	name string,
	secrets pulumi.StringArray,
) (*iam.RolePolicyAttachment, error) {
	readable, err := iam.NewPolicy(ctx, name, &iam.PolicyArgs{
		Policy: pulumi.All(
			secrets.ToStringArrayOutput(),
			c.args.Keys.Secrets,
		).ApplyT(func(known []any) string {
			return platform.PolicyJSON(secretRights(known[0].([]string), known[1].(string))...)
		}).(pulumi.StringOutput),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	return iam.NewRolePolicyAttachment(ctx, name, &iam.RolePolicyAttachmentArgs{
		Role:      c.role.Name,
		PolicyArn: readable.Arn,
	}, pulumi.Parent(c))
}

// secretRights let Fargate hand these secrets to tasks, and no others.
func secretRights(secrets []string, key string) []platform.Statement {
	return []platform.Statement{
		{
			Sid:      "ReadSecrets",
			Effect:   "Allow",
			Action:   []string{"secretsmanager:GetSecretValue"},
			Resource: secrets,
		},
		{
			Sid:      "DecryptSecrets",
			Effect:   "Allow",
			Action:   []string{"kms:Decrypt"},
			Resource: key,
		},
	}
}

// executionRights let Fargate pull the images and write the logs of the stack, and no others.
func executionRights(stack platform.Stack) []platform.Statement {
	return []platform.Statement{
		{
			// The one call of ECR that knows no resource; the token opens nothing by itself.
			Sid:      "SignIn",
			Effect:   "Allow",
			Action:   []string{"ecr:GetAuthorizationToken"},
			Resource: "*",
		},
		{
			Sid:      "WriteLogs",
			Effect:   "Allow",
			Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resource: stack.ARN("logs", "log-group:/"+stack.Environment+"/*"),
		},
		{
			Sid:    "PullImages",
			Effect: "Allow",
			Action: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
			},
			Resource: []string{stack.ARN("ecr", "repository/"+stack.Environment+"/*")},
		},
	}
}
