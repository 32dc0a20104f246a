// Objects: their content, which is kept, and what is known of each.
package localcloud

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
)

// objectContent reads what an object shall hold: a file or text asset, text, or base64.
func objectContent(inputs resource.PropertyMap) ([]byte, error) {
	if source, given := valueAt(inputs, "source"); given {
		switch source := open(source); {
		case source.IsAsset() && source.AssetValue().IsPath():
			return os.ReadFile(source.AssetValue().Path) // one read at its full size: nats-server has 17 MB
		case source.IsAsset():
			return source.AssetValue().Bytes()
		case source.IsArchive():
			return archiveBytes(source.ArchiveValue())
		}
	}
	if content, given := valueAt(inputs, "contentBase64"); given {
		s, _ := plain(content).(string)
		return base64.StdEncoding.DecodeString(s)
	}
	content, _ := valueAt(inputs, "content")
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
	source, _ := valueAt(inputs, "source")
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

func newObjectVersion(c *call) any { return c.tx.objectVersion(c.str("bucket")) }

// objectVersion is a new version id where the bucket keeps versions, "" where it does not.
func (tx *Tx) objectVersion(bucket string) string {
	setting := tx.find("aws:s3/bucketVersioningV2:BucketVersioningV2", "", bucket)
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
	held.encryption, held.key, held.bucketKey = c.tx.objectEncryption(
		bucket,
		inputOf(c, "serverSideEncryption"),
		inputOf(c, "kmsKeyId"),
	)
	c.tx.values[objectKey(bucket, key)] = content
	c.tx.values[objectPropertiesKey(bucket, key)] = held
	c.tx.remove(storedObjectType, bucket+"/"+key) // what something else has put there is the program's now
	return nil
}

// inputOf is a string that the program gave; an output of the same name does not count.
func inputOf(c *call, path string) string {
	v, _ := valueAt(c.inputs, path)
	s, _ := plain(v).(string)
	return s
}

// objectEncryption is how S3 encrypts an object that arrives now: as it is asked to, or else as the
// bucket's rule says, or else with S3's own key (Amazon S3 user guide, "Setting default server-side
// encryption behavior for Amazon S3 buckets"). key is an ARN, "" for a key that AWS manages.
func (tx *Tx) objectEncryption(bucket, algorithm, keyName string) (encryption, key string, bucketKey bool) {
	setting := tx.find(
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
	if found := tx.key(keyName); found != nil {
		keyName = found.str("arn")
	} else if strings.Contains(keyName, "alias/aws/") {
		keyName = ""
	}
	return algorithm, keyName, bucketKey
}

// object is the content of an object; false if there is none.
func (tx *Tx) object(bucket, key string) ([]byte, bool) {
	content, found := tx.values[objectKey(bucket, key)].([]byte)
	return content, found
}

// dropObject forgets an object's content; its record is the caller's matter.
func (tx *Tx) dropObject(bucket, key string) {
	delete(tx.values, objectKey(bucket, key))
	delete(tx.values, objectPropertiesKey(bucket, key))
}

// Put puts an object into a bucket, as somebody with the right to write could, over whatever is
// there; S3's own checksums fit it. The returned function puts back what was.
func (c *Cloud) Put(bucket, key string, content []byte) (undo func()) {
	var before []byte
	var held storedObject
	found := update(c, func(tx *Tx) (found bool) {
		before, found = tx.object(bucket, key)
		held, _ = tx.values[objectPropertiesKey(bucket, key)].(storedObject)
		other := held
		other.tag, other.checksums = tagOf(content), nil
		tx.setObject(bucket, key, content, other)
		return found
	})
	return func() {
		c.Update(func(tx *Tx) {
			if found {
				tx.setObject(bucket, key, before, held)
			} else {
				tx.dropObject(bucket, key)
			}
		})
	}
}

// setObject keeps an object's content; its record is the caller's matter.
func (tx *Tx) setObject(bucket, key string, content []byte, held storedObject) {
	tx.values[objectKey(bucket, key)] = content
	tx.values[objectPropertiesKey(bucket, key)] = held
}

// objectRecord finds the record of an object, of the program or of something else; nil if there is
// none.
func (tx *Tx) objectRecord(token, bucket, key string) *Record {
	for _, r := range tx.all(token) {
		if r.str("key") == key && r.str("bucket") == bucket {
			return r
		}
	}
	return nil
}

// recordObject makes an object known to its bucket, which AWS does not delete while it holds one.
// One that the program made stays the program's, and a refresh sees the change.
func (tx *Tx) recordObject(bucket, key, tag, version string) {
	if own := tx.objectRecord(objectType, bucket, key); own != nil {
		own.setOutput("etag", tag)
		own.setOutput("versionId", version)
		return
	}
	tx.keep(storedObjectType, bucket+"/"+key, map[string]any{"bucket": bucket, "key": key})
}

func archiveBytes(code *archive.Archive) ([]byte, error) { return code.Bytes(archive.ZIPArchive) }
