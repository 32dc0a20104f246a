// S3 over the wire: ListObjectsV2. Source: Amazon S3 API reference, ListObjectsV2.
package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// maxKeys is the number of keys in the largest page.
const maxKeys = 1000

type listedObject struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
}

type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix          string
	Delimiter, StartAfter string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	MaxKeys, KeyCount     int
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []listedPrefix
}

type listedPrefix struct{ Prefix string }

// listObjects answers with one page; the continuation token is the last entry of the page before.
func listObjects(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	query := in.HTTP.URL.Query()
	page := &listing{
		Prefix:            query.Get("prefix"),
		Delimiter:         query.Get("delimiter"),
		StartAfter:        query.Get("start-after"),
		EncodingType:      query.Get("encoding-type"),
		ContinuationToken: query.Get("continuation-token"),
		MaxKeys:           maxKeys,
	}
	if text := query.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return &awsapi.Error{
				Status:  400,
				Code:    "InvalidArgument",
				Message: "Provided max-keys not an integer or within integer range",
			}
		}
		page.MaxKeys = min(n, maxKeys)
	}
	after := page.StartAfter
	if page.ContinuationToken != "" {
		raw, err := base64.RawURLEncoding.DecodeString(page.ContinuationToken)
		if err != nil {
			return &awsapi.Error{
				Status:  400,
				Code:    "InvalidArgument",
				Message: "The continuation token provided is incorrect",
			}
		}
		after = string(raw)
	}
	objects, fault := objects(in, page)
	if fault != nil {
		return fault
	}
	page.fill(objects, after)
	page.encode()
	awsapi.WriteXML(w, http.StatusOK, in.HTTP.Method, page)
	return nil
}

// objects returns the objects under the page's prefix in the order of their keys, if the caller may
// list them.
func objects(in *awsapi.Request, page *listing) ([]listedObject, *awsapi.Error) {
	c := in.Cloud
	return cloud.Update2(c, func(tx *cloud.Tx) ([]listedObject, *awsapi.Error) {
		bucket, _, fault := onBucket(in, tx)
		if fault != nil {
			return nil, fault
		}
		context := map[string]string{}
		for _, name := range []string{"prefix", "delimiter", "max-keys"} {
			if query := in.HTTP.URL.Query(); query.Has(name) {
				context["s3:"+name] = query.Get(name)
			}
		}
		if fault := allowS3(in, tx, "s3:ListBucket", bucket, "", context); fault != nil {
			return nil, fault
		}
		page.Name = bucket
		var found []listedObject
		for name, content := range tx.Values {
			key, ok := strings.CutPrefix(name, objectKey(bucket, ""))
			if !ok || !strings.HasPrefix(key, page.Prefix) {
				continue
			}
			raw, _ := content.([]byte)
			held, _ := tx.Values[objectPropertiesKey(bucket, key)].(storedObject)
			found = append(found, listedObject{
				Key:          key,
				LastModified: held.modified.Format(time.RFC3339),
				ETag:         `"` + held.tag + `"`,
				Size:         len(raw),
				StorageClass: "STANDARD",
			})
		}
		slices.SortFunc(found, func(a, b listedObject) int { return strings.Compare(a.Key, b.Key) })
		return found, nil
	})
}

// fill adds what comes after an entry, until the page is full. Keys that have the delimiter after
// the prefix are one entry together.
func (page *listing) fill(objects []listedObject, after string) {
	last := after
	for _, object := range objects {
		entry, grouped := object.Key, false
		if rest := object.Key[len(page.Prefix):]; page.Delimiter != "" && strings.Contains(rest, page.Delimiter) {
			head, _, _ := strings.Cut(rest, page.Delimiter)
			entry, grouped = page.Prefix+head+page.Delimiter, true
		}
		if after != "" && entry <= after || grouped && entry == last {
			continue
		}
		if page.KeyCount == page.MaxKeys {
			page.IsTruncated = page.MaxKeys > 0
			page.NextContinuationToken = base64.RawURLEncoding.EncodeToString([]byte(last))
			return
		}
		if grouped {
			page.CommonPrefixes = append(page.CommonPrefixes, listedPrefix{entry})
		} else {
			page.Contents = append(page.Contents, object)
		}
		last = entry
		page.KeyCount++
	}
}

// encode writes keys in the encoding of URLs where the request says so: XML cannot hold every key.
func (page *listing) encode() {
	if page.EncodingType != "url" {
		return
	}
	for i := range page.Contents {
		page.Contents[i].Key = encodeKey(page.Contents[i].Key)
	}
	for i := range page.CommonPrefixes {
		page.CommonPrefixes[i].Prefix = encodeKey(page.CommonPrefixes[i].Prefix)
	}
	page.Prefix, page.Delimiter, page.StartAfter = encodeKey(
		page.Prefix,
	), encodeKey(
		page.Delimiter,
	), encodeKey(
		page.StartAfter,
	)
}

func encodeKey(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
