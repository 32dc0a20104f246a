// The task role: what the task itself may do in AWS, which is to be entered by an exec session that
// is recorded. Each service has its own, so that one that is taken over opens nothing of the
// others.

package service

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/ordering"
	"github.com/bodybroker/platform/components/policy"
)

// taskRole makes the role and returns its ARN, known once the role has its rights.
func (s *Service) taskRole(ctx *pulumi.Context, name string, args Args) (pulumi.StringOutput, error) {
	role, err := iam.NewRole(ctx, name+"-task-role", &iam.RoleArgs{
		Description:      pulumi.Sprintf("What the tasks of %s in %s may do", args.Name, args.Environment),
		AssumeRolePolicy: pulumi.String(policy.Tasks(args.Region, args.Account)),
	}, pulumi.Parent(s))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("creating the task role of %q: %w", args.Name, err)
	}
	rights := policy.Output(func(arns []string) []policy.Statement { return execRights(arns[0], arns[1]) },
		args.ExecLogGroupArn, args.LogsKeyArn)
	attached, err := iam.NewRolePolicy(ctx, name+"-task-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rights,
	}, pulumi.Parent(s))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("giving the task role of %q its rights: %w", args.Name, err)
	}
	return ordering.After(role.Arn, attached), nil
}

// execRights let the agent that ECS puts into the task open a session and record it. The source
// is "ECS Exec" in the Amazon ECS developer guide, which names these actions.
func execRights(logGroupArn, keyArn string) []policy.Statement {
	return []policy.Statement{
		{
			// These actions know no resource; a channel leads only to the task that opens it.
			Sid:    "OpenSession",
			Effect: "Allow",
			Action: []string{
				"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
				"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
			},
			Resource: "*",
		},
		{
			Sid:      "FindRecord",
			Effect:   "Allow",
			Action:   []string{"logs:DescribeLogGroups"},
			Resource: "*",
		},
		{
			Sid:      "RecordSession",
			Effect:   "Allow",
			Action:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
			Resource: logGroupArn + ":*",
		},
		{
			Sid:      "EncryptSession",
			Effect:   "Allow",
			Action:   []string{"kms:Decrypt"},
			Resource: keyArn,
		},
	}
}
