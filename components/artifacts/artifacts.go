// Package artifacts is the bucket from which nodes take what they run, so that nothing comes from
// the internet at boot, and in which the controller keeps backups of streams.
package artifacts

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/policy"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:artifacts:Artifacts"

// Args shape the bucket.
type Args struct {
	Environment string
	KeyArn      pulumi.StringInput // encrypts the bucket
	Server      Program            // nats-server
	Node        Program            // nats-node, which boots a node and keeps it
	Protect     bool               // refuse deletion; without it, deletion takes the objects along
}

// Program is a file that nodes run.
type Program struct {
	File   string // its path on disk
	Digest string // its SHA-256, hex
}

// backupDays is how long backups of streams are kept. No stream keeps a message for more than 7
// days, so an older one only serves to look back.
const backupDays = 14

// Artifacts is the bucket and what is in it.
type Artifacts struct {
	pulumi.ResourceState

	// Bucket is the name, known once whatever is put there is encrypted with the key and versioned.
	Bucket    pulumi.StringOutput `pulumi:"bucket"`
	BucketArn pulumi.StringOutput `pulumi:"bucketArn"`
	// ServerKey and NodeKey are the keys of the programs; known once the programs are there.
	ServerKey pulumi.StringOutput `pulumi:"serverKey"`
	NodeKey   pulumi.StringOutput `pulumi:"nodeKey"`
}

// New makes the bucket, locks it down and uploads the programs under their digests.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Artifacts, error) {
	a := &Artifacts{}
	err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"environment":  pulumi.String(args.Environment),
		"serverDigest": pulumi.String(args.Server.Digest), "nodeDigest": pulumi.String(args.Node.Digest),
	}, a, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating artifacts %q: %w", name, err)
	}
	// Bucket names are global: Pulumi makes one that nobody else has.
	bucket, err := s3.NewBucketV2(ctx, name+"-bucket", &s3.BucketV2Args{ForceDestroy: pulumi.Bool(!args.Protect)},
		pulumi.Parent(a), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating artifacts %q: bucket: %w", name, err)
	}
	if err := a.lock(ctx, name, args, bucket); err != nil {
		return nil, fmt.Errorf("creating artifacts %q: %w", name, err)
	}
	a.BucketArn = bucket.Arn
	if a.ServerKey, err = a.upload(ctx, name+"-server", "nats-server", args.Server); err == nil {
		a.NodeKey, err = a.upload(ctx, name+"-node", "nats-node", args.Node)
	}
	if err != nil {
		return nil, fmt.Errorf("creating artifacts %q: %w", name, err)
	}
	return a, ctx.RegisterResourceOutputs(
		a,
		pulumi.Map{"bucket": a.Bucket, "bucketArn": a.BucketArn, "serverKey": a.ServerKey, "nodeKey": a.NodeKey},
	)
}

// upload puts a program under a key with its digest, where it stays for good. An update that fails
// leaves the older one to be deleted by the next; if that goes back to the older program, its new
// object would be deleted with it, for both have one key.
func (a *Artifacts) upload(ctx *pulumi.Context, name, file string, program Program) (pulumi.StringOutput, error) {
	object, err := s3.NewBucketObjectv2(ctx, name, &s3.BucketObjectv2Args{
		Bucket: a.Bucket,
		Key:    pulumi.String(file + "/" + program.Digest + "/" + file),
		Source: pulumi.NewFileAsset(program.File),
	}, pulumi.Parent(a), pulumi.RetainOnDelete(true))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("program %s: %w", file, err)
	}
	return object.Key, nil
}

// lock gives the bucket what every bucket here has: versions, encryption, no public access, no
// other owners, TLS only, and an end for old versions. Bucket is set here: S3 encrypts an object by
// the rule that stands when it arrives, so one that came earlier would stay under S3's own key.
func (a *Artifacts) lock(ctx *pulumi.Context, name string, args Args, bucket *s3.BucketV2) error {
	under := pulumi.Parent(a)
	versioning, err := s3.NewBucketVersioningV2(ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, under)
	if err != nil {
		return fmt.Errorf("versioning: %w", err)
	}
	encryption, err := s3.NewBucketServerSideEncryptionConfigurationV2(
		ctx,
		name+"-encryption",
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: bucket.ID(),
			Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
				&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
					BucketKeyEnabled: pulumi.Bool(true), // one call to KMS for many objects
					ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{ //nolint:lll // the SDK's name
						SseAlgorithm:   pulumi.String("aws:kms"),
						KmsMasterKeyId: args.KeyArn.ToStringOutput(),
					},
				},
			},
		},
		under,
	)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	a.Bucket = pulumi.All(bucket.Bucket, versioning.ID(), encryption.ID()).ApplyT(func(known []any) string {
		return known[0].(string)
	}).(pulumi.StringOutput)
	public, err := s3.NewBucketPublicAccessBlock(ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, under)
	if err != nil {
		return fmt.Errorf("public access: %w", err)
	}
	if _, err = s3.NewBucketOwnershipControls(ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, under); err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	// S3 refuses two changes of a bucket's access at once; the policy comes after the block.
	if _, err = s3.NewBucketPolicy(ctx, name+"-policy", &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		Policy: policy.Output(func(v []string) []policy.Statement {
			return []policy.Statement{{
				Sid:       "TLSOnly",
				Effect:    "Deny",
				Principal: "*",
				Action:    []string{"s3:*"},
				Resource:  []string{v[0], v[0] + "/*"},
				Condition: map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
			}}
		}, bucket.Arn),
	}, under, pulumi.DependsOn([]pulumi.Resource{public})); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if _, err = s3.NewBucketLifecycleConfigurationV2(ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.ID(),
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
	}, under, pulumi.DependsOn([]pulumi.Resource{versioning})); err != nil {
		return fmt.Errorf("lifecycle: %w", err)
	}
	return nil
}
