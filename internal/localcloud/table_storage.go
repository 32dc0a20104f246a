// S3: buckets, their settings, and objects, whose content is kept.
package localcloud

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const (
	bucketType = "aws:s3/bucketV2:BucketV2"
	objectType = "aws:s3/bucketObjectv2:BucketObjectv2"
	// storedObjectType records objects that something else than the program has put.
	storedObjectType = "aws:s3/object:Object"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`)

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

// with changes a row on its way into the table.
func (r row) with(change func(*row)) row {
	change(&r)
	return r
}

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
		check: func(c *call) []fault {
			var given []string
			for _, path := range []string{"source", "content", "contentBase64"} {
				if present(c.inputs, path) {
					given = append(given, path)
				}
			}
			if len(given) > 1 {
				return []fault{{property: given[0], reason: fmt.Sprintf("%q: conflicts with %s", given[0], given[1])}}
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
			if held, _ := c.cloud.object(c.str("bucket"), c.str("key")); tagOf(held) != objectTag(c.inputs) {
				c.set("versionId", newObjectVersion(c))
			}
			return storeObject(c)
		},
		afterDelete: func(c *call) error {
			c.cloud.dropObject(c.str("bucket"), c.str("key"))
			return nil
		},
		notReal: "Earlier versions of an object are not kept. The etag is the MD5 under KMS encryption too. " +
			"Checksums are empty.",
	},
)

// bucketZones are the hosted zones of S3's website endpoints (AWS general reference).
var bucketZones = map[string]string{
	"us-east-1": "Z3AQBSTGFYJSTF", "us-east-2": "Z2O1EMRO9K5GLX", "us-west-2": "Z3BJ6K6RIION7M",
	"eu-central-1": "Z21DNDUVLTQW6Q", "eu-west-1": "Z1BKCTXD74EZPE",
}

func checkBucketName(c *call) []fault {
	name := c.name()
	_, notAddress := netip.ParseAddr(name)
	switch {
	case strings.Contains(name, ".."), name != "" && notAddress == nil,
		strings.HasPrefix(name, "xn--"), strings.HasPrefix(name, "sthree-"),
		strings.HasSuffix(name, "-s3alias"), strings.HasSuffix(name, "--ol-s3"):
		return []fault{
			{
				property: "bucket",
				reason: fmt.Sprintf(
					"only valid bucket names are allowed, got %s: no two adjacent periods, no IP address, "+
						"not starting with xn-- or sthree-, not ending in -s3alias or --ol-s3",
					name,
				),
			},
		}
	}
	return nil
}

// emptyBucket: objects block a deletion unless it is forced; forced, they go with the bucket.
func emptyBucket(c *call) error {
	for _, token := range []string{objectType, storedObjectType} {
		for _, object := range c.cloud.all(token) {
			if object.str("bucket") != c.id {
				continue
			}
			if !c.yes("forceDestroy") {
				return fmt.Errorf("BucketNotEmpty: The bucket you tried to delete is not empty")
			}
			c.cloud.dropObject(c.id, object.str("key"))
			c.cloud.remove(token, object.ID)
		}
	}
	return nil
}

// judgeBucketPolicy refuses what S3 does not store, and a public policy where that is blocked.
func judgeBucketPolicy(c *call) error {
	policy, err := iam.Parse(c.str("policy"), iam.ResourcePolicy)
	if err != nil {
		return fmt.Errorf("%s", strings.Replace(err.Error(), "MalformedPolicyDocument:", "MalformedPolicy:", 1))
	}
	arn := "arn:aws:s3:::" + c.str("bucket")
	blocked := false
	if block := c.cloud.find(
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"",
		c.str("bucket"),
	); block != nil {
		blocked, _ = block.Get("blockPublicPolicy").(bool)
	}
	for _, s := range policy.Statements {
		for _, r := range s.Resources {
			if r != arn && !strings.HasPrefix(r, arn+"/") && r != "*" {
				return fmt.Errorf("MalformedPolicy: Policy has invalid resource")
			}
		}
		public := slices.Contains(s.Principals["AWS"], "*") || slices.Contains(s.Principals["*"], "*")
		if public && blocked && s.Effect == "Allow" && len(s.Conditions) == 0 {
			return fmt.Errorf(
				"AccessDenied: User is not authorized to perform: s3:PutBucketPolicy on resource: %q because public "+
					"policies "+
					"are blocked by the BlockPublicPolicy block public access setting.",
				arn,
			)
		}
	}
	return nil
}

// judgeLifecycle: rules need ids that differ.
func judgeLifecycle(c *call) error {
	ids := c.all("rules.id")
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		return fmt.Errorf("InvalidArgument: Rule ID must be unique. Found same ID for more than one rule")
	}
	return nil
}

// objectContent reads what an object shall hold: a file or text asset, text, or base64.
func objectContent(inputs resource.PropertyMap) ([]byte, error) {
	if source, given := lookup(inputs, "source"); given {
		switch source := open(source); {
		case source.IsAsset() && source.AssetValue().IsPath():
			return os.ReadFile(source.AssetValue().Path) // one read at its full size: nats-server has 17 MB
		case source.IsAsset():
			return source.AssetValue().Bytes()
		case source.IsArchive():
			return archiveBytes(source.ArchiveValue())
		}
	}
	if content, given := lookup(inputs, "contentBase64"); given {
		s, _ := plain(content).(string)
		return base64.StdEncoding.DecodeString(s)
	}
	content, _ := lookup(inputs, "content")
	s, _ := plain(content).(string)
	return []byte(s), nil
}

func readableObject(c *call) error {
	var err error
	if path := objectFile(c.inputs); path != "" {
		_, err = os.Stat(path)
	} else {
		_, err = objectContent(c.inputs)
	}
	if err != nil {
		return fmt.Errorf("opening S3 object source (%s/%s): %w", c.str("bucket"), c.str("key"), err)
	}
	return nil
}

func tagOf(content []byte) string {
	sum := md5.Sum(content)
	return hex.EncodeToString(sum[:])
}

// objectTag is the etag that an object's inputs lead to; "" where they cannot be read yet.
func objectTag(inputs resource.PropertyMap) string {
	if path := objectFile(inputs); path != "" {
		return tagOfFile(path)
	}
	content, err := objectContent(inputs)
	if err != nil {
		return ""
	}
	return tagOf(content)
}

// objectFile is the file that an object's content comes from; "" where it comes from elsewhere.
func objectFile(inputs resource.PropertyMap) string {
	source, _ := lookup(inputs, "source")
	if source = open(source); source.IsAsset() && source.AssetValue().IsPath() {
		return source.AssetValue().Path
	}
	return ""
}

// fileTags are the tags of files that were read, by name, size and time: nats-server has 20 MB and
// is asked for several times.
var fileTags sync.Map

// tagOfFile is the etag of a file's content; "" where it cannot be read.
func tagOfFile(path string) string {
	type version struct {
		path     string
		size     int64
		modified time.Time
	}
	about, err := os.Stat(path)
	if err != nil {
		return ""
	}
	key := version{path: path, size: about.Size(), modified: about.ModTime()}
	if known, found := fileTags.Load(key); found {
		return known.(string)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	tag := tagOf(content)
	fileTags.Store(key, tag)
	return tag
}

func newObjectVersion(c *call) any { return c.cloud.objectVersion(c.str("bucket")) }

// objectVersion is a new version id where the bucket keeps versions, "" where it does not.
func (c *Cloud) objectVersion(bucket string) string {
	setting := c.find("aws:s3/bucketVersioningV2:BucketVersioningV2", "", bucket)
	if setting == nil || setting.str("versioningConfiguration.status") != "Enabled" {
		return ""
	}
	return randomOf(lettersAndDigits, 32)
}

func objectKey(bucket, key string) string { return "s3://" + bucket + "/" + key }

// storedObject is what S3 keeps of an object beside its content.
type storedObject struct {
	modified    time.Time
	tag         string // MD5, hex
	contentType string
	version     string            // "" where the bucket keeps none
	encryption  string            // "AES256", "aws:kms"
	key         string            // ARN of the customer's key, "" where S3's own encrypts
	bucketKey   bool              // data keys are made for the bucket, not for each object
	checksums   map[string]string // by algorithm, lower case, as they came with the object
	metadata    map[string]string // the client's own, by header
}

// objectPropertiesKey is where a storedObject lies among what no record shows.
func objectPropertiesKey(bucket, key string) string { return "properties of " + objectKey(bucket, key) }

func storeObject(c *call) error {
	content, err := objectContent(c.inputs)
	if err != nil {
		return err
	}
	bucket, key := c.str("bucket"), c.str("key")
	held := storedObject{
		modified:    time.Now().UTC().Truncate(time.Second),
		tag:         c.str("etag"),
		contentType: c.str("contentType"),
		version:     c.str("versionId"),
	}
	held.encryption, held.key, held.bucketKey = c.cloud.objectEncryption(
		bucket,
		inputOf(c, "serverSideEncryption"),
		inputOf(c, "kmsKeyId"),
	)
	c.cloud.private[objectKey(bucket, key)] = content
	c.cloud.private[objectPropertiesKey(bucket, key)] = held
	c.cloud.remove(storedObjectType, bucket+"/"+key) // what something else has put there is the program's now
	return nil
}

// inputOf is a string that the program gave; an output of the same name does not count.
func inputOf(c *call, path string) string {
	v, _ := lookup(c.inputs, path)
	s, _ := plain(v).(string)
	return s
}

// objectEncryption is how S3 encrypts an object that arrives now: as it is asked to, or else as the
// bucket's rule says, or else with S3's own key (Amazon S3 user guide, "Setting default server-side
// encryption behavior for Amazon S3 buckets"). key is an ARN, "" for a key that AWS manages.
func (c *Cloud) objectEncryption(bucket, algorithm, keyName string) (encryption, key string, bucketKey bool) {
	setting := c.find(
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"",
		bucket,
	)
	if setting != nil {
		bucketKey, _ = setting.Get("rules.bucketKeyEnabled").(bool)
		if algorithm == "" && keyName == "" {
			algorithm = setting.str("rules.applyServerSideEncryptionByDefault.sseAlgorithm")
			keyName = setting.str("rules.applyServerSideEncryptionByDefault.kmsMasterKeyId")
		}
	}
	switch {
	case algorithm == "" && keyName == "", algorithm == "AES256":
		return "AES256", "", false
	case algorithm == "":
		algorithm = "aws:kms"
	}
	if found := c.key(keyName); found != nil {
		keyName = found.str("arn")
	} else if strings.Contains(keyName, "alias/aws/") {
		keyName = ""
	}
	return algorithm, keyName, bucketKey
}

// object is the content of an object; false if there is none. Call it with the lock held.
func (c *Cloud) object(bucket, key string) ([]byte, bool) {
	content, found := c.private[objectKey(bucket, key)].([]byte)
	return content, found
}

// dropObject forgets an object's content; its record is the caller's matter.
func (c *Cloud) dropObject(bucket, key string) {
	delete(c.private, objectKey(bucket, key))
	delete(c.private, objectPropertiesKey(bucket, key))
}
