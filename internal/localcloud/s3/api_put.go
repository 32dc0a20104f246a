// S3 over the wire: writing and deleting of objects. Sources: Amazon S3 API reference, PutObject
// and DeleteObject; Amazon S3 user guide, "Add preconditions to S3 operations with conditional
// requests".
package s3

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// putObject stores an object, encrypted as the request or else the bucket's rule says.
func putObject(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	checksums, fault := checkIntegrity(in)
	if fault != nil {
		return fault
	}
	held, fault := store(in, tagOf(in.Body), checksums)
	if fault != nil {
		return fault
	}
	describe(in, w, held)
	w.WriteHeader(http.StatusOK)
	return nil
}

// encryptionHeaders are headers that are condition keys too, with "s3:" before them.
var encryptionHeaders = []string{"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"}

func store(
	in *awsapi.Request,
	tag string,
	checksums map[string]string,
) (held storedObject, fault *awsapi.Error) {
	c, header := in.Cloud, in.HTTP.Header
	return cloud.Update2(c, func(tx *cloud.Tx) (held storedObject, fault *awsapi.Error) {
		bucket, key, fault := onBucket(in, tx)
		if fault != nil {
			return held, fault
		}
		context := map[string]string{}
		for _, name := range encryptionHeaders {
			if value := header.Get(name); value != "" {
				context["s3:"+name] = value
			}
		}
		if fault := allowS3(in, tx, "s3:PutObject", bucket, key, context); fault != nil {
			return held, fault
		}
		held = storedObject{
			modified:    time.Now().UTC().Truncate(time.Second),
			tag:         tag,
			contentType: header.Get("Content-Type"),
			checksums:   checksums,
			metadata:    ownMetadata(header),
		}
		if held.contentType == "" {
			held.contentType = "binary/octet-stream"
		}
		held.encryption, held.key, held.bucketKey = objectEncryption(tx,
			bucket,
			header.Get(encryptionHeaders[0]),
			header.Get(encryptionHeaders[1]),
		)
		if fault := useObjectKey(in, tx, "kms:GenerateDataKey", bucket, key, held); fault != nil {
			return held, fault
		}
		if fault := putConditions(tx, header, bucket, key); fault != nil {
			return held, fault
		}
		held.version = objectVersion(tx, bucket)
		recordObject(tx, bucket, key, held.tag, held.version)
		tx.Values[objectKey(bucket, key)] = in.Body
		tx.Values[objectPropertiesKey(bucket, key)] = held
		return held, nil
	})
}

// ownMetadata returns the headers that S3 stores with an object and returns unchanged.
func ownMetadata(header http.Header) map[string]string {
	own := map[string]string{}
	for name, values := range header {
		if strings.HasPrefix(name, "X-Amz-Meta-") ||
			slices.Contains([]string{"Cache-Control", "Content-Disposition", "Content-Language"}, name) {
			own[name] = values[0]
		}
	}
	if coding := strings.Trim(
		strings.ReplaceAll(header.Get("Content-Encoding"), "aws-chunked", ""),
		", ",
	); coding != "" {
		own["Content-Encoding"] = coding
	}
	return own
}

func putConditions(tx *cloud.Tx, header http.Header, bucket, key string) *awsapi.Error {
	_, exists := Object(tx, bucket, key)
	held, _ := tx.Values[objectPropertiesKey(bucket, key)].(storedObject)
	match := strings.Trim(header.Get("If-Match"), `"`)
	switch {
	case match != "" && !exists:
		return &awsapi.Error{Status: 404, Code: "NoSuchKey", Message: "The specified key does not exist."}
	case header.Get("If-None-Match") == "*" && exists, match != "" && match != held.tag:
		return &awsapi.Error{
			Status:  412,
			Code:    "PreconditionFailed",
			Message: "At least one of the pre-conditions you specified did not hold",
		}
	}
	return nil
}

// deleteObject deletes an object; it succeeds where there is none.
func deleteObject(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	c := in.Cloud
	return cloud.Update(c, func(tx *cloud.Tx) *awsapi.Error {
		bucket, key, fault := onBucket(in, tx)
		if fault == nil {
			fault = allowS3(in, tx, "s3:DeleteObject", bucket, key, nil)
		}
		if fault != nil {
			return fault
		}
		for _, token := range []string{ObjectType, StoredObjectType} {
			if r := objectRecord(tx, token, bucket, key); r != nil {
				tx.Remove(token, r.ID)
			}
		}
		dropObject(tx, bucket, key)
		if marker := objectVersion(tx, bucket); marker != "" {
			w.Header().Set("x-amz-delete-marker", "true")
			w.Header().Set("x-amz-version-id", marker)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
