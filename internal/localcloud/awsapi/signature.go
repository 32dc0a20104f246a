// Signature Version 4 is really checked, so that wrong credentials fail here as in AWS: the SDK's
// own signer computes the signature again with the session's secret, and both must be equal.
// Sources: IAM user guide, "Create a signed AWS API request"; Amazon S3 API reference,
// "Authenticating requests (AWS Signature Version 4)"; the errors: the services' "Common errors"
// and Amazon S3 API reference, "List of error codes".
package awsapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// maxSkew is how far a client's clock may be off, either way.
const maxSkew = 15 * time.Minute

// SignatureScheme is the scheme of Authorization headers.
const SignatureScheme = "AWS4-HMAC-SHA256"

// scope is the content of an Authorization header.
type scope struct {
	accessKey, date, region, service string
	signed                           []string // names of headers, lower case
	signature                        string
}

// readScope parses an Authorization header; malformed says what is wrong with it, "" if nothing is.
func readScope(header string) (s scope, malformed string) {
	if header == "" {
		return s, ""
	}
	scheme, fields, _ := strings.Cut(header, " ")
	if scheme != SignatureScheme {
		return s, "the scheme must be " + SignatureScheme
	}
	for _, field := range strings.Split(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			parts := strings.Split(value, "/")
			if len(parts) != 5 || parts[4] != "aws4_request" {
				return s, "the Credential must be KEY/DATE/REGION/SERVICE/aws4_request"
			}
			s.accessKey, s.date, s.region, s.service = parts[0], parts[1], parts[2], parts[3]
		case "SignedHeaders":
			s.signed = strings.Split(value, ";")
		case "Signature":
			s.signature = value
		}
	}
	if s.accessKey == "" || s.signature == "" || !slices.Contains(s.signed, "host") {
		return s, "Credential, SignedHeaders with host, and Signature must be given"
	}
	return s, ""
}

// authenticate finds the caller, or returns why the request is not authenticated.
func (in *Request) authenticate(s scope, malformed string) *Error {
	p, header := in.Protocol, in.HTTP.Header
	switch {
	case in.HTTP.URL.Query().Has("X-Amz-Signature"):
		return NotImplemented("the embedded AWS does not take presigned URLs; sign the request in its header")
	case malformed != "":
		return malformedHeader.as(p, malformed)
	case s.accessKey == "":
		return unsigned.as(p, "")
	}
	caller, now := caller(in.Cloud, s.accessKey)
	at, err := time.Parse("20060102T150405Z", header.Get("X-Amz-Date"))
	switch {
	case caller == nil:
		return unknownKey.as(p, "")
	case subtle.ConstantTimeCompare([]byte(header.Get("X-Amz-Security-Token")), []byte(caller.Token)) != 1:
		return wrongToken.as(p, "")
	case !now.Before(caller.Expires):
		in.Caller = caller
		return expired.as(p, "")
	case err != nil || at.Format("20060102") != s.date:
		return malformedHeader.as(p, "X-Amz-Date and the date of the Credential must be the same day")
	case now.Sub(at).Abs() > maxSkew:
		return wrongClock.as(p, "")
	case s.region != in.Cloud.Region:
		return wrongRegion.as(p, fmt.Sprintf("got '%s'; expecting '%s'", s.region, in.Cloud.Region))
	}
	hash, fault := in.payloadHash()
	if fault != nil {
		return fault
	}
	again, err := signAgain(in.HTTP, s, caller.Credentials, hash, at)
	if err != nil || subtle.ConstantTimeCompare([]byte(again), []byte(s.signature)) != 1 {
		return wrongSignature.as(p, "")
	}
	in.Caller = caller
	return in.readPayload(s)
}

// caller returns the session of an access key, nil if there is none, and the API's time.
func caller(c *cloud.Cloud, accessKey string) (*RoleSession, time.Time) {
	return cloud.Update2(c, func(tx *cloud.Tx) (*RoleSession, time.Time) {
		state := Wire(tx)
		found := state.Sessions[accessKey]
		if found != nil {
			if role := roles.RoleByARN(tx, found.RoleARN); role == nil || role.Str("uniqueId") != found.RoleUniqueID {
				found = nil // its role is gone, and its credentials with it
			}
		}
		return found, state.Now()
	})
}

// signAgain computes the signature that the request must have, over the headers that it names.
func signAgain(r *http.Request, s scope, own Credentials, payloadHash string, at time.Time) (string, error) {
	same := &http.Request{
		Method: r.Method,
		Host:   r.Host,
		Header: http.Header{},
		URL:    &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
	}
	for _, name := range s.signed {
		if name == "content-length" {
			same.ContentLength = r.ContentLength
			continue
		}
		if name != "host" {
			same.Header[http.CanonicalHeaderKey(name)] = slices.Clone(r.Header.Values(name))
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = s.service == "s3" // S3 alone signs the path as it is sent
	})
	credentials := aws.Credentials{
		AccessKeyID:     own.AccessKeyID,
		SecretAccessKey: own.SecretAccessKey,
		SessionToken:    own.Token,
	}
	if err := signer.SignHTTP(
		context.Background(),
		credentials,
		same,
		payloadHash,
		s.service,
		s.region,
		at,
	); err != nil {
		return "", err
	}
	again, _ := readScope(same.Header.Get("Authorization"))
	return again.signature, nil
}

// payloadHash is the part of the signature that depends on the body: for S3 what the client sends
// (readPayload compares it with the body), for others the body's SHA-256.
func (in *Request) payloadHash() (string, *Error) {
	if in.Protocol != restXML {
		sum := sha256.Sum256(in.Body)
		return hex.EncodeToString(sum[:]), nil
	}
	declared := in.HTTP.Header.Get("X-Amz-Content-Sha256")
	if declared == "" {
		return "", &Error{
			Status:  400,
			Code:    "InvalidRequest",
			Message: "Missing required header for this request: x-amz-content-sha256",
		}
	}
	return declared, nil
}

// readPayload does what S3 does once the signature is right. Every x-amz- header must be signed,
// the body must be the signed one, and chunks are decoded.
func (in *Request) readPayload(s scope) *Error {
	if in.Protocol != restXML {
		return nil
	}
	for name := range in.HTTP.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(s.signed, lower) {
			return &Error{
				Status:  403,
				Code:    "AccessDenied",
				Message: "There were headers present in the request which were not signed: " + lower,
			}
		}
	}
	switch declared := in.HTTP.Header.Get("X-Amz-Content-Sha256"); {
	case declared == "UNSIGNED-PAYLOAD":
		return nil
	case declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
		return in.unchunk()
	case strings.HasPrefix(declared, "STREAMING-"):
		return NotImplemented(
			"the embedded S3 does not check chunks that are signed one by one (%s); send the body with its SHA-256 "+
				"or UNSIGNED-PAYLOAD",
			declared,
		)
	default:
		if sum := sha256.Sum256(in.Body); declared != hex.EncodeToString(sum[:]) {
			return &Error{
				Status:  400,
				Code:    "XAmzContentSHA256Mismatch",
				Message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
			}
		}
	}
	return nil
}
