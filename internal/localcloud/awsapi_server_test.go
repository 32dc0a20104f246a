package localcloud

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsacmpca "github.com/aws/aws-sdk-go-v2/service/acmpca"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssecretsmanager "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/s3"
)

// wired is an account with its API served, and SDK clients that speak to it.
type wired struct {
	bench
	url string
}

func newWired(t *testing.T) wired {
	t.Helper()
	b := newBench(t)
	api, err := awsapi.ServeAPI(b.Cloud)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, api.Close()) })
	return wired{b, api.URL}
}

// statement is one of a policy's, as a test writes it.
type statement map[string]any

func policyText(statements ...statement) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// role makes a role that EC2 may assume, with an inline policy of these statements.
func (w wired) role(name string, statements ...statement) string {
	w.Helper()
	_, outputs := w.make(
		"aws:iam/role:Role",
		name,
		map[string]any{"name": name, "assumeRolePolicy": policyText(statement{
			"Effect": "Allow", "Principal": map[string]any{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
		})},
	)
	if len(statements) > 0 {
		w.make(
			"aws:iam/rolePolicy:RolePolicy",
			name,
			map[string]any{"name": name, "role": name, "policy": policyText(statements...)},
		)
	}
	return outputs["arn"].StringValue()
}

func allow(action, resource any) statement {
	return statement{"Effect": "Allow", "Action": action, "Resource": resource}
}

// as is the configuration of an SDK that has a session of a role.
func (w wired) as(roleARN string) aws.Config {
	w.Helper()
	given, err := awsapi.Session(w.Cloud, roleARN, "test-session")
	require.NoError(w, err)
	return w.with(given)
}

func (w wired) with(given awsapi.Credentials) aws.Config {
	return aws.Config{
		Region:                     "us-east-1",
		BaseEndpoint:               aws.String(w.url), // the checksums are the SDK's defaults
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		Credentials: credentials.NewStaticCredentialsProvider(
			given.AccessKeyID,
			given.SecretAccessKey,
			given.Token,
		),
	}
}

// apiCode is the error code and message, and the HTTP status, that an SDK saw.
func apiCode(t *testing.T, err error) (code, message string, status int) {
	t.Helper()
	require.Error(t, err)
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	return api.ErrorCode(), api.ErrorMessage(), status
}

func TestCallerIdentityIsTheSession(t *testing.T) {
	w := newWired(t)
	answer, err := sts.NewFromConfig(w.as(w.role("reader"))).GetCallerIdentity(context.Background(), nil)
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::123456789012:assumed-role/reader/test-session", *answer.Arn)
	assert.Equal(t, "123456789012", *answer.Account)
	assert.Regexp(t, "^AROA[A-Z2-7]{17}:test-session$", *answer.UserId)
	require.Len(t, awsapi.Calls(w.Cloud), 1)
	assert.Equal(t, "sts:GetCallerIdentity", awsapi.Calls(w.bench.Cloud)[0].Action)
}

// Each service says the same in its own words.
func TestWhoIsNotBelieved(t *testing.T) {
	w := newWired(t)
	role := w.role("reader", allow("*", "*"))
	w.make(s3.BucketType, "b", map[string]any{"bucket": "data-1"})
	good, err := awsapi.Session(w.Cloud, role, "somebody")
	require.NoError(t, err)
	old, err := awsapi.Session(w.Cloud, role, "yesterday")
	require.NoError(t, err)
	w.Update(func(tx *cloud.Tx) { awsapi.Wire(tx).Sessions[old.AccessKeyID].Expires = time.Now().Add(-time.Second) })
	change := func(alter func(*awsapi.Credentials)) awsapi.Credentials { c := good; alter(&c); return c }
	for name, c := range map[string]struct {
		with            awsapi.Credentials
		s3, sts, secret string
	}{
		"unknown key": {
			with:   change(func(c *awsapi.Credentials) { c.AccessKeyID = "ASIANOBODY" }),
			s3:     "InvalidAccessKeyId",
			sts:    "InvalidClientTokenId",
			secret: "UnrecognizedClientException",
		},
		"wrong secret": {
			with:   change(func(c *awsapi.Credentials) { c.SecretAccessKey = "guessed" }),
			s3:     "SignatureDoesNotMatch",
			sts:    "SignatureDoesNotMatch",
			secret: "InvalidSignatureException",
		},
		"wrong token": {
			with:   change(func(c *awsapi.Credentials) { c.Token = "guessed" }),
			s3:     "InvalidToken",
			sts:    "InvalidClientTokenId",
			secret: "UnrecognizedClientException",
		},
		"no token": {
			with:   change(func(c *awsapi.Credentials) { c.Token = "" }),
			s3:     "InvalidToken",
			sts:    "InvalidClientTokenId",
			secret: "UnrecognizedClientException",
		},
		"expired": {
			with:   old,
			s3:     "ExpiredToken",
			sts:    "ExpiredToken",
			secret: "ExpiredTokenException",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := w.with(c.with)
			_, err := awss3.NewFromConfig(config).
				GetObject(context.Background(), &awss3.GetObjectInput{
					Bucket: aws.String("data-1"),
					Key:    aws.String("k"),
				})
			code, _, _ := apiCode(t, err)
			assert.Equal(t, c.s3, code)
			_, err = sts.NewFromConfig(config).GetCallerIdentity(context.Background(), nil)
			code, _, status := apiCode(t, err)
			assert.Equal(t, c.sts, code)
			assert.Equal(t, 403, status)
			_, err = awssecretsmanager.NewFromConfig(config).
				GetSecretValue(context.Background(), &awssecretsmanager.GetSecretValueInput{SecretId: aws.String("s")})
			code, _, status = apiCode(t, err)
			assert.Equal(t, c.secret, code)
			assert.Equal(t, 400, status)
		})
	}
	for _, call := range awsapi.Calls(w.Cloud) {
		assert.False(t, call.Allowed)
		assert.NotEmpty(t, call.Error)
	}
}

// A body, a path, a header or a date that somebody changes on the way breaks the signature.
func TestWhatIsSignedCannotBeChanged(t *testing.T) {
	w := newWired(t)
	w.make(s3.BucketType, "b", map[string]any{"bucket": "data-1"})
	config := w.as(w.role("writer", allow("s3:*", "*")))
	for name, c := range map[string]struct {
		alter func(*http.Request)
		code  string
	}{
		"path": {alter: func(r *http.Request) {
			r.URL.Path = "/data-1/other"
		}, code: "SignatureDoesNotMatch"},
		"query": {alter: func(r *http.Request) {
			r.URL.RawQuery = "x-id=GetObject"
		}, code: "SignatureDoesNotMatch"},
		"signed header": {alter: func(r *http.Request) {
			r.Header.Set("X-Amz-Meta-Owner", "eve")
		}, code: "SignatureDoesNotMatch"},
		"unsigned header": {alter: func(r *http.Request) {
			r.Header.Set("X-Amz-Server-Side-Encryption", "AES256")
		}, code: "AccessDenied"},
		"hash": {alter: func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		}, code: "SignatureDoesNotMatch"},
		"date": {alter: func(r *http.Request) {
			r.Header.Set("X-Amz-Date", "20200101T000000Z")
		}, code: "AuthorizationHeaderMalformed"},
	} {
		t.Run(name, func(t *testing.T) {
			client := awss3.NewFromConfig(config, func(o *awss3.Options) { o.HTTPClient = altering{c.alter} })
			_, err := client.PutObject(context.Background(), &awss3.PutObjectInput{
				Bucket:   aws.String("data-1"),
				Key:      aws.String("k"),
				Body:     strings.NewReader("content"),
				Metadata: map[string]string{"owner": "bob"},
			})
			code, _, _ := apiCode(t, err)
			assert.Equal(t, c.code, code)
		})
	}
	_, found := cloud.View2(w.Cloud, func(tx *cloud.Tx) ([]byte, bool) { return s3.Object(tx, "data-1", "k") })
	assert.False(t, found)
}

// altering sends a request that is changed after it was signed.
type altering struct{ alter func(*http.Request) }

func (a altering) Do(r *http.Request) (*http.Response, error) {
	a.alter(r)
	return http.DefaultClient.Do(r)
}

func TestAnotherBodyThanTheSignedOneIsRefused(t *testing.T) {
	w := newWired(t)
	w.make(s3.BucketType, "b", map[string]any{"bucket": "data-1"})
	config := w.as(w.role("writer", allow("s3:*", "*")))
	swap := altering{func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0 }}
	_, err := awss3.NewFromConfig(config, func(o *awss3.Options) { o.HTTPClient = swap }).
		PutObject(context.Background(),
			&awss3.PutObjectInput{
				Bucket: aws.String("data-1"),
				Key:    aws.String("k"),
				Body:   strings.NewReader("content"),
			})
	code, _, _ := apiCode(t, err)
	assert.Equal(t, "SignatureDoesNotMatch", code, "the length is signed")
	config = w.as(w.role("reader", allow("sts:*", "*")))
	swap = altering{func(r *http.Request) {
		const body = "Action=GetCallerIdentity&Version=2011-06-16"
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}}
	_, err = sts.NewFromConfig(config, func(o *sts.Options) { o.HTTPClient = swap }).
		GetCallerIdentity(context.Background(), nil)
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "SignatureDoesNotMatch", code, "the body is signed")
}

func TestARoleThatGoesTakesItsSessionsWithIt(t *testing.T) {
	w := newWired(t)
	config := w.as(w.role("short"))
	require.NoError(t, w.end("aws:iam/role:Role", "short"))
	w.role("short") // another one by the same name
	_, err := sts.NewFromConfig(config).GetCallerIdentity(context.Background(), nil)
	code, _, _ := apiCode(t, err)
	assert.Equal(t, "InvalidClientTokenId", code)
	_, err = awsapi.Session(w.Cloud, "arn:aws:iam::123456789012:role/nobody", "x-1")
	assert.ErrorContains(t, err, "no such role")
	_, err = awsapi.Session(w.Cloud, "arn:aws:iam::123456789012:role/short", "two words")
	assert.ErrorContains(t, err, "session name")
}

func TestWhatIsNotServedSaysSo(t *testing.T) {
	w := newWired(t)
	config := w.as(w.role("all", allow("*", "*")))
	_, err := awssecretsmanager.NewFromConfig(config).ListSecrets(context.Background(), nil)
	code, message, _ := apiCode(t, err)
	assert.Equal(t, "UnknownOperationException", code)
	assert.Contains(t, message, "no operation ListSecrets")
	_, err = sts.NewFromConfig(config).
		AssumeRole(context.Background(), &sts.AssumeRoleInput{
			RoleArn:         aws.String("arn:aws:iam::123456789012:role/all"),
			RoleSessionName: aws.String("x"),
		})
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "InvalidAction", code)
	_, err = awss3.NewFromConfig(config).ListBuckets(context.Background(), nil)
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "NotImplemented", code)
	_, err = awsacmpca.NewFromConfig(config).RevokeCertificate(context.Background(), &awsacmpca.RevokeCertificateInput{
		CertificateAuthorityArn: aws.String("a"), CertificateSerial: aws.String("b"), RevocationReason: "SUPERSEDED",
	})
	code, _, _ = apiCode(t, err)
	assert.Equal(t, "UnknownOperationException", code)
}

func TestUnsignedRequestsAreRefused(t *testing.T) {
	w := newWired(t)
	answer, err := http.Get(w.url + "/data-1/key")
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	assert.Equal(t, http.StatusForbidden, answer.StatusCode)
	assert.Equal(t, "application/xml", answer.Header.Get("Content-Type"))
	assert.Len(t, awsapi.Calls(w.Cloud), 1)
}

// Nodes, tasks and the engine work at once: nothing is lost, and (under -race) nothing is shared
// unguarded.
func TestManyCallAtOnce(t *testing.T) {
	w := newWired(t)
	w.make(s3.BucketType, "b", map[string]any{"bucket": "data-1"})
	authority := activeRoot(w.bench, "SHORT_LIVED_CERTIFICATE")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	csr := signingRequest(t, key)
	config := w.as(w.role("all", allow("*", "*")))
	var done errgroup.Group
	for i := range 8 {
		done.Go(func() error {
			client, name := awss3.NewFromConfig(config), aws.String(fmt.Sprint("k-", i))
			for range 10 {
				if _, err := client.PutObject(
					context.Background(),
					&awss3.PutObjectInput{Bucket: aws.String("data-1"), Key: name, Body: strings.NewReader(*name)},
				); err != nil {
					return err
				}
				if _, err := client.ListObjectsV2(
					context.Background(),
					&awss3.ListObjectsV2Input{Bucket: aws.String("data-1")},
				); err != nil {
					return err
				}
				if _, err := awsacmpca.NewFromConfig(config).
					IssueCertificate(context.Background(), issueInputFor(authority, csr, 7)); err != nil {
					return err
				}
				w.Change(
					s3.BucketType,
					"data-1",
					func(p resource.PropertyMap) { p["touched"] = resource.NewNumberProperty(float64(i)) },
				)
				w.Records(s3.StoredObjectType)
			}
			return nil
		})
	}
	require.NoError(t, done.Wait())
	assert.Len(t, w.Records(s3.StoredObjectType), 8)
	assert.Len(t, awsapi.Calls(w.Cloud), 8*10*3)
}
