// The bucket has what every bucket here has: versions, encryption, no public access, no other
// owners, TLS only, and an end for old versions.

package artifacts

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/platform"
)

// backupDays is how long backups of streams are kept. No stream keeps a message for more than 7
// days, so an older one only serves to look back.
const backupDays = 14

func (a *Artifacts) createBucket(ctx *pulumi.Context, name string) error {
	// Bucket names are global: Pulumi makes one that nobody else has.
	bucket, err := s3.NewBucketV2(ctx, name+"-bucket", &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(!a.args.Protect),
	}, pulumi.Parent(a), pulumi.Protect(a.args.Protect))
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	a.bucket, a.BucketArn = bucket, bucket.Arn
	return nil
}

// encrypt turns on versions and encryption, and then hands out the bucket's name: S3 encrypts an
// object by the rule that it finds, so one that came earlier would stay under S3's own key.
func (a *Artifacts) encrypt(ctx *pulumi.Context, name string) (err error) {
	under := pulumi.Parent(a)
	a.versioning, err = s3.NewBucketVersioningV2(ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  a.bucket.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, under)
	if err != nil {
		return fmt.Errorf("versioning: %w", err)
	}
	encryption, err := s3.NewBucketServerSideEncryptionConfigurationV2(
		ctx,
		name+"-encryption",
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: a.bucket.ID(),
			Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
				&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
					BucketKeyEnabled: pulumi.Bool(true), // one call to KMS for many objects
					ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{ //nolint:lll // the SDK's name
						SseAlgorithm:   pulumi.String("aws:kms"),
						KmsMasterKeyId: a.args.Keys.Artifacts,
					},
				},
			},
		},
		under,
	)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	a.Bucket = platform.After(a.bucket.Bucket, a.versioning, encryption)
	return nil
}

func (a *Artifacts) refusePublicAccess(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(a)
	public, err := s3.NewBucketPublicAccessBlock(ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                a.bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, under)
	if err != nil {
		return fmt.Errorf("public access: %w", err)
	}
	if _, err = s3.NewBucketOwnershipControls(ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: a.bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, under); err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	// S3 refuses two changes of a bucket's access at once; the policy comes after the block.
	_, err = s3.NewBucketPolicy(ctx, name+"-policy", &s3.BucketPolicyArgs{
		Bucket: a.bucket.ID(),
		Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return []platform.Statement{{
				Sid:       "TLSOnly",
				Effect:    "Deny",
				Principal: "*",
				Action:    []string{"s3:*"},
				Resource:  []string{v[0], v[0] + "/*"},
				Condition: map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
			}}
		}, a.bucket.Arn),
	}, under, pulumi.DependsOn([]pulumi.Resource{public}))
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

func (a *Artifacts) expireOldVersions(ctx *pulumi.Context, name string) error {
	_, err := s3.NewBucketLifecycleConfigurationV2(ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: a.bucket.ID(),
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:     pulumi.String("stream-backups"),
			Status: pulumi.String("Enabled"),
			Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{
				Prefix: pulumi.String(catalog.BackupPrefix),
			},
			Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{
				Days: pulumi.Int(backupDays),
			},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(1),
			},
		}, &s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:     pulumi.String("old-versions"),
			Status: pulumi.String("Enabled"),
			Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(90),
			},
			AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		}},
	}, pulumi.Parent(a), pulumi.DependsOn([]pulumi.Resource{a.versioning}))
	if err != nil {
		return fmt.Errorf("lifecycle: %w", err)
	}
	return nil
}
