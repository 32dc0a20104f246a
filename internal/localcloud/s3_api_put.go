// S3 over the wire: writing and deleting of objects. Sources: Amazon S3 API reference, PutObject
// and DeleteObject; Amazon S3 user guide, "Add preconditions to S3 operations with conditional
// requests".
package localcloud

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// putObject stores an object, encrypted as asked or as the bucket's rule says.
func putObject(in *wireRequest, w http.ResponseWriter) *apiError {
	checksums, fault := in.checkIntegrity()
	if fault != nil {
		return fault
	}
	held, fault := in.store(tagOf(in.body), checksums)
	if fault != nil {
		return fault
	}
	in.describe(w, held)
	w.WriteHeader(http.StatusOK)
	return nil
}

// encryptionHeaders are condition keys under "s3:" too.
var encryptionHeaders = []string{"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"}

func (in *wireRequest) store(tag string, checksums map[string]string) (held storedObject, fault *apiError) {
	c, header := in.cloud, in.http.Header
	return update2(c, func(tx *Tx) (held storedObject, fault *apiError) {
		bucket, key, fault := in.onBucket(tx)
		if fault != nil {
			return held, fault
		}
		context := map[string]string{}
		for _, name := range encryptionHeaders {
			if value := header.Get(name); value != "" {
				context["s3:"+name] = value
			}
		}
		if fault := in.allowS3(tx, "s3:PutObject", bucket, key, context); fault != nil {
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
		held.encryption, held.key, held.bucketKey = tx.objectEncryption(
			bucket,
			header.Get(encryptionHeaders[0]),
			header.Get(encryptionHeaders[1]),
		)
		if fault := in.useObjectKey(tx, "kms:GenerateDataKey", bucket, key, held); fault != nil {
			return held, fault
		}
		if fault := tx.putConditions(header, bucket, key); fault != nil {
			return held, fault
		}
		held.version = tx.objectVersion(bucket)
		tx.recordObject(bucket, key, held.tag, held.version)
		tx.values[objectKey(bucket, key)] = in.body
		tx.values[objectPropertiesKey(bucket, key)] = held
		return held, nil
	})
}

// ownMetadata are the headers that S3 gives back as they came.
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

func (tx *Tx) putConditions(header http.Header, bucket, key string) *apiError {
	_, exists := tx.object(bucket, key)
	held, _ := tx.values[objectPropertiesKey(bucket, key)].(storedObject)
	match := strings.Trim(header.Get("If-Match"), `"`)
	switch {
	case match != "" && !exists:
		return &apiError{status: 404, code: "NoSuchKey", message: "The specified key does not exist."}
	case header.Get("If-None-Match") == "*" && exists, match != "" && match != held.tag:
		return &apiError{
			status:  412,
			code:    "PreconditionFailed",
			message: "At least one of the pre-conditions you specified did not hold",
		}
	}
	return nil
}

// deleteObject deletes; an object that is not there is no error.
func deleteObject(in *wireRequest, w http.ResponseWriter) *apiError {
	c := in.cloud
	return update(c, func(tx *Tx) *apiError {
		bucket, key, fault := in.onBucket(tx)
		if fault == nil {
			fault = in.allowS3(tx, "s3:DeleteObject", bucket, key, nil)
		}
		if fault != nil {
			return fault
		}
		for _, token := range []string{objectType, storedObjectType} {
			if r := tx.objectRecord(token, bucket, key); r != nil {
				tx.remove(token, r.ID)
			}
		}
		tx.dropObject(bucket, key)
		if marker := tx.objectVersion(bucket); marker != "" {
			w.Header().Set("x-amz-delete-marker", "true")
			w.Header().Set("x-amz-version-id", marker)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
