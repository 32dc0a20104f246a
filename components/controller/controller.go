// Package controller is the cluster's controller as AWS runs it: one small function in the VPC that
// gates every NATS node, makes the streams, moves dead letters, measures and backs streams up.
package controller

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:controller:Controller"

// timeoutSeconds bounds one invocation: a node's boot with time to spare, and below Lambda's
// own limit of 900 s (Lambda developer guide, "Quotas").
const timeoutSeconds = 600

// eventAgeSeconds is how long a scheduled call may wait for its turn, at least 60 (Lambda API
// reference, PutFunctionEventInvokeConfig): five ticks at most are made up for after an outage.
const eventAgeSeconds = 300

// Settings are what a stack's configuration says of the controller.
type Settings struct {
	Archive string // path of the zip on disk
}

// Args shape the controller.
type Args struct {
	platform.Stack
	Settings
	Placement              network.Placement
	AdministratorSecretArn pulumi.StringOutput // the nkey seed with which it makes streams
	CertificateAuthority   pulumi.StringOutput // PEM; what the servers' certificates chain to
	Backups                artifacts.Store     // where backups of streams go, under catalog.BackupPrefix
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

	args     Args
	logs     *cloudwatch.LogGroup
	role     *iam.Role
	rights   *iam.RolePolicy // what the role may do
	function *lambda.Function
}

// Handle is the controller as components get it that call it.
type Handle struct {
	Name  pulumi.StringOutput // of the function
	Arn   pulumi.StringOutput
	Ready []pulumi.Resource // what an invocation must depend on: the function and all that it may do
}

// Handle hands on the controller.
func (c *Controller) Handle() Handle {
	return Handle{Name: c.Name, Arn: c.Arn, Ready: []pulumi.Resource{c.rights, c.function}}
}

// New makes the function, its role and its log group.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Controller, error) {
	c := &Controller{args: args}
	return platform.Create(ctx, name, c, platform.Definition{
		Type:  Type,
		Noun:  "controller",
		Steps: []platform.Step{c.createLogGroup, c.createRole, c.createFunction, c.limitRetries},
	}, opts...)
}

func (c *Controller) createLogGroup(ctx *pulumi.Context, name string) (err error) {
	c.logs, err = c.args.LogGroup(ctx, name+"-logs", c, "controller")
	return err
}

func (c *Controller) createFunction(ctx *pulumi.Context, name string) error {
	function, err := lambda.NewFunction(ctx, name+"-function", &lambda.FunctionArgs{
		Name: pulumi.String(c.args.functionName()),
		Description: pulumi.String(
			"Gates the NATS nodes, makes the streams, moves dead letters, measures and backs up: " + c.args.Environment,
		),
		Role:          c.role.Arn,
		Runtime:       pulumi.String("provided.al2023"),
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.StringArray{pulumi.String("arm64")},
		Code:          pulumi.NewFileArchive(c.args.Archive),
		MemorySize:    pulumi.Int(512),
		Timeout:       pulumi.Int(timeoutSeconds),
		VpcConfig: &lambda.FunctionVpcConfigArgs{
			SubnetIds:        c.args.Placement.PrivateSubnetIDs,
			SecurityGroupIds: pulumi.StringArray{c.args.Placement.SecurityGroupID},
		},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: c.logs.Name},
		Environment: &lambda.FunctionEnvironmentArgs{Variables: pulumi.StringMap{
			"ENVIRONMENT":              pulumi.String(c.args.Environment),
			"BACKUP_BUCKET":            c.args.Backups.Bucket,
			"ADMINISTRATOR_SECRET_ARN": c.args.AdministratorSecretArn,
			"NATS_CA":                  c.args.CertificateAuthority,
		}},
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{c.rights}))
	if err != nil {
		return fmt.Errorf("function: %w", err)
	}
	c.function, c.Name, c.Arn = function, function.Name, function.Arn
	return nil
}

// limitRetries drops a scheduled call that fails or waits for long. What a minute or a day could
// not do, the next one does: a repetition would only overlap it.
func (c *Controller) limitRetries(ctx *pulumi.Context, name string) error {
	_, err := lambda.NewFunctionEventInvokeConfig(ctx, name+"-event-invoke", &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             c.function.Name,
		MaximumRetryAttempts:     pulumi.Int(0),
		MaximumEventAgeInSeconds: pulumi.Int(eventAgeSeconds),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("event invoke configuration: %w", err)
	}
	return nil
}

func (c *Controller) createRole(ctx *pulumi.Context, name string) (err error) {
	under := pulumi.Parent(c)
	c.role, err = iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(platform.AssumeRole("lambda.amazonaws.com")),
	}, under)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	c.rights, err = iam.NewRolePolicy(ctx, name+"-rights", &iam.RolePolicyArgs{
		Role: c.role.Name,
		Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return []platform.Statement{
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
							"lambda:SourceFunctionArn": c.args.ARN("lambda", "function:"+c.args.functionName()),
						},
					},
				},
			}
		},
			c.args.AdministratorSecretArn,
			c.args.Keys.Secrets,
			c.logs.Arn,
			c.args.Backups.BucketArn,
			c.args.Keys.Artifacts,
		),
	}, under)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	return nil
}
