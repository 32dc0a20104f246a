// Which operation a request names: each protocol names it elsewhere. Source of addresses: Amazon S3
// user guide, "Virtual hosting of buckets".
package awsapi

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// operationName is the operation as AWS names it; "" where there is none.
func (in *Request) operationName() string {
	switch in.Protocol {
	case JSON11:
		return cloud.AfterLast(in.HTTP.Header.Get("X-Amz-Target"), ".")
	case query:
		form, _ := url.ParseQuery(string(in.Body)) // a body that does not parse names no operation
		return form.Get("Action")
	}
	_, key := in.BucketAndKey()
	parameters := in.HTTP.URL.Query()
	switch in.HTTP.Method {
	case http.MethodGet:
		if key == "" {
			return map[bool]string{true: "ListObjectsV2"}[parameters.Get("list-type") == "2"]
		}
		return "GetObject"
	case http.MethodHead:
		return map[bool]string{true: "HeadObject", false: "HeadBucket"}[key != ""]
	case http.MethodPut:
		return map[bool]string{true: "PutObject", false: "CreateBucket"}[key != ""]
	case http.MethodDelete:
		return map[bool]string{true: "DeleteObject", false: "DeleteBucket"}[key != ""]
	}
	return ""
}

// BucketAndKey reads both kinds of S3's addresses. An SDK whose endpoint is an IP address puts the
// bucket into the path; with the endpoint http://localhost:PORT it puts the bucket before the host.
func (in *Request) BucketAndKey() (bucket, key string) {
	host, _, err := net.SplitHostPort(in.HTTP.Host)
	if err != nil {
		host = in.HTTP.Host
	}
	path := strings.TrimPrefix(in.HTTP.URL.Path, "/")
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}
