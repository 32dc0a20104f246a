// S3 over the wire: what all operations check, and reading of objects. Sources: Amazon S3 API
// reference, GetObject ("Permissions": the answer where an object is missing) and HeadObject.
package s3

import (
	"bytes"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

var _ = awsapi.RegisterOperations("s3", map[string]awsapi.Operation{
	"GetObject":     getObject,
	"HeadObject":    getObject,
	"PutObject":     putObject,
	"DeleteObject":  deleteObject,
	"ListObjectsV2": listObjects,
})

// understoodQuery (by operation) and understoodHeaders are the query parameters and x-amz- headers
// that have a meaning here. Others request what the embedded S3 cannot do.
var (
	understoodQuery = map[string][]string{
		"GetObject": {
			"x-id",
			"versionId",
		},
		"HeadObject":   {"x-id", "versionId"},
		"PutObject":    {"x-id"},
		"DeleteObject": {"x-id"},
		"ListObjectsV2": {
			"x-id",
			"list-type",
			"prefix",
			"delimiter",
			"max-keys",
			"continuation-token",
			"start-after",
			"encoding-type",
			"fetch-owner",
		},
	}
	understoodHeaders = []string{
		"x-amz-date",
		"x-amz-security-token",
		"x-amz-content-sha256",
		"x-amz-user-agent",
		"x-amz-decoded-content-length",
		"x-amz-trailer",
		"x-amz-sdk-checksum-algorithm",
		"x-amz-checksum-algorithm",
		"x-amz-checksum-mode",
		"x-amz-checksum-type",
		"x-amz-expected-bucket-owner",
		"x-amz-server-side-encryption",
		"x-amz-server-side-encryption-aws-kms-key-id",
		"x-amz-storage-class",
		"x-amz-te",
	}
)

// onBucket returns the bucket and key of a request, or why no operation may begin.
func onBucket(in *awsapi.Request, tx *cloud.Tx) (bucket, key string, fault *awsapi.Error) {
	bucket, key = in.BucketAndKey()
	for name := range in.HTTP.URL.Query() {
		if !slices.Contains(understoodQuery[in.Operation], name) {
			return "", "", awsapi.NotImplemented(
				"the embedded S3 does not know the parameter %q of %s",
				name,
				in.Operation,
			)
		}
	}
	for name := range in.HTTP.Header {
		lower := strings.ToLower(name)
		known := !strings.HasPrefix(lower, "x-amz-") || slices.Contains(understoodHeaders, lower) ||
			strings.HasPrefix(lower, "x-amz-meta-") || strings.HasPrefix(lower, "x-amz-checksum-")
		if !known {
			return "", "", awsapi.NotImplemented(
				"the embedded S3 does not know the header %q of %s",
				lower,
				in.Operation,
			)
		}
	}
	if tx.Find(BucketType, "", bucket) == nil {
		return "", "", &awsapi.Error{
			Status:  404,
			Code:    "NoSuchBucket",
			Message: "The specified bucket does not exist",
		}
	}
	if owner := in.HTTP.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != in.Cloud.Account {
		return "", "", &awsapi.Error{Status: 403, Code: "AccessDenied", Message: "Access Denied"}
	}
	return bucket, key, nil
}

// allowS3 evaluates the role's and the bucket's policies and notes the call.
func allowS3(
	in *awsapi.Request,
	tx *cloud.Tx,
	action, bucket, key string,
	context map[string]string,
) *awsapi.Error {
	return in.Allow(tx, s3Access(in, tx, action, bucket, key, context))
}

func s3Access(
	in *awsapi.Request,
	tx *cloud.Tx,
	action, bucket, key string,
	context map[string]string,
) awsapi.Access {
	all := map[string]string{
		"s3:authtype":         "REST-HEADER",
		"s3:signatureversion": awsapi.SignatureScheme,
		"s3:resourceaccount":  in.Cloud.Account,
	}
	maps.Copy(all, context)
	resource := "arn:aws:s3:::" + bucket
	if key != "" {
		resource += "/" + key
	}
	access := awsapi.Access{
		Action:   action,
		Resource: resource,
		Label:    strconv.Quote(resource),
		Context:  all,
	}
	if policy := tx.Find("aws:s3/bucketPolicy:BucketPolicy", "", bucket); policy != nil {
		access.ResourcePolicies = []string{policy.Str("policy")}
	}
	return access
}

// useObjectKey refuses a caller that may not use the KMS key of an object.
func useObjectKey(
	in *awsapi.Request,
	tx *cloud.Tx,
	action, bucket, key string,
	held storedObject,
) *awsapi.Error {
	context := "arn:aws:s3:::" + bucket
	if !held.bucketKey {
		context += "/" + key
	}
	return kms.UseKey(in, tx, held.key, action, "s3", map[string]string{"aws:s3:arn": context})
}

// fetch returns an object that the caller may read. Only callers with s3:ListBucket learn that an
// object is missing.
func fetch(in *awsapi.Request, tx *cloud.Tx) (content []byte, held storedObject, fault *awsapi.Error) {
	bucket, key, fault := onBucket(in, tx)
	if fault == nil {
		fault = allowS3(in, tx, "s3:GetObject", bucket, key, nil)
	}
	if fault != nil {
		return nil, held, fault
	}
	content, found := Object(tx, bucket, key)
	if !found {
		list := s3Access(in, tx, "s3:ListBucket", bucket, "", nil)
		if fault := in.Evaluate(tx, list); fault != nil {
			in.Note(tx, list.Action, list.Resource, false)
			return nil, held, fault
		}
		return nil, held, &awsapi.Error{Status: 404, Code: "NoSuchKey", Message: "The specified key does not exist."}
	}
	held, _ = tx.Values[objectPropertiesKey(bucket, key)].(storedObject)
	if version := in.HTTP.URL.Query().Get("versionId"); version != "" && version != held.version {
		return nil, held, awsapi.NotImplemented(
			"the embedded S3 keeps the newest version of an object only, and %s is not that of %s",
			version,
			key,
		)
	}
	return content, held, useObjectKey(in, tx, "kms:Decrypt", bucket, key, held)
}

var rangeStart = regexp.MustCompile(`^bytes=(\d+)-`)

// getObject answers GetObject and HeadObject: http.ServeContent omits the body of the latter and
// knows conditions and ranges.
func getObject(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	var content []byte
	var held storedObject
	var fault *awsapi.Error
	in.Cloud.Update(func(tx *cloud.Tx) { content, held, fault = fetch(in, tx) })
	if fault != nil {
		return fault
	}
	tag := `"` + held.tag + `"`
	byteRange, match := in.HTTP.Header.Get("Range"), in.HTTP.Header.Get("If-Match")
	if start := rangeStart.FindStringSubmatch(byteRange); start != nil {
		if n, err := strconv.Atoi(start[1]); err != nil || n >= len(content) {
			return &awsapi.Error{
				Status:  416,
				Code:    "InvalidRange",
				Message: "The requested range is not satisfiable",
			}
		}
	}
	if match != "" && match != "*" && match != tag && match != held.tag {
		return &awsapi.Error{
			Status:  412,
			Code:    "PreconditionFailed",
			Message: "At least one of the pre-conditions you specified did not hold",
		}
	}
	describe(in, w, held)
	w.Header().Set("Content-Type", held.contentType)
	w.Header().Set("Accept-Ranges", "bytes")
	for name, value := range held.metadata {
		w.Header().Set(name, value)
	}
	if byteRange != "" || in.HTTP.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
		for algorithm := range held.checksums { // they are checksums of all bytes, not of a range
			w.Header().Del(checksumHeader + algorithm)
		}
	}
	http.ServeContent(w, in.HTTP, "", held.modified, bytes.NewReader(content))
	return nil
}

// describe sets the headers about an object, which the answers to puts and gets share.
func describe(in *awsapi.Request, w http.ResponseWriter, held storedObject) {
	header := w.Header()
	header.Set("ETag", `"`+held.tag+`"`)
	header.Set("x-amz-server-side-encryption", held.encryption)
	if held.key != "" {
		header.Set("x-amz-server-side-encryption-aws-kms-key-id", held.key)
	}
	if held.bucketKey {
		header.Set("x-amz-server-side-encryption-bucket-key-enabled", "true")
	}
	if held.version != "" {
		header.Set("x-amz-version-id", held.version)
	}
	for algorithm, value := range held.checksums {
		header.Set(checksumHeader+algorithm, value)
	}
}
