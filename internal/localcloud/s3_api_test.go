package localcloud

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/s3"
)

// bucket makes a bucket, encrypted with a key where one is given.
func (w wired) bucket(name, key string) {
	w.Helper()
	w.make(s3.BucketType, name, map[string]any{"bucket": name})
	if key != "" {
		w.make(
			"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
			name,
			map[string]any{
				"bucket": name,
				"rules": []any{
					map[string]any{
						"bucketKeyEnabled": true,
						"applyServerSideEncryptionByDefault": map[string]any{
							"sseAlgorithm":   "aws:kms",
							"kmsMasterKeyId": key,
						},
					},
				},
			},
		)
	}
}

func (w wired) kmsKey(name string, statements ...statement) string {
	w.Helper()
	inputs := map[string]any{}
	if len(statements) > 0 {
		inputs["policy"] = policyText(statements...)
	}
	_, outputs := w.make("aws:kms/key:Key", name, inputs)
	return outputs["arn"].StringValue()
}

func read(t *testing.T, client *awss3.Client, bucket, key string) (string, error) {
	t.Helper()
	answer, err := client.GetObject(context.Background(), &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(content), nil
}

func TestLifeOfAnObject(t *testing.T) {
	w := newWired(t)
	key := w.kmsKey("artifacts")
	w.bucket("data-1", key)
	w.make(
		"aws:s3/bucketVersioningV2:BucketVersioningV2",
		"v",
		map[string]any{"bucket": "data-1", "versioningConfiguration": map[string]any{"status": "Enabled"}},
	)
	client := awss3.NewFromConfig(
		w.as(
			w.role(
				"app",
				allow("s3:*", []string{"arn:aws:s3:::data-1", "arn:aws:s3:::data-1/*"}),
				allow([]string{"kms:Decrypt", "kms:GenerateDataKey"}, key),
			),
		),
	)
	name := aws.String("a key/with spaces+plus&ümlaut")
	put, err := client.PutObject(context.Background(), &awss3.PutObjectInput{
		Bucket:      aws.String("data-1"),
		Key:         name,
		Body:        strings.NewReader("content"),
		ContentType: aws.String("text/plain"),
		Metadata:    map[string]string{"owner": "bob"},
	})
	require.NoError(t, err)
	assert.Equal(t, `"9a0364b9e99bb480dd25e1f0284c8555"`, *put.ETag)
	assert.Equal(t, key, *put.SSEKMSKeyId)
	assert.Len(t, *put.VersionId, 32)

	got, err := client.GetObject(context.Background(), &awss3.GetObjectInput{Bucket: aws.String("data-1"), Key: name})
	require.NoError(t, err)
	content, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	assert.Equal(t, "content", string(content))
	assert.Equal(t, "text/plain", *got.ContentType)
	assert.Equal(t, map[string]string{"owner": "bob"}, got.Metadata)
	assert.Equal(t, types.ServerSideEncryptionAwsKms, got.ServerSideEncryption)
	assert.NotEmpty(t, *got.ChecksumCRC32, "what the SDK sent comes back, and the SDK has checked it")
	stored, _ := cloud.View2(w.Cloud, func(tx *cloud.Tx) ([]byte, bool) { return s3.Object(tx, "data-1", *name) })
	assert.Equal(t, "content", string(stored))

	head, err := client.HeadObject(
		context.Background(),
		&awss3.HeadObjectInput{Bucket: aws.String("data-1"), Key: name},
	)
	require.NoError(t, err)
	assert.EqualValues(t, 7, *head.ContentLength)
	part, err := client.GetObject(
		context.Background(),
		&awss3.GetObjectInput{Bucket: aws.String("data-1"), Key: name, Range: aws.String("bytes=3-4")},
	)
	require.NoError(t, err)
	content, err = io.ReadAll(part.Body)
	require.NoError(t, err)
	assert.Equal(t, "te", string(content))

	assert.ErrorContains(t, w.end(s3.BucketType, "data-1"), "BucketNotEmpty")
	_, err = client.DeleteObject(
		context.Background(),
		&awss3.DeleteObjectInput{Bucket: aws.String("data-1"), Key: name},
	)
	require.NoError(t, err)
	_, err = client.HeadObject(context.Background(), &awss3.HeadObjectInput{Bucket: aws.String("data-1"), Key: name})
	code, _, status := apiCode(t, err)
	assert.Equal(t, "NotFound", code)
	assert.Equal(t, 404, status)
	require.NoError(t, w.end(s3.BucketType, "data-1"))
	_, err = read(t, client, "data-1", "x")
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "NoSuchBucket", code)
}

func TestReadingNeedsTheBucketsKeyToo(t *testing.T) {
	w := newWired(t)
	iam := statement{
		"Sid":       "Account",
		"Effect":    "Allow",
		"Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"},
		"Action":    "kms:*",
		"Resource":  "*",
	}
	key := w.kmsKey("artifacts", iam)
	closed := w.kmsKey(
		"closed",
		statement{
			"Effect":    "Allow",
			"Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"},
			"Action":    "kms:Put*",
			"Resource":  "*",
		},
	)
	w.bucket("open-1", key)
	w.bucket("closed-1", closed)
	for _, bucket := range []string{"open-1", "closed-1"} {
		w.make(
			s3.ObjectType,
			bucket,
			map[string]any{"bucket": bucket, "key": "configuration/current", "content": "abc"},
		)
	}
	objects := allow("s3:GetObject", []string{"arn:aws:s3:::open-1/*", "arn:aws:s3:::closed-1/*"})
	through := allow("kms:Decrypt", "*")
	through["Condition"] = map[string]any{
		"StringEquals": map[string]any{
			"kms:ViaService":                   "s3.us-east-1.amazonaws.com",
			"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::open-1",
		},
	}
	node := awss3.NewFromConfig(w.as(w.role("node", objects, through)))
	got, err := read(t, node, "open-1", "configuration/current")
	require.NoError(t, err)
	assert.Equal(t, "abc", got)

	_, err = read(t, awss3.NewFromConfig(w.as(w.role("keyless", objects))), "open-1", "configuration/current")
	code, message, status := apiCode(t, err)
	assert.Equal(t, "AccessDenied", code)
	assert.Equal(t, 403, status)
	assert.Equal(
		t,
		"User: arn:aws:sts::123456789012:assumed-role/keyless/test-session is not authorized to perform: "+
			"kms:Decrypt on resource: "+key+
			" because no identity-based policy allows the kms:Decrypt action",
		message,
	)
	_, err = read(t, awss3.NewFromConfig(w.as(w.role("all", allow("*", "*")))), "closed-1", "configuration/current")
	_, message, _ = apiCode(t, err)
	assert.Contains(t, message, "because no resource-based policy allows the kms:Decrypt action")

	calls := awsapi.Calls(w.Cloud)
	require.Len(t, calls, 6)
	assert.Equal(t, "s3:GetObject", calls[0].Action)
	assert.Equal(t, "node", calls[0].Role)
	assert.Equal(t, "arn:aws:s3:::open-1/configuration/current", calls[0].Resource)
	assert.Equal(
		t,
		[]bool{true, true, true, false},
		[]bool{calls[0].Allowed, calls[1].Allowed, calls[2].Allowed, calls[3].Allowed},
	)
	require.NoError(t, w.end("aws:kms/key:Key", cloud.AfterLast(key, "/")))
	_, err = read(t, node, "open-1", "configuration/current")
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "KMS.KMSInvalidStateException", code)
}

func TestWritingNeedsTheRightToMakeDataKeys(t *testing.T) {
	w := newWired(t)
	key := w.kmsKey("artifacts")
	w.bucket("data-1", key)
	client := awss3.NewFromConfig(
		w.as(w.role("writer", allow("s3:PutObject", "arn:aws:s3:::data-1/backups/*"), allow("kms:Decrypt", key))),
	)
	put := func(name string) error {
		_, err := client.PutObject(
			context.Background(),
			&awss3.PutObjectInput{Bucket: aws.String("data-1"), Key: &name, Body: strings.NewReader("x")},
		)
		return err
	}
	_, message, _ := apiCode(t, put("backups/1"))
	assert.Contains(t, message, "kms:GenerateDataKey on resource: "+key)
	_, message, _ = apiCode(t, put("other/1"))
	assert.Equal(
		t,
		`User: arn:aws:sts::123456789012:assumed-role/writer/test-session is not authorized to perform: `+
			`s3:PutObject on resource: `+
			`"arn:aws:s3:::data-1/other/1" because no identity-based policy allows the s3:PutObject action`,
		message,
	)
	assert.Empty(t, w.Records(s3.StoredObjectType))
}

// Nobody learns that an object is missing who may not list the bucket.
func TestAMissingObject(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	_, err := read(t, awss3.NewFromConfig(w.as(w.role("reader", allow("s3:GetObject", "*")))), "data-1", "missing")
	code, message, status := apiCode(t, err)
	assert.Equal(t, "AccessDenied", code)
	assert.Equal(t, 403, status)
	assert.Contains(t, message, `s3:ListBucket on resource: "arn:aws:s3:::data-1"`)
	_, err = read(
		t,
		awss3.NewFromConfig(w.as(w.role("lister", allow([]string{"s3:GetObject", "s3:ListBucket"}, "*")))),
		"data-1",
		"missing",
	)
	var missing *types.NoSuchKey
	assert.ErrorAs(t, err, &missing)
	assert.Equal(
		t,
		"NoSuchKey: The specified key does not exist.",
		awsapi.Calls(w.bench.Cloud)[len(awsapi.Calls(w.bench.Cloud))-1].Error,
	)
}

func TestABucketPolicyDenies(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	w.make(s3.ObjectType, "o", map[string]any{"bucket": "data-1", "key": "k", "content": "abc"})
	client := awss3.NewFromConfig(w.as(w.role("app", allow("s3:*", "*"))))
	const token = "aws:s3/bucketPolicy:BucketPolicy"
	deny := func(secure string) string {
		return policyText(statement{
			"Effect":    "Deny",
			"Principal": "*",
			"Action":    "s3:*",
			"Resource":  []string{"arn:aws:s3:::data-1", "arn:aws:s3:::data-1/*"},
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": secure}},
		})
	}
	w.make(token, "p", map[string]any{"bucket": "data-1", "policy": deny("false")})
	_, err := read(t, client, "data-1", "k")
	require.NoError(t, err, "a rehearsal's plain HTTP counts as TLS")
	require.NoError(t, w.change(token, "data-1", map[string]any{"bucket": "data-1", "policy": deny("true")}))
	_, err = read(t, client, "data-1", "k")
	_, message, _ := apiCode(t, err)
	assert.Contains(t, message, "with an explicit deny in a resource-based policy")
}

func TestListing(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	list := allow("s3:ListBucket", "arn:aws:s3:::data-1")
	list["Condition"] = map[string]any{"StringLike": map[string]any{"s3:prefix": "backups/*"}}
	client := awss3.NewFromConfig(w.as(w.role("app", allow("s3:PutObject", "*"), list)))
	var want []string
	for i := range 7 {
		key := fmt.Sprintf("backups/day-%d/orders.tar", i)
		want = append(want, key)
		_, err := client.PutObject(
			context.Background(),
			&awss3.PutObjectInput{Bucket: aws.String("data-1"), Key: &key, Body: strings.NewReader(key)},
		)
		require.NoError(t, err)
	}
	w.make(s3.ObjectType, "o", map[string]any{"bucket": "data-1", "key": "other", "content": "abc"})
	pages := awss3.NewListObjectsV2Paginator(
		client,
		&awss3.ListObjectsV2Input{Bucket: aws.String("data-1"), Prefix: aws.String("backups/"), MaxKeys: aws.Int32(3)},
	)
	var got []string
	count := 0
	for ; pages.HasMorePages(); count++ {
		page, err := pages.NextPage(context.Background())
		require.NoError(t, err)
		for _, o := range page.Contents {
			got = append(got, *o.Key)
			assert.EqualValues(t, len(*o.Key), *o.Size)
		}
	}
	assert.Equal(t, want, got)
	assert.Equal(t, 3, count)
	grouped, err := client.ListObjectsV2(context.Background(), &awss3.ListObjectsV2Input{
		Bucket:     aws.String("data-1"),
		Prefix:     aws.String("backups/"),
		Delimiter:  aws.String("/"),
		StartAfter: aws.String("backups/day-1/"),
	})
	require.NoError(t, err)
	require.Len(t, grouped.CommonPrefixes, 5)
	assert.Equal(t, "backups/day-2/", *grouped.CommonPrefixes[0].Prefix)
	_, err = client.ListObjectsV2(context.Background(), &awss3.ListObjectsV2Input{Bucket: aws.String("data-1")})
	code, _, _ := apiCode(t, err)
	assert.Equal(t, "AccessDenied", code, "the right is for one prefix only")
}

// Over TLS the SDK streams: chunks, a trailer with the checksum, and no hash of the body.
func TestStreamedBodies(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	secure := httptest.NewTLSServer(awsapi.Handler(w.Cloud))
	defer secure.Close()
	config := w.as(w.role("app", allow("s3:*", "*")))
	config.BaseEndpoint = &secure.URL
	for _, algorithm := range []types.ChecksumAlgorithm{
		types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme,
		types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256,
	} {
		transport := &seeing{
			next: &http.Transport{
				TLSClientConfig: &tls.Config{
					RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
				},
			},
		}
		client := awss3.NewFromConfig(
			config,
			func(o *awss3.Options) { o.HTTPClient = &http.Client{Transport: transport} },
		)
		content := strings.Repeat(string(algorithm), 20000)
		put, err := client.PutObject(context.Background(), &awss3.PutObjectInput{
			Bucket:            aws.String("data-1"),
			Key:               aws.String("k"),
			Body:              strings.NewReader(content),
			ChecksumAlgorithm: algorithm,
		})
		require.NoError(t, err, algorithm)
		assert.Equal(t, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", transport.hash)
		assert.NotEmpty(t, put.ETag)
		stored, _ := cloud.View2(w.Cloud, func(tx *cloud.Tx) ([]byte, bool) { return s3.Object(tx, "data-1", "k") })
		assert.Equal(t, content, string(stored))
		got, err := read(t, client, "data-1", "k")
		require.NoError(t, err)
		assert.Len(t, got, len(content))
	}
}

// seeing remembers what stood for the body in the last signature.
type seeing struct {
	next http.RoundTripper
	hash string
}

func (s *seeing) RoundTrip(r *http.Request) (*http.Response, error) {
	s.hash = r.Header.Get("X-Amz-Content-Sha256")
	return s.next.RoundTrip(r)
}

func TestWrongChecksumsAreRefused(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	config := w.as(w.role("app", allow("s3:*", "*")))
	client := awss3.NewFromConfig(config)
	_, err := client.PutObject(context.Background(), &awss3.PutObjectInput{
		Bucket:         aws.String("data-1"),
		Key:            aws.String("k"),
		Body:           strings.NewReader("abc"),
		ChecksumSHA256: aws.String("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	})
	code, _, _ := apiCode(t, err)
	assert.Equal(t, "BadDigest", code)
	unsignedBody := awss3.NewFromConfig(config, func(o *awss3.Options) {
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	})
	_, err = unsignedBody.PutObject(
		context.Background(),
		&awss3.PutObjectInput{Bucket: aws.String("data-1"), Key: aws.String("k"), Body: strings.NewReader("abc")},
	)
	require.NoError(t, err)
	_, err = client.PutObject(context.Background(), &awss3.PutObjectInput{
		Bucket:      aws.String("data-1"),
		Key:         aws.String("k"),
		Body:        strings.NewReader("abc"),
		IfNoneMatch: aws.String("*"),
	})
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "PreconditionFailed", code)
}

func TestWhatS3WouldDoAndThisCannotIsRefused(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	config := w.as(w.role("app", allow("s3:*", "*")))
	client := awss3.NewFromConfig(config)
	_, err := client.PutObject(context.Background(), &awss3.PutObjectInput{
		Bucket:  aws.String("data-1"),
		Key:     aws.String("k"),
		Body:    strings.NewReader("abc"),
		Tagging: aws.String("a=b"),
	})
	code, message, _ := apiCode(t, err)
	assert.Equal(t, "NotImplemented", code)
	assert.Contains(t, message, "x-amz-tagging")
	_, err = client.CreateMultipartUpload(
		context.Background(),
		&awss3.CreateMultipartUploadInput{Bucket: aws.String("data-1"), Key: aws.String("k")},
	)
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "NotImplemented", code)
	signed, err := awss3.NewPresignClient(client).
		PresignGetObject(context.Background(), &awss3.GetObjectInput{
			Bucket: aws.String("data-1"),
			Key:    aws.String("k"),
		}, awss3.WithPresignExpires(time.Minute))
	require.NoError(t, err)
	answer, err := http.Get(signed.URL)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	assert.Equal(t, http.StatusNotImplemented, answer.StatusCode)
}

// What the API overwrites stays the program's: a refresh sees another etag, and a deletion that it
// is gone.
func TestTheProgramsObjectsMayBeOverwritten(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	id, outputs := w.make(s3.ObjectType, "o", map[string]any{"bucket": "data-1", "key": "k", "content": "abc"})
	before := outputs["etag"]
	client := awss3.NewFromConfig(w.as(w.role("app", allow("s3:*", "*"))))
	_, err := client.PutObject(
		context.Background(),
		&awss3.PutObjectInput{Bucket: aws.String("data-1"), Key: aws.String("k"), Body: strings.NewReader("def")},
	)
	require.NoError(t, err)
	_, now := w.ReadResource(cloud.Table[s3.ObjectType], id)
	assert.NotEqual(t, before, now["etag"])
	assert.Empty(t, w.Records(s3.StoredObjectType))
	_, err = client.DeleteObject(
		context.Background(),
		&awss3.DeleteObjectInput{Bucket: aws.String("data-1"), Key: aws.String("k")},
	)
	require.NoError(t, err)
	_, now = w.ReadResource(cloud.Table[s3.ObjectType], id)
	assert.Nil(t, now)
}

func TestVirtualHostedBuckets(t *testing.T) {
	w := newWired(t)
	w.bucket("data-1", "")
	w.make(s3.ObjectType, "o", map[string]any{"bucket": "data-1", "key": "dir/k", "content": "abc"})
	config := w.as(w.role("app", allow("s3:*", "*")))
	named := strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	config.BaseEndpoint = &named
	host := ""
	client := awss3.NewFromConfig(config, func(o *awss3.Options) {
		o.HTTPClient = altering{func(r *http.Request) {
			host = r.URL.Host
			r.Host, r.URL.Host = r.URL.Host, strings.TrimPrefix(
				w.url,
				"http://",
			) // not every resolver knows names below localhost
		}}
	})
	got, err := read(t, client, "data-1", "dir/k")
	require.NoError(t, err)
	assert.Equal(t, "abc", got)
	assert.True(t, strings.HasPrefix(host, "data-1.localhost:"), host)
}
