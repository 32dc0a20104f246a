package localcloud

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacmpca "github.com/aws/aws-sdk-go-v2/service/acmpca"
	"github.com/aws/aws-sdk-go-v2/service/acmpca/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const endEntityTemplate = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

// nodeRights are those that a NATS node has.
func nodeRights(authority string) []statement {
	issue := allow("acm-pca:IssueCertificate", authority)
	issue["Condition"] = map[string]any{"StringEquals": map[string]any{"acm-pca:TemplateArn": endEntityTemplate}}
	return []statement{
		issue,
		allow([]string{"acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"}, authority),
	}
}

// signingRequest is a node's request with a key of its own.
func signingRequest(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: "nats-1"},
		DNSNames: []string{"nats.internal", "nats-1"}, IPAddresses: []net.IP{net.ParseIP("127.20.0.10")},
	}, key)
	require.NoError(t, err)
	return []byte(cloud.EncodePEM("CERTIFICATE REQUEST", der))
}

func issueInputFor(authority string, csr []byte, days int64) *awsacmpca.IssueCertificateInput {
	return &awsacmpca.IssueCertificateInput{
		CertificateAuthorityArn: &authority,
		Csr:                     csr,
		SigningAlgorithm:        types.SigningAlgorithmSha256withecdsa,
		TemplateArn:             aws.String(endEntityTemplate),
		Validity:                &types.Validity{Type: types.ValidityPeriodTypeDays, Value: &days},
	}
}

// obtain issues and fetches, asking again while AWS is not ready.
func obtain(
	t *testing.T,
	client *awsacmpca.Client,
	input *awsacmpca.IssueCertificateInput,
) (leaf *x509.Certificate, chain string) {
	t.Helper()
	made, err := client.IssueCertificate(context.Background(), input)
	require.NoError(t, err)
	ask := &awsacmpca.GetCertificateInput{
		CertificateAuthorityArn: input.CertificateAuthorityArn,
		CertificateArn:          made.CertificateArn,
	}
	_, err = client.GetCertificate(context.Background(), ask)
	var early *types.RequestInProgressException
	require.ErrorAs(t, err, &early, "AWS is not ready at once")
	got, err := client.GetCertificate(context.Background(), ask)
	require.NoError(t, err)
	block, _ := pem.Decode([]byte(*got.Certificate))
	require.NotNil(t, block)
	leaf, err = x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return leaf, *got.CertificateChain
}

func TestANodeGetsItsCertificate(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey, "ECDSA": ecKey} {
		t.Run(name, func(t *testing.T) {
			w := newWired(t)
			authority := activeRoot(w.bench, "SHORT_LIVED_CERTIFICATE")
			client := awsacmpca.NewFromConfig(w.as(w.role("node", nodeRights(authority)...)))
			leaf, chain := obtain(t, client, issueInputFor(authority, signingRequest(t, key), 6))
			root, err := client.GetCertificateAuthorityCertificate(
				context.Background(),
				&awsacmpca.GetCertificateAuthorityCertificateInput{CertificateAuthorityArn: &authority},
			)
			require.NoError(t, err)
			assert.Equal(t, *root.Certificate, chain)
			assert.Nil(t, root.CertificateChain)
			roots := x509.NewCertPool()
			require.True(t, roots.AppendCertsFromPEM([]byte(*root.Certificate)))
			for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
				for _, host := range []string{"nats.internal", "127.20.0.10"} {
					_, err = leaf.Verify(
						x509.VerifyOptions{DNSName: host, Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}},
					)
					require.NoError(t, err)
				}
			}
			assert.Equal(t, "nats-1", leaf.Subject.CommonName)
			assert.InDelta(t, 6*24, time.Until(leaf.NotAfter).Hours(), 0.1)
		})
	}
}

func TestAnRSAAuthoritySigns(t *testing.T) {
	w := newWired(t)
	id, outputs := w.make(
		acmpca.AuthorityType,
		"ca",
		map[string]any{
			"type":      "ROOT",
			"usageMode": "SHORT_LIVED_CERTIFICATE",
			"certificateAuthorityConfiguration": map[string]any{
				"keyAlgorithm":     "RSA_2048",
				"signingAlgorithm": "SHA256WITHRSA",
				"subject":          map[string]any{"commonName": "RSA Root", "organization": "Test"},
			},
		},
	)
	_, own := w.make(acmpca.CertificateType, "root", map[string]any{
		"certificateAuthorityArn":   id,
		"signingAlgorithm":          "SHA256WITHRSA",
		"certificateSigningRequest": outputs["certificateSigningRequest"].StringValue(),
		"templateArn":               "arn:aws:acm-pca:::template/RootCACertificate/V1",
		"validity":                  map[string]any{"type": "YEARS", "value": "10"},
	})
	client := awsacmpca.NewFromConfig(w.as(w.role("node", allow("acm-pca:*", id))))
	_, err := client.GetCertificateAuthorityCertificate(
		context.Background(),
		&awsacmpca.GetCertificateAuthorityCertificateInput{CertificateAuthorityArn: &id},
	)
	var early *types.InvalidStateException
	require.ErrorAs(t, err, &early)
	w.make("aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate", "root",
		map[string]any{"certificateAuthorityArn": id, "certificate": own["certificate"].StringValue()})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	input := issueInputFor(id, signingRequest(t, key), 7)
	_, err = client.IssueCertificate(context.Background(), input)
	var invalid smithyCoder
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "ValidationException", invalid.ErrorCode(), "ECDSA does not go with this key")
	input.SigningAlgorithm = types.SigningAlgorithmSha256withrsa
	leaf, _ := obtain(t, client, input)
	assert.Equal(t, x509.SHA256WithRSA, leaf.SignatureAlgorithm)

	told, err := client.DescribeCertificateAuthority(
		context.Background(),
		&awsacmpca.DescribeCertificateAuthorityInput{CertificateAuthorityArn: &id},
	)
	require.NoError(t, err)
	assert.Equal(t, types.CertificateAuthorityStatusActive, told.CertificateAuthority.Status)
	assert.Equal(t, types.CertificateAuthorityUsageModeShortLivedCertificate, told.CertificateAuthority.UsageMode)
	assert.Equal(t, "RSA Root", *told.CertificateAuthority.CertificateAuthorityConfiguration.Subject.CommonName)
	assert.InDelta(t, 10*365*24, time.Until(*told.CertificateAuthority.NotAfter).Hours(), 100)
}

type smithyCoder interface {
	error
	ErrorCode() string
}

func TestWhatTheAuthorityDoesNotIssue(t *testing.T) {
	w := newWired(t)
	short := activeRoot(w.bench, "SHORT_LIVED_CERTIFICATE")
	node := awsacmpca.NewFromConfig(w.as(w.role("node", nodeRights(short)...)))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	csr := signingRequest(t, key)
	forged := func() []byte { // another name under the old signature
		block, _ := pem.Decode(csr)
		raw := append([]byte{}, block.Bytes...)
		raw[len(raw)-1] ^= 1
		return []byte(cloud.EncodePEM("CERTIFICATE REQUEST", raw))
	}
	for name, c := range map[string]struct {
		alter         func(*awsacmpca.IssueCertificateInput)
		code, message string
	}{
		"forged request": {alter: func(in *awsacmpca.IssueCertificateInput) {
			in.Csr = forged()
		}, code: "MalformedCSRException", message: "signature"},
		"eight days": {alter: func(in *awsacmpca.IssueCertificateInput) {
			in.Validity.Value = aws.Int64(8)
		}, code: "ValidationException", message: "7 days"},
		"another template": {
			alter: func(in *awsacmpca.IssueCertificateInput) {
				in.TemplateArn = aws.String("arn:aws:acm-pca:::template/EndEntityServerAuthCertificate/V1")
			}, code: "AccessDeniedException",
			message: "no identity-based policy allows the acm-pca:IssueCertificate action",
		},
		"no template": {alter: func(in *awsacmpca.IssueCertificateInput) {
			in.TemplateArn = nil
		}, code: "AccessDeniedException", message: "acm-pca:IssueCertificate"},
		"another authority": {
			alter: func(in *awsacmpca.IssueCertificateInput) { in.CertificateAuthorityArn = aws.String(short + "0") },
			code:  "AccessDeniedException", message: "acm-pca:IssueCertificate",
		},
		"passthrough": {alter: func(in *awsacmpca.IssueCertificateInput) {
			in.ApiPassthrough = &types.ApiPassthrough{}
		}, code: "NotImplemented", message: "ApiPassthrough"},
	} {
		t.Run(name, func(t *testing.T) {
			input := issueInputFor(short, csr, 7)
			c.alter(input)
			_, err := node.IssueCertificate(context.Background(), input)
			code, message, _ := apiCode(t, err)
			assert.Equal(t, c.code, code)
			assert.Contains(t, message, c.message)
		})
	}
	general := activeRoot(w.bench, "GENERAL_PURPOSE")
	all := awsacmpca.NewFromConfig(w.as(w.role("all", allow("acm-pca:*", "*"))))
	_, err = all.IssueCertificate(context.Background(), issueInputFor(general, csr, 9000))
	_, message, _ := apiCode(t, err)
	assert.Contains(t, message, "exceeds the certificate authority validity")
	inputs, _ := w.ReadResource(cloud.Table[acmpca.AuthorityType], general)
	off := inputs.Mappable()
	off["enabled"] = false
	require.NoError(t, w.change(acmpca.AuthorityType, general, off))
	_, err = all.IssueCertificate(context.Background(), issueInputFor(general, csr, 7))
	var state *types.InvalidStateException
	require.ErrorAs(t, err, &state)
}

func TestATokenIssuesOnce(t *testing.T) {
	w := newWired(t)
	authority := activeRoot(w.bench, "SHORT_LIVED_CERTIFICATE")
	client := awsacmpca.NewFromConfig(w.as(w.role("node", nodeRights(authority)...)))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	input := issueInputFor(authority, signingRequest(t, key), 7)
	input.IdempotencyToken = aws.String("once")
	first, err := client.IssueCertificate(context.Background(), input)
	require.NoError(t, err)
	again, err := client.IssueCertificate(context.Background(), input)
	require.NoError(t, err)
	assert.Equal(t, *first.CertificateArn, *again.CertificateArn)
	w.Update(func(tx *cloud.Tx) {
		awsapi.Wire(tx).Now = func() time.Time { return time.Now().Add(acmpca.IdempotencyTime + time.Second) }
	})
	later, err := client.IssueCertificate(context.Background(), input)
	require.NoError(t, err)
	assert.NotEqual(t, *first.CertificateArn, *later.CertificateArn)
}

// A drill sets the clock back and has certificates that are nearly over.
func TestCertificatesFollowTheirOwnClock(t *testing.T) {
	w := newWired(t)
	authority := activeRoot(w.bench, "SHORT_LIVED_CERTIFICATE")
	acmpca.SetCertificateClock(
		w.Cloud,
		func() time.Time { return time.Now().AddDate(0, 0, -6).Add(-23 * time.Hour) },
	)
	client := awsacmpca.NewFromConfig(w.as(w.role("node", nodeRights(authority)...)))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leaf, _ := obtain(t, client, issueInputFor(authority, signingRequest(t, key), 7))
	assert.InDelta(t, 1, time.Until(leaf.NotAfter).Hours(), 0.1)
	_, err = client.IssueCertificate(context.Background(), issueInputFor(authority, signingRequest(t, key), 8))
	assert.ErrorContains(t, err, "at most 7 days", "seven days by that clock")
	acmpca.SetCertificateClock(w.Cloud, nil)
	leaf, _ = obtain(t, client, issueInputFor(authority, signingRequest(t, key), 7))
	assert.InDelta(t, 7*24, time.Until(leaf.NotAfter).Hours(), 0.1)
}
