// Package controller is the cluster's controller as it stands in AWS: one small function in
// the VPC that gates every NATS node, makes the streams, moves dead letters, measures
// and backs streams up.
package controller

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/policy"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:controller:Controller"

// timeoutSeconds bounds one invocation: a node's boot with time to spare, and below Lambda's
// own limit of 900 s (Lambda developer guide, "Quotas").
const timeoutSeconds = 600

// eventAgeSeconds is how long a scheduled call may wait for its turn, at least 60 (Lambda API
// reference, PutFunctionEventInvokeConfig): five ticks at most are made up for after an outage.
const eventAgeSeconds = 300

// Args shape the controller.
type Args struct {
	Environment            string
	Region, Account        string
	Archive                string // path of the zip on disk
	LogRetentionDays       int
	SubnetIDs              pulumi.StringArrayInput
	SecurityGroupID        pulumi.StringInput
	AdministratorSecretArn pulumi.StringInput // the nkey seed with which it makes streams
	SecretsKeyArn          pulumi.StringInput
	CertificateAuthority   pulumi.StringInput // PEM; what the servers' certificates chain to
	LogsKeyArn             pulumi.StringInput
	// BackupBucket is where backups of streams go, under catalog.BackupPrefix; its key encrypts
	// them.
	BackupBucket, BackupBucketArn, BackupKeyArn pulumi.StringInput
	Protect                                     bool // refuse the deletion of the log group; default false
}

// networkInterfaces is what Lambda does in the VPC in the function's name.
var networkInterfaces = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
	"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

func (a Args) functionName() string { return a.Environment + "-controller" }

// Controller is the function.
type Controller struct {
	pulumi.ResourceState

	Name pulumi.StringOutput `pulumi:"name"`
	Arn  pulumi.StringOutput `pulumi:"arn"`
	// Ready is what an invocation must depend on: the function and all that it may do.
	Ready []pulumi.Resource
}

// New makes the function, its role and its log group.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Controller, error) {
	c := &Controller{}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("creating controller %q: %w", name, err)
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/" + args.Environment + "/controller"),
		RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogsKeyArn,
	}, pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: log group: %w", name, err)
	}
	role, rights, err := c.role(ctx, name, args, logs)
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: role: %w", name, err)
	}
	function, err := lambda.NewFunction(ctx, name+"-function", &lambda.FunctionArgs{
		Name: pulumi.String(args.functionName()),
		Description: pulumi.String(
			"Gates the NATS nodes, makes the streams, moves dead letters, measures and backs up: " + args.Environment,
		),
		Role:          role.Arn,
		Runtime:       pulumi.String("provided.al2023"),
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.StringArray{pulumi.String("arm64")},
		Code:          pulumi.NewFileArchive(args.Archive),
		MemorySize:    pulumi.Int(512),
		Timeout:       pulumi.Int(timeoutSeconds),
		VpcConfig: &lambda.FunctionVpcConfigArgs{
			SubnetIds:        args.SubnetIDs,
			SecurityGroupIds: pulumi.StringArray{args.SecurityGroupID},
		},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
		Environment: &lambda.FunctionEnvironmentArgs{Variables: pulumi.StringMap{
			"ENVIRONMENT":              pulumi.String(args.Environment),
			"BACKUP_BUCKET":            args.BackupBucket.ToStringOutput(),
			"ADMINISTRATOR_SECRET_ARN": args.AdministratorSecretArn.ToStringOutput(),
			"NATS_CA":                  args.CertificateAuthority.ToStringOutput(),
		}},
	}, pulumi.Parent(c), pulumi.DependsOn(rights))
	if err != nil {
		return nil, fmt.Errorf("creating controller %q: function: %w", name, err)
	}
	// What a minute or a day could not do, the next one does: a repetition would only overlap it.
	if _, err := lambda.NewFunctionEventInvokeConfig(ctx, name+"-event-invoke", &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:         function.Name,
		MaximumRetryAttempts: pulumi.Int(0), MaximumEventAgeInSeconds: pulumi.Int(eventAgeSeconds),
	}, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("creating controller %q: event invoke configuration: %w", name, err)
	}
	c.Name, c.Arn = function.Name, function.Arn
	c.Ready = append(rights, function)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name, "arn": c.Arn})
}

func (c *Controller) role(
	ctx *pulumi.Context,
	name string,
	args Args,
	logs *cloudwatch.LogGroup,
) (*iam.Role, []pulumi.Resource, error) {
	under := pulumi.Parent(c)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(policy.AssumeRole("lambda.amazonaws.com")),
	}, under)
	if err != nil {
		return nil, nil, err
	}
	rights, err := iam.NewRolePolicy(ctx, name+"-rights", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policy.Output(func(v []string) []policy.Statement {
			return []policy.Statement{
				{Sid: "Identities", Action: []string{"secretsmanager:GetSecretValue"}, Resource: v[0]},
				{Sid: "IdentitiesKey", Action: []string{"kms:Decrypt"}, Resource: v[1]},
				{
					Sid:      "Backups",
					Action:   []string{"s3:PutObject", "s3:GetObject"},
					Resource: v[3] + "/" + catalog.BackupPrefix + "*",
				},
				{Sid: "BackupsKey", Action: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resource: v[4]},
				{Sid: "OwnLog", Action: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resource: v[2] + ":*"},
				// Lambda makes the function's interfaces with its role (Lambda developer guide,
				// "VPC access"); the code itself has no business with them.
				{Sid: "Interfaces", Action: networkInterfaces, Resource: "*"},
				{
					Sid:      "NotByTheCode",
					Effect:   "Deny",
					Action:   networkInterfaces,
					Resource: "*",
					Condition: map[string]any{
						"ArnEquals": map[string]string{
							"lambda:SourceFunctionArn": "arn:aws:lambda:" + args.Region + ":" + args.Account +
								":function:" + args.functionName(),
						},
					},
				},
			}
		}, args.AdministratorSecretArn, args.SecretsKeyArn, logs.Arn, args.BackupBucketArn, args.BackupKeyArn),
	}, under)
	return role, []pulumi.Resource{rights}, err
}
