// Flow logs: who talked to whom, for the night when a security group is in doubt (control EC2.6).

package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

func (n *Network) flowLogs(ctx *pulumi.Context, name string, args Args) error {
	under := pulumi.Parent(n)
	group, err := cloudwatch.NewLogGroup(ctx, name+"-flow-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/" + args.Environment + "/vpc-flow-logs"),
		RetentionInDays: pulumi.Int(args.LogRetentionDays),
		KmsKeyId:        args.LogsKeyArn,
	}, under, pulumi.Protect(args.Protect))
	if err != nil {
		return err
	}
	role, err := iam.NewRole(ctx, name+"-flow-logs", &iam.RoleArgs{
		// VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs".
		AssumeRolePolicy: pulumi.String(policy.AssumeRoleFor("vpc-flow-logs.amazonaws.com", args.Account,
			"arn:aws:ec2:"+args.Region+":"+args.Account+":vpc-flow-log/*")),
	}, under)
	if err != nil {
		return err
	}
	write, err := iam.NewRolePolicy(ctx, name+"-flow-logs", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policy.Output(func(v []string) []policy.Statement {
			return []policy.Statement{
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
