// S3: buckets, their settings, and objects, whose content is kept.
package localcloud

import (
	"fmt"
)

const (
	bucketType = "aws:s3/bucketV2:BucketV2"
	objectType = "aws:s3/bucketObjectv2:BucketObjectv2"
	// storedObjectType records objects that something else than the program has put.
	storedObjectType = "aws:s3/object:Object"
)

// bucketSetting is the row of a setting of one bucket: one per bucket, under the bucket's name.
func bucketSetting(token, source string, required []string) row {
	return row{
		token:    token,
		source:   source,
		required: append([]string{"bucket"}, required...),
		replace:  []string{"bucket"},
		id:       text("{bucket}"),
		references: []reference{
			{path: "bucket", to: one(bucketType), missing: "NoSuchBucket: The specified bucket does not exist"},
		},
	}
}

// ownedBy is the change of those settings that may name the bucket's owner.
func ownedBy(r *row) { r.replace = append(r.replace, "expectedBucketOwner") }

var _ = register(
	row{
		token:    bucketType,
		source:   "pulumi-aws SDK doc; AWS S3 user guide, \"Bucket naming rules\"",
		replace:  []string{"bucket", "bucketPrefix", "objectLockEnabled"},
		defaults: map[string]any{"forceDestroy": false},
		name: &nameRule{
			property: "bucket",
			min:      3,
			max:      63,
			pattern:  bucketName,
			auto:     true,
			unique:   true,
			taken: "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you " +
				"already own it.",
		},
		computed: map[string]value{
			"arn":                      text("arn:aws:s3:::{bucket}"),
			"bucketDomainName":         text("{bucket}.s3.amazonaws.com"),
			"bucketRegionalDomainName": text("{bucket}.s3.{region}.amazonaws.com"),
			"region":                   text("{region}"),
			"hostedZoneId":             func(c *call) any { return bucketZones[c.cloud.Region] },
			"objectLockEnabled": fixed(
				false,
			),
			"requestPayer":       fixed("BucketOwner"),
			"accelerationStatus": fixed(""),
			"policy":             fixed(""),
			"websiteDomain":      fixed(""),
			"websiteEndpoint":    fixed(""),
		},
		check:        checkBucketName,
		beforeDelete: emptyBucket,
		notReal:      "Names are unique in this account only, not in the world.",
	},
	bucketSetting("aws:s3/bucketVersioningV2:BucketVersioningV2", "internal/service/s3/bucket_versioning.go",
		[]string{"versioningConfiguration", "versioningConfiguration.status"}).with(ownedBy).with(func(r *row) {
		r.check = oneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled")
		r.beforeUpdate = func(c *call) error {
			before, now := c.was("versioningConfiguration.status"), c.str("versioningConfiguration.status")
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
	).with(ownedBy).
		with(func(r *row) {
			r.check = oneOf(
				"rules.applyServerSideEncryptionByDefault.sseAlgorithm",
				"AES256",
				"aws:kms",
				"aws:kms:dsse",
			)
			r.beforeCreate = needsKey(
				"rules.applyServerSideEncryptionByDefault.kmsMasterKeyId",
				"KMS.NotFoundException: Key '{value}' does not exist",
			)
			r.beforeUpdate = r.beforeCreate
		}),
	bucketSetting(
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"pulumi-aws SDK doc",
		nil,
	).with(func(r *row) {
		r.defaults = map[string]any{
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
	).with(func(r *row) {
		r.check = oneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
	}),
	bucketSetting("aws:s3/bucketPolicy:BucketPolicy", "pulumi-aws SDK doc", []string{"policy"}).with(func(r *row) {
		r.check = validJSON("policy")
		r.beforeCreate = judgeBucketPolicy
		r.beforeUpdate = judgeBucketPolicy
	}),
	bucketSetting(
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"pulumi-aws SDK doc",
		[]string{"rules"},
	).with(ownedBy).
		with(func(r *row) {
			r.computed = map[string]value{"transitionDefaultMinimumObjectSize": fixed("all_storage_classes_128K")}
			r.check = oneOf("rules.status", "Enabled", "Disabled")
			r.beforeCreate = judgeLifecycle
			r.beforeUpdate = judgeLifecycle
			r.notReal = "Nothing expires."
		}),
	row{
		token:    objectType,
		source:   "internal/service/s3/object.go",
		required: []string{"bucket", "key"},
		replace:  []string{"bucket", "key"},
		defaults: map[string]any{"forceDestroy": false},
		name:     &nameRule{property: "key", max: 1024},
		id:       freeID("{key}", "{bucket}/{key}"),
		computed: map[string]value{
			"arn": text(
				"arn:aws:s3:::{bucket}/{key}",
			),
			"acl":         fixed("private"),
			"contentType": fixed("application/octet-stream"),
			"storageClass": fixed(
				"STANDARD",
			),
			"serverSideEncryption": fixed("AES256"),
			"bucketKeyEnabled":     fixed(false),
			"versionId":            newObjectVersion,
			"checksumCrc32":        fixed(""),
			"checksumCrc32c":       fixed(""),
			"checksumCrc64nvme":    fixed(""),
			"checksumSha1":         fixed(""),
			"checksumSha256":       fixed(""),
		},
		derived: map[string]value{"etag": func(c *call) any { return objectTag(c.inputs) }},
		references: []reference{
			{path: "bucket", to: one(bucketType), missing: "NoSuchBucket: The specified bucket does not exist"},
		},
		check: func(c *call) []failure {
			var given []string
			for _, path := range []string{"source", "content", "contentBase64"} {
				if present(c.inputs, path) {
					given = append(given, path)
				}
			}
			if len(given) > 1 {
				return []failure{{property: given[0], reason: fmt.Sprintf("%q: conflicts with %s", given[0], given[1])}}
			}
			return nil
		},
		beforeCreate: inTurn(
			readableObject,
			needsKey("kmsKeyId", "KMS.NotFoundException: Key '{value}' does not exist"),
		),
		beforeUpdate: readableObject,
		afterCreate:  storeObject,
		afterUpdate: func(c *call) error {
			if held, _ := c.tx.object(c.str("bucket"), c.str("key")); tagOf(held) != objectTag(c.inputs) {
				c.set("versionId", newObjectVersion(c))
			}
			return storeObject(c)
		},
		afterDelete: func(c *call) error {
			c.tx.dropObject(c.str("bucket"), c.str("key"))
			return nil
		},
		notReal: "Earlier versions of an object are not kept. The etag is the MD5 under KMS encryption too. " +
			"Checksums are empty.",
	},
)
