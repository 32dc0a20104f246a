package localcloud

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// activeRoot makes a root CA of a mode and gives it its own certificate of ten years.
func activeRoot(b bench, mode string) string {
	id, outputs := b.make(
		acmpca.AuthorityType,
		"ca",
		map[string]any{"type": "ROOT", "usageMode": mode, "certificateAuthorityConfiguration": map[string]any{
			"keyAlgorithm":     "EC_prime256v1",
			"signingAlgorithm": "SHA256WITHECDSA",
			"subject":          map[string]any{"commonName": "Test Root"},
		}},
	)
	_, own := b.make(acmpca.CertificateType, "root", map[string]any{
		"certificateAuthorityArn":   id,
		"signingAlgorithm":          "SHA256WITHECDSA",
		"certificateSigningRequest": outputs["certificateSigningRequest"].StringValue(),
		"templateArn":               "arn:aws:acm-pca:::template/RootCACertificate/V1",
		"validity":                  map[string]any{"type": "YEARS", "value": "10"},
	})
	b.make("aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate", "root",
		map[string]any{"certificateAuthorityArn": id, "certificate": own["certificate"].StringValue()})
	return id
}

func leafRequest(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "nats-1"}, DNSNames: []string{"nats.internal"},
	}, key)
	require.NoError(t, err)
	return cloud.EncodePEM("CERTIFICATE REQUEST", der)
}

func leafInputs(t *testing.T, authority, days string) map[string]any {
	return map[string]any{
		"certificateAuthorityArn": authority, "signingAlgorithm": "SHA256WITHECDSA",
		"certificateSigningRequest": leafRequest(t), "validity": map[string]any{"type": "DAYS", "value": days},
	}
}

func TestIssuedCertificateVerifiesAgainstTheRoot(t *testing.T) {
	b := newBench(t)
	authority := activeRoot(b, "SHORT_LIVED_CERTIFICATE")
	_, outputs := b.make(acmpca.CertificateType, "leaf", leafInputs(t, authority, "7"))
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(outputs["certificateChain"].StringValue())))
	block, _ := pem.Decode([]byte(outputs["certificate"].StringValue()))
	require.NotNil(t, block)
	leaf, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		_, err = leaf.Verify(
			x509.VerifyOptions{DNSName: "nats.internal", Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}},
		)
		require.NoError(t, err)
	}
}

func TestAuthorityRefuses(t *testing.T) {
	b := newBench(t)
	pending, _ := b.make(
		acmpca.AuthorityType,
		"pending",
		map[string]any{"type": "ROOT", "certificateAuthorityConfiguration": map[string]any{
			"keyAlgorithm":     "EC_prime256v1",
			"signingAlgorithm": "SHA256WITHECDSA",
			"subject":          map[string]any{"commonName": "Pending"},
		}},
	)
	b.refused(
		"not in a valid state for issuing certificates",
		acmpca.CertificateType,
		"early",
		leafInputs(t, pending, "1"),
	)
	short := activeRoot(b, "SHORT_LIVED_CERTIFICATE")
	b.refused("at most 7 days", acmpca.CertificateType, "long", leafInputs(t, short, "8"))
	subordinate := leafInputs(t, short, "1")
	subordinate["templateArn"] = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"
	b.refused("cannot issue certificate authority certificates", acmpca.CertificateType, "sub", subordinate)
	general := activeRoot(b, "GENERAL_PURPOSE")
	b.refused(
		"exceeds the certificate authority validity",
		acmpca.CertificateType,
		"decades",
		leafInputs(t, general, "9000"),
	)
	b.make(acmpca.CertificateType, "year", leafInputs(t, general, "365"))
	inputs, _ := b.ReadResource(cloud.Table[acmpca.AuthorityType], general)
	disabled := inputs.Mappable()
	disabled["enabled"] = false
	require.NoError(t, b.change(acmpca.AuthorityType, general, disabled))
	b.refused("not in a valid state", acmpca.CertificateType, "off", leafInputs(t, general, "1"))
	require.NoError(t, b.end(acmpca.AuthorityType, general))
	assert.Nil(t, cloud.View(b.Cloud, func(tx *cloud.Tx) *acmpca.Authority { return acmpca.AuthorityOf(tx, general) }))
}

func TestValidityIsRead(t *testing.T) {
	now := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ kind, text, want string }{
		{kind: "DAYS", text: "7", want: "2026-02-07T00:00:00Z"},
		{kind: "YEARS", text: "1", want: "2027-01-31T00:00:00Z"},
		{kind: "MONTHS", text: "2", want: "2026-03-31T00:00:00Z"},
		{kind: "ABSOLUTE", text: "1800000000", want: "2027-01-15T08:00:00Z"},
		{kind: "END_DATE", text: "2026-05-01T00:00:00Z", want: "2026-05-01T00:00:00Z"},
	} {
		got, err := acmpca.NotAfter(tt.kind, tt.text, now)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got.Format(time.RFC3339), tt.kind)
	}
	_, err := acmpca.NotAfter("DAYS", "soon", now)
	assert.ErrorContains(t, err, "positive number")
}
