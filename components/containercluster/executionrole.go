// The execution role: shared by all services, because it is Fargate that uses it before a
// container runs and never the container; what a service itself may do is its task role's.

package containercluster

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/ordering"
	"github.com/bodybroker/platform/components/policy"
)

func (c *ContainerCluster) executionRole(ctx *pulumi.Context, name string, args Args) error {
	role, err := iam.NewRole(ctx, name+"-execution-role", &iam.RoleArgs{
		Description: pulumi.Sprintf(
			"Fargate pulls images and reads secrets for the tasks of %s",
			args.Environment,
		),
		AssumeRolePolicy: pulumi.String(policy.Tasks(args.Region, args.Account)),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("creating the execution role: %w", err)
	}
	rights := pulumi.All(args.RepositoryArns.ToStringArrayOutput(), args.LogGroupArnPrefix.ToStringOutput()).
		ApplyT(func(known []any) string {
			return policy.JSON(executionRights(known[0].([]string), known[1].(string))...)
		}).(pulumi.StringOutput)
	// Written out and not AWS's AmazonECSTaskExecutionRolePolicy, which reads every repository
	// and writes every log group of the account.
	attached, err := iam.NewRolePolicy(ctx, name+"-execution-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rights,
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("giving the execution role its rights: %w", err)
	}
	ready := []pulumi.CustomResource{attached}
	for i, part := range slices.Collect(slices.Chunk(args.SecretArns, secretsPerPolicy)) {
		readable, err := c.readSecrets(ctx, fmt.Sprintf("%s-execution-secrets-%d", name, i+1), role, part, args)
		if err != nil {
			return fmt.Errorf("letting the execution role read secrets: %w", err)
		}
		ready = append(ready, readable)
	}
	c.ExecutionRoleArn = ordering.After(role.Arn, ready...)
	return nil
}

// secretsPerPolicy keeps a managed policy below IAM's 6,144 characters: an ARN is at most about
// 120 here. A role takes ten such policies (IAM user guide, "IAM and AWS STS quotas"), so that
// there is room for 400 secrets; one inline policy would be full at 90.
const secretsPerPolicy = 40

func (c *ContainerCluster) readSecrets(
	ctx *pulumi.Context,
	name string,
	role *iam.Role,
	secrets pulumi.StringArray,
	args Args,
) (*iam.RolePolicyAttachment, error) {
	readable, err := iam.NewPolicy(ctx, name, &iam.PolicyArgs{
		Policy: pulumi.All(
			secrets.ToStringArrayOutput(),
			args.SecretsKeyArn.ToStringOutput(),
		).ApplyT(func(known []any) string {
			return policy.JSON(secretRights(known[0].([]string), known[1].(string))...)
		}).(pulumi.StringOutput),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	return iam.NewRolePolicyAttachment(
		ctx,
		name,
		&iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: readable.Arn},
		pulumi.Parent(c),
	)
}

// secretRights let Fargate hand these secrets to tasks, and no others.
func secretRights(secrets []string, key string) []policy.Statement {
	return []policy.Statement{
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

// executionRights are the statements of the execution role.
func executionRights(repositories []string, logGroupPrefix string) []policy.Statement {
	return []policy.Statement{
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
			Resource: logGroupPrefix + "*",
		},
		{
			Sid:    "PullImages",
			Effect: "Allow",
			Action: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
			},
			Resource: repositories,
		},
	}
}
