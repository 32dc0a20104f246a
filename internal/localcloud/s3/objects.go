// Objects. Their content is kept, because machines and tasks download programs from S3.
package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// objectContent reads the content that the inputs give: a file or text asset, text, or base64.
func objectContent(inputs resource.PropertyMap) ([]byte, error) {
	if source, given := cloud.ValueAt(inputs, "source"); given {
		switch source := cloud.Unwrap(source); {
		case source.IsAsset() && source.AssetValue().IsPath():
			return os.ReadFile(source.AssetValue().Path) // one read at its full size: nats-server has 17 MB
		case source.IsAsset():
			return source.AssetValue().Bytes()
		case source.IsArchive():
			return ArchiveBytes(source.ArchiveValue())
		}
	}
	if content, given := cloud.ValueAt(inputs, "contentBase64"); given {
		s, _ := cloud.Plain(content).(string)
		return base64.StdEncoding.DecodeString(s)
	}
	content, _ := cloud.ValueAt(inputs, "content")
	s, _ := cloud.Plain(content).(string)
	return []byte(s), nil
}

func readableObject(c *cloud.Call) error {
	var err error
	if path := objectFile(c.Inputs); path != "" {
		_, err = os.Stat(path)
	} else {
		_, err = objectContent(c.Inputs)
	}
	if err != nil {
		return fmt.Errorf("opening S3 object source (%s/%s): %w", c.Str("bucket"), c.Str("key"), err)
	}
	return nil
}

func tagOf(content []byte) string {
	sum := md5.Sum(content)
	return hex.EncodeToString(sum[:])
}

// objectTag is the etag of the content that the inputs give; "" where it cannot be read yet.
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

// objectFile is the path of the file with the content; "" where the content is no file.
func objectFile(inputs resource.PropertyMap) string {
	source, _ := cloud.ValueAt(inputs, "source")
	if source = cloud.Unwrap(source); source.IsAsset() && source.AssetValue().IsPath() {
		return source.AssetValue().Path
	}
	return ""
}

// fileTags caches the tags of files by name, size and time: nats-server has 20 MB, and one
// deployment needs its tag several times.
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

func newObjectVersion(c *cloud.Call) any { return objectVersion(c.Tx, c.Str("bucket")) }

// objectVersion is a new version id where the bucket keeps versions, "" where it does not.
func objectVersion(tx *cloud.Tx, bucket string) string {
	setting := tx.Find("aws:s3/bucketVersioningV2:BucketVersioningV2", "", bucket)
	if setting == nil || setting.Str("versioningConfiguration.status") != "Enabled" {
		return ""
	}
	return cloud.RandomOf(cloud.LettersAndDigits, 32)
}

func objectKey(bucket, key string) string { return "s3://" + bucket + "/" + key }

// storedObject is what S3 keeps of an object besides its content.
type storedObject struct {
	modified    time.Time
	tag         string // MD5, hex
	contentType string
	version     string            // "" where the bucket keeps none
	encryption  string            // "AES256", "aws:kms"
	key         string            // ARN of the customer's key, "" for S3's own key
	bucketKey   bool              // data keys are made for the bucket, not for each object
	checksums   map[string]string // by algorithm, lower case, as they came with the object
	metadata    map[string]string // of the client, by header
}

// objectPropertiesKey is the key of a storedObject in Tx.Values.
func objectPropertiesKey(bucket, key string) string { return "properties of " + objectKey(bucket, key) }

func storeObject(c *cloud.Call) error {
	content, err := objectContent(c.Inputs)
	if err != nil {
		return err
	}
	bucket, key := c.Str("bucket"), c.Str("key")
	held := storedObject{
		modified:    time.Now().UTC().Truncate(time.Second),
		tag:         c.Str("etag"),
		contentType: c.Str("contentType"),
		version:     c.Str("versionId"),
	}
	held.encryption, held.key, held.bucketKey = objectEncryption(c.Tx,
		bucket,
		inputOf(c, "serverSideEncryption"),
		inputOf(c, "kmsKeyId"),
	)
	c.Tx.Values[objectKey(bucket, key)] = content
	c.Tx.Values[objectPropertiesKey(bucket, key)] = held
	c.Tx.Remove(StoredObjectType, bucket+"/"+key) // an object of something else is the program's now
	return nil
}

// inputOf is a string that the program gave; an output of the same name does not count.
func inputOf(c *cloud.Call, path string) string {
	v, _ := cloud.ValueAt(c.Inputs, path)
	s, _ := cloud.Plain(v).(string)
	return s
}

// objectEncryption is how S3 encrypts a new object: as the request says, or else as the bucket's
// rule says, or else with S3's own key (Amazon S3 user guide, "Setting default server-side
// encryption behavior for Amazon S3 buckets"). key is an ARN, "" for a key that AWS manages.
func objectEncryption(tx *cloud.Tx, bucket, algorithm, keyName string) (encryption, key string, bucketKey bool) {
	setting := tx.Find(
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"",
		bucket,
	)
	if setting != nil {
		bucketKey, _ = setting.Get("rules.bucketKeyEnabled").(bool)
		if algorithm == "" && keyName == "" {
			algorithm = setting.Str("rules.applyServerSideEncryptionByDefault.sseAlgorithm")
			keyName = setting.Str("rules.applyServerSideEncryptionByDefault.kmsMasterKeyId")
		}
	}
	switch {
	case algorithm == "" && keyName == "", algorithm == "AES256":
		return "AES256", "", false
	case algorithm == "":
		algorithm = "aws:kms"
	}
	if found := kms.Key(tx, keyName); found != nil {
		keyName = found.Str("arn")
	} else if strings.Contains(keyName, "alias/aws/") {
		keyName = ""
	}
	return algorithm, keyName, bucketKey
}

// Object returns the content of an object; false if there is none.
func Object(tx *cloud.Tx, bucket, key string) ([]byte, bool) {
	content, found := tx.Values[objectKey(bucket, key)].([]byte)
	return content, found
}

// dropObject deletes an object's content; callers delete its record.
func dropObject(tx *cloud.Tx, bucket, key string) {
	delete(tx.Values, objectKey(bucket, key))
	delete(tx.Values, objectPropertiesKey(bucket, key))
}

// Put stores an object in a bucket as anyone with the right to write could, over whatever is there.
// The ETag matches the new content. The returned function restores what was there before.
func Put(c *cloud.Cloud, bucket, key string, content []byte) (undo func()) {
	var before []byte
	var held storedObject
	found := cloud.Update(c, func(tx *cloud.Tx) (found bool) {
		before, found = Object(tx, bucket, key)
		held, _ = tx.Values[objectPropertiesKey(bucket, key)].(storedObject)
		other := held
		other.tag, other.checksums = tagOf(content), nil
		setObject(tx, bucket, key, content, other)
		return found
	})
	return func() {
		c.Update(func(tx *cloud.Tx) {
			if found {
				setObject(tx, bucket, key, before, held)
			} else {
				dropObject(tx, bucket, key)
			}
		})
	}
}

// setObject stores an object's content; callers store its record.
func setObject(tx *cloud.Tx, bucket, key string, content []byte, held storedObject) {
	tx.Values[objectKey(bucket, key)] = content
	tx.Values[objectPropertiesKey(bucket, key)] = held
}

// objectRecord returns the record of an object; nil if there is none. The type says whether the
// program or something else created it.
func objectRecord(tx *cloud.Tx, token, bucket, key string) *cloud.Record {
	for _, r := range tx.All(token) {
		if r.Str("key") == key && r.Str("bucket") == bucket {
			return r
		}
	}
	return nil
}

// recordObject stores the record of an object: AWS does not delete a bucket with objects. An object
// that the program created remains the program's, and a refresh sees the change.
func recordObject(tx *cloud.Tx, bucket, key, tag, version string) {
	if own := objectRecord(tx, ObjectType, bucket, key); own != nil {
		own.SetOutput("etag", tag)
		own.SetOutput("versionId", version)
		return
	}
	tx.Keep(StoredObjectType, bucket+"/"+key, map[string]any{"bucket": bucket, "key": key})
}

// ArchiveBytes returns an archive as a ZIP file.
func ArchiveBytes(code *archive.Archive) ([]byte, error) { return code.Bytes(archive.ZIPArchive) }
