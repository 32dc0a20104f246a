// Flow logs: who talked to whom, for the night when a security group is in doubt (control EC2.6).

package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

func (n *Network) createFlowLogs(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(n)
	stack := n.args.Stack
	stack.LogRetentionDays = n.args.FlowLogRetention
	group, err := stack.LogGroup(ctx, name+"-flow-logs", n, "vpc-flow-logs")
	if err != nil {
		return err
	}
	role, err := iam.NewRole(ctx, name+"-flow-logs", &iam.RoleArgs{
		// VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs".
		AssumeRolePolicy: pulumi.String(
			stack.AssumeRoleFor("vpc-flow-logs.amazonaws.com", stack.ARN("ec2", "vpc-flow-log/*")),
		),
	}, under)
	if err != nil {
		return err
	}
	write, err := iam.NewRolePolicy(ctx, name+"-flow-logs", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return []platform.Statement{
				{
					Action: []string{
						"logs:CreateLogStream",
						"logs:PutLogEvents",
						"logs:DescribeLogStreams",
						"logs:DescribeLogGroups",
					},
					Resource: v[0] + ":*",
				},
			}
		}, group.Arn),
	}, under)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(ctx, name+"-flow-logs", &ec2.FlowLogArgs{
		VpcId:          n.VpcID,
		TrafficType:    pulumi.String("ALL"),
		LogDestination: group.Arn,
		IamRoleArn:     role.Arn,
		// The longest interval costs least; a minute's resolution is there for incidents by
		// changing this line.
		MaxAggregationInterval: pulumi.Int(600),
	}, under, pulumi.DependsOn([]pulumi.Resource{write}))
	return err
}
