// Which operation a request names, by the protocol of its service. Source of addresses: Amazon S3
// user guide, "Virtual hosting of buckets".
package localcloud

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// operationName is the operation as AWS names it; "" where there is none.
func (in *wireRequest) operationName() string {
	switch in.protocol {
	case json11:
		return lastOf(in.http.Header.Get("X-Amz-Target"), ".")
	case query:
		form, _ := url.ParseQuery(string(in.body)) // what does not parse has no operation
		return form.Get("Action")
	}
	_, key := in.bucketAndKey()
	asked := in.http.URL.Query()
	switch in.http.Method {
	case http.MethodGet:
		if key == "" {
			return map[bool]string{true: "ListObjectsV2"}[asked.Get("list-type") == "2"]
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

// bucketAndKey reads both kinds of addresses. An SDK whose endpoint is an IP address uses the path;
// with the endpoint http://localhost:PORT it puts the bucket before the host.
func (in *wireRequest) bucketAndKey() (bucket, key string) {
	host, _, err := net.SplitHostPort(in.http.Host)
	if err != nil {
		host = in.http.Host
	}
	path := strings.TrimPrefix(in.http.URL.Path, "/")
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}
