// How a private CA signs: real certificates by AWS's templates, which any TLS library verifies.
// Source: AWS Private CA user guide, "Understanding certificate templates"; API reference,
// IssueCertificate (validity, notBefore an hour back) and CreateCertificateAuthority (7 days).
package acmpca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// The states of a certificate authority.
const (
	statusPending  = "PENDING_CERTIFICATE"
	statusActive   = "ACTIVE"
	statusDisabled = "DISABLED"
)

// Authority is what a private CA holds and no output shows.
type Authority struct {
	key              crypto.Signer
	signingAlgorithm string
	request          string // PEM
	status           string
	certificate      *x509.Certificate // nil until one is imported
	chain            string            // PEM, above the certificate
}

// newAuthority creates a CA's key and its signing request.
func newAuthority(keyAlgorithm, signingAlgorithm string, subject any) (*Authority, error) {
	if strings.HasPrefix(keyAlgorithm, "RSA") != strings.HasSuffix(signingAlgorithm, "RSA") {
		return nil, fmt.Errorf(
			"ValidationException: signing algorithm %s does not go with key algorithm %s",
			signingAlgorithm,
			keyAlgorithm,
		)
	}
	key, err := newKey(keyAlgorithm)
	if err != nil {
		return nil, fmt.Errorf("making the key of a certificate authority: %w", err)
	}
	parts, _ := subject.(map[string]any)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: distinguishedName(parts), SignatureAlgorithm: signatureAlgorithms[signingAlgorithm],
	}, key)
	if err != nil {
		return nil, fmt.Errorf("making the signing request of a certificate authority: %w", err)
	}
	return &Authority{
		key:              key,
		signingAlgorithm: signingAlgorithm,
		request:          cloud.EncodePEM("CERTIFICATE REQUEST", der),
		status:           statusPending,
	}, nil
}

// AuthorityOf returns the Authority of a CA's ARN; nil if there is no such CA.
func AuthorityOf(tx *cloud.Tx, arn string) *Authority {
	held, _ := tx.Values[arn].(*Authority)
	return held
}

// issueRequest is one call of IssueCertificate.
type issueRequest struct {
	Authority, Request, Template, SigningAlgorithm string
	ValidityType, ValidityValue                    string
	Passthrough                                    string
}

// issued is a certificate with its chain, both as PEM.
type issued struct{ ARN, Certificate, Chain string }

// signing is a certificate that the CA has agreed to sign.
type signing struct {
	authority   Authority // a copy: the certificate is signed without the cloud's lock
	arn         string
	certificate *x509.Certificate
	request     *x509.CertificateRequest
}

// issueCertificate signs a request as the template says.
func issueCertificate(tx *cloud.Tx, in issueRequest) (*issued, error) {
	agreed, err := agreeCertificate(tx, in)
	if err != nil {
		return nil, err
	}
	return agreed.sign()
}

// agreeCertificate checks a request and returns the certificate that is to be signed.
func agreeCertificate(tx *cloud.Tx, in issueRequest) (*signing, error) {
	held := AuthorityOf(tx, in.Authority)
	record := tx.Find(AuthorityType, "", in.Authority)
	if held == nil || record == nil {
		return nil, fmt.Errorf("%s", strings.ReplaceAll(noSuchAuthority, "{value}", in.Authority))
	}
	block, _ := pem.Decode([]byte(in.Request))
	if block == nil {
		return nil, fmt.Errorf("MalformedCSRException: The certificate signing request is not PEM.")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || request.CheckSignature() != nil {
		return nil, fmt.Errorf(
			"MalformedCSRException: The certificate signing request is malformed or its signature is wrong.",
		)
	}
	if in.Passthrough != "" {
		return nil, fmt.Errorf("the embedded AWS does not know apiPassthrough of ACM PCA certificates; leave it out")
	}
	kind, known := templates[strings.TrimPrefix(in.Template, "arn:aws:acm-pca:::template/")]
	if !known {
		return nil, fmt.Errorf("the embedded AWS does not know the certificate template %q", in.Template)
	}
	now := certificateTime(tx)
	certificate := &x509.Certificate{
		Subject:               request.Subject,
		NotBefore:             now.Add(-time.Hour),
		SerialNumber:          SerialNumber(),
		SignatureAlgorithm:    signatureAlgorithms[in.SigningAlgorithm],
		BasicConstraintsValid: true,
	}
	if certificate.NotAfter, err = NotAfter(in.ValidityType, in.ValidityValue, now); err != nil {
		return nil, err
	}
	kind.apply(certificate, request)
	if err := held.checkRequest(record, certificate, kind, in.SigningAlgorithm, request, now); err != nil {
		return nil, err
	}
	return &signing{
		authority:   *held,
		arn:         in.Authority,
		certificate: certificate,
		request:     request,
	}, nil
}

// checkRequest returns why the CA does not sign a request.
func (a *Authority) checkRequest(record *cloud.Record, certificate *x509.Certificate, kind template, algorithm string,
	request *x509.CertificateRequest, now time.Time,
) error {
	if strings.HasSuffix(algorithm, "RSA") != strings.HasSuffix(a.signingAlgorithm, "RSA") {
		return fmt.Errorf(
			"ValidationException: The signing algorithm %s does not go with the key of the certificate authority",
			algorithm,
		)
	}
	if kind.root {
		own := a.key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(request.PublicKey)
		if !own || record.Str("type") != "ROOT" {
			return fmt.Errorf(
				"ValidationException: template RootCACertificate signs the request of its own root certificate " +
					"authority only",
			)
		}
		return nil
	}
	if a.status != statusActive {
		return fmt.Errorf(
			"InvalidStateException: The certificate authority is not in a valid state for issuing certificates.",
		)
	}
	if certificate.NotAfter.After(a.certificate.NotAfter) {
		return fmt.Errorf(
			"ValidationException: The certificate validity specified exceeds the certificate authority validity.",
		)
	}
	if record.Str("usageMode") != "SHORT_LIVED_CERTIFICATE" {
		return nil
	}
	if kind.authority {
		return fmt.Errorf(
			"ValidationException: A certificate authority in SHORT_LIVED_CERTIFICATE mode cannot issue certificate " +
				"authority certificates.",
		)
	}
	if certificate.NotAfter.Sub(now) > 7*24*time.Hour {
		return fmt.Errorf(
			"ValidationException: A certificate authority in SHORT_LIVED_CERTIFICATE mode issues certificates for " +
				"at most 7 days.",
		)
	}
	return nil
}

// sign signs with the CA's key; a root's own certificate signs itself.
func (s *signing) sign() (*issued, error) {
	a, parent, chain := s.authority, s.certificate, ""
	if a.certificate != nil && !a.key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(s.request.PublicKey) {
		parent, chain = a.certificate, cloud.EncodePEM("CERTIFICATE", a.certificate.Raw)+a.chain
	}
	der, err := x509.CreateCertificate(rand.Reader, s.certificate, parent, s.request.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate with %s: %w", s.arn, err)
	}
	return &issued{
		ARN:         s.arn + "/certificate/" + hex.EncodeToString(s.certificate.SerialNumber.Bytes()),
		Certificate: cloud.EncodePEM("CERTIFICATE", der), Chain: chain,
	}, nil
}

// importAuthorityCertificate stores a CA's own certificate and activates the CA.
func importAuthorityCertificate(tx *cloud.Tx, arn, certificate, chain string) error {
	held, record := AuthorityOf(tx, arn), tx.Find(AuthorityType, "", arn)
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return fmt.Errorf("MalformedCertificateException: the certificate is not PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("MalformedCertificateException: %w", err)
	}
	if !held.key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(parsed.PublicKey) || !parsed.IsCA {
		return fmt.Errorf(
			"CertificateMismatchException: the certificate does not belong to the certificate authority %s",
			arn,
		)
	}
	if record.Str("type") == "SUBORDINATE" && chain == "" {
		return fmt.Errorf(
			"InvalidRequestException: a subordinate certificate authority needs the chain of its certificate",
		)
	}
	held.certificate, held.chain, held.status = parsed, chain, statusActive
	record.SetOutput("certificate", certificate)
	record.SetOutput("certificateChain", chain)
	record.SetOutput("serial", colonHex(parsed.SerialNumber.Bytes()))
	record.SetOutput("notBefore", parsed.NotBefore.UTC().Format(time.RFC3339))
	record.SetOutput("notAfter", parsed.NotAfter.UTC().Format(time.RFC3339))
	return nil
}

// AuthorityStatus returns a CA's status as AWS reports it, for example "ACTIVE"; "" if there is no
// such CA.
func AuthorityStatus(c *cloud.Cloud, arn string) string {
	return cloud.View(c, func(tx *cloud.Tx) string {
		held := AuthorityOf(tx, arn)
		if held == nil {
			return ""
		}
		return held.status
	})
}
