// The types of S3: buckets, their settings and objects.
package s3

import (
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

const (
	// BucketType is the type of buckets, ObjectType that of objects which the program creates.
	BucketType = "aws:s3/bucketV2:BucketV2"
	// ObjectType is the type of an object in a bucket.
	ObjectType = "aws:s3/bucketObjectv2:BucketObjectv2"
	// StoredObjectType is the type of records of objects that something else than the program
	// stored.
	StoredObjectType = "aws:s3/object:Object"
)

// bucketSetting is the row of a setting: a bucket has at most one, whose id is the bucket's name.
func bucketSetting(token, source string, required []string) cloud.Row {
	return cloud.Row{
		Token:    token,
		Source:   source,
		Required: append([]string{"bucket"}, required...),
		Replace:  []string{"bucket"},
		ID:       cloud.Text("{bucket}"),
		References: []cloud.Reference{
			{Path: "bucket", To: cloud.One(BucketType), Missing: "NoSuchBucket: The specified bucket does not exist"},
		},
	}
}

// ownedBy changes the row of a setting that may name the bucket's owner.
func ownedBy(r *cloud.Row) { r.Replace = append(r.Replace, "expectedBucketOwner") }

var _ = cloud.Register(
	cloud.Row{
		Token:    BucketType,
		Source:   "pulumi-aws SDK doc; AWS S3 user guide, \"Bucket naming rules\"",
		Replace:  []string{"bucket", "bucketPrefix", "objectLockEnabled"},
		Defaults: map[string]any{"forceDestroy": false},
		Name: &cloud.NameRule{
			Property: "bucket",
			Min:      3,
			Max:      63,
			Pattern:  bucketName,
			Auto:     true,
			Unique:   true,
			Taken: "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you " +
				"already own it.",
		},
		Computed: map[string]cloud.Value{
			"arn":                      cloud.Text("arn:aws:s3:::{bucket}"),
			"bucketDomainName":         cloud.Text("{bucket}.s3.amazonaws.com"),
			"bucketRegionalDomainName": cloud.Text("{bucket}.s3.{region}.amazonaws.com"),
			"region":                   cloud.Text("{region}"),
			"hostedZoneId":             func(c *cloud.Call) any { return bucketZones[c.Cloud.Region] },
			"objectLockEnabled": cloud.Fixed(
				false,
			),
			"requestPayer":       cloud.Fixed("BucketOwner"),
			"accelerationStatus": cloud.Fixed(""),
			"policy":             cloud.Fixed(""),
			"websiteDomain":      cloud.Fixed(""),
			"websiteEndpoint":    cloud.Fixed(""),
		},
		Check:        checkBucketName,
		BeforeDelete: emptyBucket,
		NotReal:      "Names are unique in this account only, not in the world.",
	},
	bucketSetting("aws:s3/bucketVersioningV2:BucketVersioningV2", "internal/service/s3/bucket_versioning.go",
		[]string{"versioningConfiguration", "versioningConfiguration.status"}).With(ownedBy).With(func(r *cloud.Row) {
		r.Check = cloud.OneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled")
		r.BeforeUpdate = func(c *cloud.Call) error {
			before, now := c.OldStr("versioningConfiguration.status"), c.Str("versioningConfiguration.status")
			if now == "Disabled" && before != "" && before != "Disabled" {
				return fmt.Errorf("versioning_configuration.status cannot be updated from '%s' to '%s'", before, now)
			}
			return nil
		}
	}),
	bucketSetting(
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"pulumi-aws SDK doc",
		[]string{"rules"},
	).With(ownedBy).
		With(func(r *cloud.Row) {
			r.Check = cloud.OneOf(
				"rules.applyServerSideEncryptionByDefault.sseAlgorithm",
				"AES256",
				"aws:kms",
				"aws:kms:dsse",
			)
			r.BeforeCreate = kms.RequireKey(
				"rules.applyServerSideEncryptionByDefault.kmsMasterKeyId",
				"KMS.NotFoundException: Key '{value}' does not exist",
			)
			r.BeforeUpdate = r.BeforeCreate
		}),
	bucketSetting(
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"pulumi-aws SDK doc",
		nil,
	).With(func(r *cloud.Row) {
		r.Defaults = map[string]any{
			"blockPublicAcls":       false,
			"blockPublicPolicy":     false,
			"ignorePublicAcls":      false,
			"restrictPublicBuckets": false,
		}
	}),
	bucketSetting(
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
		"pulumi-aws SDK doc",
		[]string{"rule"},
	).With(func(r *cloud.Row) {
		r.Check = cloud.OneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
	}),
	bucketSetting(
		"aws:s3/bucketPolicy:BucketPolicy",
		"pulumi-aws SDK doc",
		[]string{"policy"},
	).With(func(r *cloud.Row) {
		r.Check = cloud.ValidJSON("policy")
		r.BeforeCreate = checkBucketPolicy
		r.BeforeUpdate = checkBucketPolicy
	}),
	bucketSetting(
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"pulumi-aws SDK doc",
		[]string{"rules"},
	).With(ownedBy).
		With(func(r *cloud.Row) {
			r.Computed = map[string]cloud.Value{
				"transitionDefaultMinimumObjectSize": cloud.Fixed("all_storage_classes_128K"),
			}
			r.Check = cloud.OneOf("rules.status", "Enabled", "Disabled")
			r.BeforeCreate = checkLifecycle
			r.BeforeUpdate = checkLifecycle
			r.NotReal = "Nothing expires."
		}),
	cloud.Row{
		Token:    ObjectType,
		Source:   "internal/service/s3/object.go",
		Required: []string{"bucket", "key"},
		Replace:  []string{"bucket", "key"},
		Defaults: map[string]any{"forceDestroy": false},
		Name:     &cloud.NameRule{Property: "key", Max: 1024},
		ID:       cloud.FreeID("{key}", "{bucket}/{key}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:s3:::{bucket}/{key}",
			),
			"acl":         cloud.Fixed("private"),
			"contentType": cloud.Fixed("application/octet-stream"),
			"storageClass": cloud.Fixed(
				"STANDARD",
			),
			"serverSideEncryption": cloud.Fixed("AES256"),
			"bucketKeyEnabled":     cloud.Fixed(false),
			"versionId":            newObjectVersion,
			"checksumCrc32":        cloud.Fixed(""),
			"checksumCrc32c":       cloud.Fixed(""),
			"checksumCrc64nvme":    cloud.Fixed(""),
			"checksumSha1":         cloud.Fixed(""),
			"checksumSha256":       cloud.Fixed(""),
		},
		Derived: map[string]cloud.Value{"etag": func(c *cloud.Call) any { return objectTag(c.Inputs) }},
		References: []cloud.Reference{
			{Path: "bucket", To: cloud.One(BucketType), Missing: "NoSuchBucket: The specified bucket does not exist"},
		},
		Check: func(c *cloud.Call) []cloud.Failure {
			var given []string
			for _, path := range []string{"source", "content", "contentBase64"} {
				if cloud.Present(c.Inputs, path) {
					given = append(given, path)
				}
			}
			if len(given) > 1 {
				return []cloud.Failure{
					{Property: given[0], Reason: fmt.Sprintf("%q: conflicts with %s", given[0], given[1])},
				}
			}
			return nil
		},
		BeforeCreate: cloud.InTurn(
			readableObject,
			kms.RequireKey("kmsKeyId", "KMS.NotFoundException: Key '{value}' does not exist"),
		),
		BeforeUpdate: readableObject,
		AfterCreate:  storeObject,
		AfterUpdate: func(c *cloud.Call) error {
			if held, _ := Object(c.Tx, c.Str("bucket"), c.Str("key")); tagOf(held) != objectTag(c.Inputs) {
				c.Set("versionId", newObjectVersion(c))
			}
			return storeObject(c)
		},
		AfterDelete: func(c *cloud.Call) error {
			dropObject(c.Tx, c.Str("bucket"), c.Str("key"))
			return nil
		},
		NotReal: "Earlier versions of an object are not kept. The etag is the MD5 under KMS encryption too. " +
			"Checksums are empty.",
	},
)
