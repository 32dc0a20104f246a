// Package backup takes a snapshot of every NATS disk each day and copies it to a second
// region. Redis takes its own (rediscluster).
package backup

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dlm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:backup:Backup"

// Args shape the backups.
type Args struct {
	Environment string
	Region      string // of the disks, for example "us-east-1"
	Account     string // 12 digits
	// second region, whose default key encrypts the copies; empty: snapshots stay in their own
	CopyRegion    string
	RetentionDays int                // 1–365
	DataKeyArn    pulumi.StringInput // KMS key of the disks
}

// Backup is the daily snapshot. Disks that carry the tag TagKey=TagValue are in it.
type Backup struct {
	pulumi.ResourceState
	TagKey, TagValue string
}

// New makes the lifecycle policy and its role.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Backup, error) {
	b := &Backup{TagKey: "Backup", TagValue: args.Environment + "-nats"}
	if err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"copyRegion":    pulumi.String(args.CopyRegion),
		"retentionDays": pulumi.Int(args.RetentionDays),
	}, b, opts...); err != nil {
		return nil, fmt.Errorf("creating backup %q: %w", name, err)
	}
	if err := b.create(ctx, name, args); err != nil {
		return nil, fmt.Errorf("creating backup %q: %w", name, err)
	}
	return b, ctx.RegisterResourceOutputs(b, pulumi.Map{})
}

func (b *Backup) create(ctx *pulumi.Context, name string, args Args) error {
	under := pulumi.Parent(b)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		// EBS user guide, "IAM service roles for Amazon Data Lifecycle Manager".
		AssumeRolePolicy: pulumi.String(
			policy.AssumeRoleFor(
				"dlm.amazonaws.com",
				args.Account,
				"arn:aws:dlm:"+args.Region+":"+args.Account+":policy/*",
			),
		),
	}, under)
	if err != nil {
		return err
	}
	if _, err := iam.NewRolePolicyAttachment(ctx, name+"-role", &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"),
	}, under); err != nil {
		return err
	}
	rights, err := iam.NewRolePolicy(ctx, name+"-key", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: policy.Output(func(v []string) []policy.Statement { return keyRights(v[0], args) }, args.DataKeyArn),
	}, under)
	if err != nil {
		return err
	}
	schedule := &dlm.LifecyclePolicyPolicyDetailsScheduleArgs{
		Name:     pulumi.String("daily"),
		CopyTags: pulumi.Bool(true), // a rebuild finds the node by the disk's Name
		CreateRule: &dlm.LifecyclePolicyPolicyDetailsScheduleCreateRuleArgs{
			Interval:     pulumi.Int(24),
			IntervalUnit: pulumi.String("HOURS"),
			Times:        pulumi.String("03:00"),
		},
		RetainRule: &dlm.LifecyclePolicyPolicyDetailsScheduleRetainRuleArgs{
			Interval:     pulumi.Int(args.RetentionDays),
			IntervalUnit: pulumi.String("DAYS"),
		},
	}
	if args.CopyRegion != "" {
		schedule.CrossRegionCopyRules = dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArray{copyRule(args)}
	}
	_, err = dlm.NewLifecyclePolicy(ctx, name+"-disks", &dlm.LifecyclePolicyArgs{
		Description:      pulumi.String("Daily snapshots of the NATS disks of " + args.Environment),
		ExecutionRoleArn: role.Arn,
		State:            pulumi.String("ENABLED"),
		PolicyDetails: &dlm.LifecyclePolicyPolicyDetailsArgs{
			ResourceTypes: pulumi.StringArray{pulumi.String("VOLUME")},
			TargetTags:    pulumi.StringMap{b.TagKey: pulumi.String(b.TagValue)},
			Schedules:     dlm.LifecyclePolicyPolicyDetailsScheduleArray{schedule},
		},
	}, under, pulumi.DependsOn([]pulumi.Resource{rights}))
	return err
}

// keyRights let the role snapshot disks that a key of ours encrypts, and copy the snapshots (EBS
// user guide, "IAM service roles for Amazon Data Lifecycle Manager", which names the actions). A
// copy is asked for in the region that it goes to, so the key is used through EC2 there as well.
// The second region's key is its default one, whose policy admits everyone who comes through EC2.
func keyRights(key string, args Args) []policy.Statement {
	through := []string{"ec2." + args.Region + ".amazonaws.com"}
	if args.CopyRegion != "" {
		through = append(through, "ec2."+args.CopyRegion+".amazonaws.com")
	}
	via := map[string][]string{"kms:ViaService": through}
	return []policy.Statement{
		{
			Sid: "UseDisksKey",
			Action: []string{
				"kms:Decrypt",
				"kms:Encrypt",
				"kms:ReEncrypt*",
				"kms:GenerateDataKey*",
				"kms:DescribeKey",
			},
			Resource:  key,
			Condition: map[string]any{"StringEquals": via},
		},
		{
			Sid:      "DiskGrants",
			Action:   []string{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"},
			Resource: key,
			Condition: map[string]any{
				"StringEquals": via,
				"Bool":         map[string]string{"kms:GrantIsForAWSResource": "true"},
			},
		},
	}
}

func copyRule(args Args) *dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArgs {
	return &dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArgs{
		Target:    pulumi.String(args.CopyRegion),
		Encrypted: pulumi.Bool(true),
		CopyTags:  pulumi.Bool(true),
		RetainRule: &dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleRetainRuleArgs{
			Interval: pulumi.Int(args.RetentionDays), IntervalUnit: pulumi.String("DAYS"),
		},
	}
}
