// The task role: what the task itself may do in AWS, which is to be entered by an exec session that
// is recorded. Each service has its own, so that one that is taken over opens nothing of the
// others.

package service

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// createRole makes the role. Its ARN is known once the role has its rights.
func (s *Service) createRole(ctx *pulumi.Context, name string) error {
	role, err := iam.NewRole(ctx, name+"-task-role", &iam.RoleArgs{
		Description:      pulumi.Sprintf("What the tasks of %s in %s may do", s.args.Name, s.args.Environment),
		AssumeRolePolicy: pulumi.String(s.args.AssumeRoleForTasks()),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating the task role of %q: %w", s.args.Name, err)
	}
	attached, err := iam.NewRolePolicy(ctx, name+"-task-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: platform.PolicyOutput(func(arns []string) []platform.Statement {
			return execRights(arns[0], arns[1])
		}, s.args.Cluster.ExecLogGroupArn, s.args.Keys.Logs),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("giving the task role of %q its rights: %w", s.args.Name, err)
	}
	s.role = platform.After(role.Arn, attached)
	return nil
}

// execRights let the agent that ECS puts into the task open a session and record it. The source
// is "ECS Exec" in the Amazon ECS developer guide, which names these actions.
func execRights(logGroupArn, keyArn string) []platform.Statement {
	return []platform.Statement{
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
