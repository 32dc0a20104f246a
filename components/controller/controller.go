// Package controller is the cluster's controller as it stands in AWS: one small function in
// the VPC, with the system account's identity, that gates every NATS node.
package controller

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:controller:Controller"

// timeoutSeconds bounds one invocation: a node's boot with time to spare, and below Lambda's
// own limit of 900 s (Lambda developer guide, "Quotas").
const timeoutSeconds = 600

// Args shape the controller.
type Args struct {
	Environment      string
	Archive          string // path of the zip on disk
	LogRetentionDays int
	SubnetIDs        pulumi.StringArrayInput
	SecurityGroupID  pulumi.StringInput
	SystemSecretArn  pulumi.StringInput // the system account's nkey seed
	SecretsKeyArn    pulumi.StringInput
	LogsKeyArn       pulumi.StringInput
	Protect          bool // refuse the deletion of the log group; default false
}

// Controller is the function.
type Controller struct {
	pulumi.ResourceState

	Name pulumi.StringOutput `pulumi:"name"`
	// Ready is what an invocation must depend on: the function and all that it may do.
	Ready []pulumi.Resource
}

// New makes the function, its role and its log group.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Controller, error) {
	c := &Controller{}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("creating controller %q: %w", name, err)
	}
	role, rights, err := c.role(ctx, name, args)
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: role: %w", name, err)
	}
	physical := args.Environment + "-controller"
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/" + args.Environment + "/controller"),
		RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogsKeyArn,
	}, pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: log group: %w", name, err)
	}
	function, err := lambda.NewFunction(ctx, name+"-function", &lambda.FunctionArgs{
		Name:          pulumi.String(physical),
		Description:   pulumi.String("Gates the NATS nodes of " + args.Environment),
		Role:          role.Arn,
		Runtime:       pulumi.String("provided.al2023"),
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.StringArray{pulumi.String("arm64")},
		Code:          pulumi.NewFileArchive(args.Archive),
		MemorySize:    pulumi.Int(256),
		Timeout:       pulumi.Int(timeoutSeconds),
		VpcConfig:     &lambda.FunctionVpcConfigArgs{SubnetIds: args.SubnetIDs, SecurityGroupIds: pulumi.StringArray{args.SecurityGroupID}},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
		Environment: &lambda.FunctionEnvironmentArgs{Variables: pulumi.StringMap{
			"SYSTEM_SECRET_ARN": args.SystemSecretArn.ToStringOutput()}},
	}, pulumi.Parent(c), pulumi.DependsOn(rights))
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: function: %w", name, err)
	}
	c.Name = function.Name
	c.Ready = append(rights, function)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name})
}

func (c *Controller) role(ctx *pulumi.Context, name string, args Args) (*iam.Role, []pulumi.Resource, error) {
	under := pulumi.Parent(c)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(policy.AssumeRole("lambda.amazonaws.com")),
	}, under)
	if err != nil {
		return nil, nil, err
	}
	network, err := iam.NewRolePolicyAttachment(ctx, name+"-network", &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"),
	}, under)
	if err != nil {
		return nil, nil, err
	}
	rights, err := iam.NewRolePolicy(ctx, name+"-rights", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policy.Output(func(v []string) []policy.Statement {
			return []policy.Statement{
				{Sid: "Identity", Action: []string{"secretsmanager:GetSecretValue"}, Resource: v[0]},
				{Sid: "IdentityKey", Action: []string{"kms:Decrypt"}, Resource: v[1]},
			}
		}, args.SystemSecretArn, args.SecretsKeyArn),
	}, under)
	return role, []pulumi.Resource{network, rights}, err
}
