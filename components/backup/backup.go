// Package backup takes a snapshot of every NATS disk each day and copies it to a second
// region. Redis takes its own (rediscluster).
package backup

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dlm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:backup:Backup"

// Settings are what a stack's configuration says of backups.
type Settings struct {
	// CopyRegion is a second region, whose default key encrypts the copies; empty: snapshots stay
	// in their own.
	CopyRegion    string
	RetentionDays int // 1–365
}

// Args shape the backups.
type Args struct {
	platform.Stack
	Settings
}

// Tag is what a disk carries to be in the snapshots.
type Tag struct{ Key, Value string }

// Backup is the daily snapshot of disks that carry the tag.
type Backup struct {
	pulumi.ResourceState

	Tag Tag

	args   Args
	role   *iam.Role
	rights *iam.RolePolicy // what the role may do with the disks' key
}

// New makes the lifecycle policy and its role.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Backup, error) {
	b := &Backup{Tag: Tag{Key: "Backup", Value: args.Environment + "-nats"}, args: args}
	return platform.Create(ctx, name, b, platform.Definition{
		Type: Type,
		Noun: "backup",
		Inputs: pulumi.Map{
			"copyRegion":    pulumi.String(args.CopyRegion),
			"retentionDays": pulumi.Int(args.RetentionDays),
		},
		Steps: []platform.Step{b.createRole, b.createSchedule},
	}, opts...)
}

func (b *Backup) createRole(ctx *pulumi.Context, name string) (err error) {
	under := pulumi.Parent(b)
	b.role, err = iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		// EBS user guide, "IAM service roles for Amazon Data Lifecycle Manager".
		AssumeRolePolicy: pulumi.String(b.args.AssumeRoleFor("dlm.amazonaws.com", b.args.ARN("dlm", "policy/*"))),
	}, under)
	if err != nil {
		return err
	}
	if _, err := iam.NewRolePolicyAttachment(ctx, name+"-role", &iam.RolePolicyAttachmentArgs{
		Role:      b.role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"),
	}, under); err != nil {
		return err
	}
	b.rights, err = iam.NewRolePolicy(ctx, name+"-key", &iam.RolePolicyArgs{
		Role: b.role.Name,
		Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return keyRights(v[0], b.args)
		}, b.args.Keys.Data),
	}, under)
	return err
}

func (b *Backup) createSchedule(ctx *pulumi.Context, name string) error {
	schedule := &dlm.LifecyclePolicyPolicyDetailsScheduleArgs{
		Name:     pulumi.String("daily"),
		CopyTags: pulumi.Bool(true), // a rebuild finds the node by the disk's Name
		CreateRule: &dlm.LifecyclePolicyPolicyDetailsScheduleCreateRuleArgs{
			Interval:     pulumi.Int(24),
			IntervalUnit: pulumi.String("HOURS"),
			Times:        pulumi.String("03:00"),
		},
		RetainRule: &dlm.LifecyclePolicyPolicyDetailsScheduleRetainRuleArgs{
			Interval:     pulumi.Int(b.args.RetentionDays),
			IntervalUnit: pulumi.String("DAYS"),
		},
	}
	if b.args.CopyRegion != "" {
		schedule.CrossRegionCopyRules = dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArray{
			copyRule(b.args.Settings),
		}
	}
	_, err := dlm.NewLifecyclePolicy(ctx, name+"-disks", &dlm.LifecyclePolicyArgs{
		Description:      pulumi.String("Daily snapshots of the NATS disks of " + b.args.Environment),
		ExecutionRoleArn: b.role.Arn,
		State:            pulumi.String("ENABLED"),
		PolicyDetails: &dlm.LifecyclePolicyPolicyDetailsArgs{
			ResourceTypes: pulumi.StringArray{pulumi.String("VOLUME")},
			TargetTags:    pulumi.StringMap{b.Tag.Key: pulumi.String(b.Tag.Value)},
			Schedules:     dlm.LifecyclePolicyPolicyDetailsScheduleArray{schedule},
		},
	}, pulumi.Parent(b), pulumi.DependsOn([]pulumi.Resource{b.rights}))
	return err
}

// keyRights let the role snapshot disks that a key of ours encrypts, and copy the snapshots (EBS
// user guide, "IAM service roles for Amazon Data Lifecycle Manager", which names the actions). A
// copy is asked for in the region that it goes to, so the key is used through EC2 there as well.
// The second region's key is its default one, whose policy admits everyone who comes through EC2.
func keyRights(key string, args Args) []platform.Statement {
	through := []string{"ec2." + args.Region + ".amazonaws.com"}
	if args.CopyRegion != "" {
		through = append(through, "ec2."+args.CopyRegion+".amazonaws.com")
	}
	via := map[string][]string{"kms:ViaService": through}
	return []platform.Statement{
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

func copyRule(settings Settings) *dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArgs {
	return &dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleArgs{
		Target:    pulumi.String(settings.CopyRegion),
		Encrypted: pulumi.Bool(true),
		CopyTags:  pulumi.Bool(true),
		RetainRule: &dlm.LifecyclePolicyPolicyDetailsScheduleCrossRegionCopyRuleRetainRuleArgs{
			Interval: pulumi.Int(settings.RetentionDays), IntervalUnit: pulumi.String("DAYS"),
		},
	}
}
