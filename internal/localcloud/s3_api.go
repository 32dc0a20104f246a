// S3 over the wire: rights, and reading of objects. Sources: Amazon S3 API reference, GetObject
// ("Permissions": what a missing object is answered with) and HeadObject.
package localcloud

import (
	"bytes"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var _ = registerOperations("s3", map[string]operation{
	"GetObject":     getObject,
	"HeadObject":    getObject,
	"PutObject":     putObject,
	"DeleteObject":  deleteObject,
	"ListObjectsV2": listObjects,
})

// understood are, by operation, the query parameters and x-amz- headers that mean something here;
// others ask for what the embedded S3 does not do.
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

// onBucket is what every operation on a bucket begins with.
func (in *wireRequest) onBucket(tx *Tx) (bucket, key string, fault *apiError) {
	bucket, key = in.bucketAndKey()
	for name := range in.http.URL.Query() {
		if !slices.Contains(understoodQuery[in.operation], name) {
			return "", "", notImplemented("the embedded S3 does not know the parameter %q of %s", name, in.operation)
		}
	}
	for name := range in.http.Header {
		lower := strings.ToLower(name)
		known := !strings.HasPrefix(lower, "x-amz-") || slices.Contains(understoodHeaders, lower) ||
			strings.HasPrefix(lower, "x-amz-meta-") || strings.HasPrefix(lower, "x-amz-checksum-")
		if !known {
			return "", "", notImplemented("the embedded S3 does not know the header %q of %s", lower, in.operation)
		}
	}
	if tx.find(bucketType, "", bucket) == nil {
		return "", "", &apiError{status: 404, code: "NoSuchBucket", message: "The specified bucket does not exist"}
	}
	if owner := in.http.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != in.cloud.Account {
		return "", "", &apiError{status: 403, code: "AccessDenied", message: "Access Denied"}
	}
	return bucket, key, nil
}

// allowS3 asks the role's policies and the bucket's, and notes the call.
func (in *wireRequest) allowS3(tx *Tx, action, bucket, key string, context map[string]string) *apiError {
	return in.allow(tx, in.s3Access(tx, action, bucket, key, context))
}

func (in *wireRequest) s3Access(tx *Tx, action, bucket, key string, context map[string]string) access {
	all := map[string]string{
		"s3:authtype":         "REST-HEADER",
		"s3:signatureversion": signatureScheme,
		"s3:resourceaccount":  in.cloud.Account,
	}
	maps.Copy(all, context)
	resource := "arn:aws:s3:::" + bucket
	if key != "" {
		resource += "/" + key
	}
	ask := access{
		action:   action,
		resource: resource,
		label:    strconv.Quote(resource),
		context:  all,
	}
	if policy := tx.find("aws:s3/bucketPolicy:BucketPolicy", "", bucket); policy != nil {
		ask.own = []string{policy.str("policy")}
	}
	return ask
}

// useObjectKey asks for the key that encrypts an object, in the caller's name.
func (in *wireRequest) useObjectKey(tx *Tx, action, bucket, key string, held storedObject) *apiError {
	context := "arn:aws:s3:::" + bucket
	if !held.bucketKey {
		context += "/" + key
	}
	return in.useKey(tx, held.key, action, "s3", map[string]string{"aws:s3:arn": context})
}

// fetch finds an object that the caller may read. Without s3:ListBucket nobody learns that an
// object is missing.
func (in *wireRequest) fetch(tx *Tx) (content []byte, held storedObject, fault *apiError) {
	bucket, key, fault := in.onBucket(tx)
	if fault == nil {
		fault = in.allowS3(tx, "s3:GetObject", bucket, key, nil)
	}
	if fault != nil {
		return nil, held, fault
	}
	content, found := tx.object(bucket, key)
	if !found {
		list := in.s3Access(tx, "s3:ListBucket", bucket, "", nil)
		if fault := in.evaluate(tx, list); fault != nil {
			in.note(tx, list.action, list.resource, false)
			return nil, held, fault
		}
		return nil, held, &apiError{status: 404, code: "NoSuchKey", message: "The specified key does not exist."}
	}
	held, _ = tx.values[objectPropertiesKey(bucket, key)].(storedObject)
	if version := in.http.URL.Query().Get("versionId"); version != "" && version != held.version {
		return nil, held, notImplemented(
			"the embedded S3 keeps the newest version of an object only, and %s is not that of %s",
			version,
			key,
		)
	}
	return content, held, in.useObjectKey(tx, "kms:Decrypt", bucket, key, held)
}

var rangeStart = regexp.MustCompile(`^bytes=(\d+)-`)

// getObject answers HeadObject too: Go's file server leaves the body out, and knows conditions and
// ranges.
func getObject(in *wireRequest, w http.ResponseWriter) *apiError {
	var content []byte
	var held storedObject
	var fault *apiError
	in.cloud.Update(func(tx *Tx) { content, held, fault = in.fetch(tx) })
	if fault != nil {
		return fault
	}
	tag := `"` + held.tag + `"`
	asked, match := in.http.Header.Get("Range"), in.http.Header.Get("If-Match")
	if start := rangeStart.FindStringSubmatch(asked); start != nil {
		if n, err := strconv.Atoi(start[1]); err != nil || n >= len(content) {
			return &apiError{status: 416, code: "InvalidRange", message: "The requested range is not satisfiable"}
		}
	}
	if match != "" && match != "*" && match != tag && match != held.tag {
		return &apiError{
			status:  412,
			code:    "PreconditionFailed",
			message: "At least one of the pre-conditions you specified did not hold",
		}
	}
	in.describe(w, held)
	w.Header().Set("Content-Type", held.contentType)
	w.Header().Set("Accept-Ranges", "bytes")
	for name, value := range held.metadata {
		w.Header().Set(name, value)
	}
	if asked != "" || in.http.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
		for algorithm := range held.checksums { // they are of the whole object
			w.Header().Del(checksumHeader + algorithm)
		}
	}
	http.ServeContent(w, in.http, "", held.modified, bytes.NewReader(content))
	return nil
}

// describe sets the headers that tell of an object, as puts and gets both answer them.
func (in *wireRequest) describe(w http.ResponseWriter, held storedObject) {
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
