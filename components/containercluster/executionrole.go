// The execution role: shared by all services, because it is Fargate that uses it before a
// container runs and never the container; what a service itself may do is its task role's.
package containercluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

func (c *ContainerCluster) executionRole(ctx *pulumi.Context, name string, args Args) error {
	role, err := iam.NewRole(ctx, name+"-execution-role", &iam.RoleArgs{
		Description:      pulumi.Sprintf("Fargate pulls images and reads secrets for the tasks of %s", args.Environment),
		AssumeRolePolicy: pulumi.String(policy.AssumeRole("ecs-tasks.amazonaws.com")),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("creating the execution role: %w", err)
	}
	rights := pulumi.All(
		args.SecretArns.ToStringArrayOutput(), args.RepositoryArns.ToStringArrayOutput(),
		args.SecretsKeyArn.ToStringOutput(), args.LogGroupArnPrefix.ToStringOutput(),
	).ApplyT(func(known []any) string {
		return policy.JSON(executionRights(
			known[0].([]string), known[1].([]string), known[2].(string), known[3].(string))...)
	}).(pulumi.StringOutput)
	// Written out and not AWS's AmazonECSTaskExecutionRolePolicy, which reads every repository
	// and writes every log group of the account.
	attached, err := iam.NewRolePolicy(ctx, name+"-execution-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rights,
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("giving the execution role its rights: %w", err)
	}
	c.ExecutionRoleArn = after(role.Arn, attached.ID())
	return nil
}

// executionRights are the statements of the execution role. An empty list of resources leaves
// its statement out: IAM takes no statement without a resource.
func executionRights(secrets, repositories []string, secretsKey, logGroupPrefix string) []policy.Statement {
	statements := []policy.Statement{
		{
			// The one call of ECR that knows no resource; the token opens nothing by itself.
			Sid: "SignIn", Effect: "Allow",
			Action: []string{"ecr:GetAuthorizationToken"}, Resource: "*",
		},
		{
			Sid: "WriteLogs", Effect: "Allow",
			Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resource: logGroupPrefix + "*",
		},
	}
	if len(repositories) > 0 {
		statements = append(statements, policy.Statement{
			Sid: "PullImages", Effect: "Allow",
			Action: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
			},
			Resource: repositories,
		})
	}
	if len(secrets) > 0 {
		statements = append(statements, policy.Statement{
			Sid: "ReadSecrets", Effect: "Allow",
			Action: []string{"secretsmanager:GetSecretValue"}, Resource: secrets,
		}, policy.Statement{
			Sid: "DecryptSecrets", Effect: "Allow",
			Action: []string{"kms:Decrypt"}, Resource: secretsKey,
		})
	}
	return statements
}
