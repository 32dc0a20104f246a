// The private CA's work: keys, signing requests, certificates by AWS's templates.
// Source: AWS Private CA user guide, "Understanding certificate templates"; API reference,
// IssueCertificate (validity, notBefore an hour back) and CreateCertificateAuthority (7 days).
package localcloud

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// The states of a certificate authority.
const (
	statusPending  = "PENDING_CERTIFICATE"
	statusActive   = "ACTIVE"
	statusDisabled = "DISABLED"
)

// authority is what a private CA holds and never shows.
type authority struct {
	key              crypto.Signer
	signingAlgorithm string
	request          string // PEM
	status           string
	certificate      *x509.Certificate // nil until one is imported
	chain            string            // PEM, above the certificate
}

// newAuthority makes a CA's key and its signing request.
func newAuthority(keyAlgorithm, signingAlgorithm string, subject any) (*authority, error) {
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
	return &authority{
		key:              key,
		signingAlgorithm: signingAlgorithm,
		request:          pemOf("CERTIFICATE REQUEST", der),
		status:           statusPending,
	}, nil
}

// authorityOf returns what a CA holds; nil if there is no such CA.
func (tx *Tx) authorityOf(arn string) *authority {
	held, _ := tx.values[arn].(*authority)
	return held
}

// issueRequest is one call of IssueCertificate.
type issueRequest struct {
	Authority, Request, Template, SigningAlgorithm string
	ValidityType, ValidityValue                    string
	Passthrough                                    string
}

// issued is a certificate with its chain, PEM.
type issued struct{ ARN, Certificate, Chain string }

// signing is a certificate that the CA has agreed to sign.
type signing struct {
	authority   authority // a copy: it is signed outside the cloud's lock
	arn         string
	certificate *x509.Certificate
	request     *x509.CertificateRequest
}

// issueCertificate signs a request as the template says.
func (tx *Tx) issueCertificate(in issueRequest) (*issued, error) {
	agreed, err := tx.agreeCertificate(in)
	if err != nil {
		return nil, err
	}
	return agreed.sign()
}

// agreeCertificate works out the certificate that a request leads to..
func (tx *Tx) agreeCertificate(in issueRequest) (*signing, error) {
	held := tx.authorityOf(in.Authority)
	record := tx.find(authorityType, "", in.Authority)
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
	now := tx.certificateTime()
	certificate := &x509.Certificate{
		Subject:               request.Subject,
		NotBefore:             now.Add(-time.Hour),
		SerialNumber:          serialNumber(),
		SignatureAlgorithm:    signatureAlgorithms[in.SigningAlgorithm],
		BasicConstraintsValid: true,
	}
	if certificate.NotAfter, err = notAfter(in.ValidityType, in.ValidityValue, now); err != nil {
		return nil, err
	}
	kind.apply(certificate, request)
	if err := held.judge(record, certificate, kind, in.SigningAlgorithm, request, now); err != nil {
		return nil, err
	}
	return &signing{
		authority:   *held,
		arn:         in.Authority,
		certificate: certificate,
		request:     request,
	}, nil
}

// judge is what the CA refuses to sign.
func (a *authority) judge(record *Record, certificate *x509.Certificate, kind template, algorithm string,
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
		if !own || record.str("type") != "ROOT" {
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
	if record.str("usageMode") != "SHORT_LIVED_CERTIFICATE" {
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
		parent, chain = a.certificate, pemOf("CERTIFICATE", a.certificate.Raw)+a.chain
	}
	der, err := x509.CreateCertificate(rand.Reader, s.certificate, parent, s.request.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate with %s: %w", s.arn, err)
	}
	return &issued{
		ARN:         s.arn + "/certificate/" + hex.EncodeToString(s.certificate.SerialNumber.Bytes()),
		Certificate: pemOf("CERTIFICATE", der), Chain: chain,
	}, nil
}

// importAuthorityCertificate gives a CA its certificate and makes it active.
func (tx *Tx) importAuthorityCertificate(arn, certificate, chain string) error {
	held, record := tx.authorityOf(arn), tx.find(authorityType, "", arn)
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
	if record.str("type") == "SUBORDINATE" && chain == "" {
		return fmt.Errorf(
			"InvalidRequestException: a subordinate certificate authority needs the chain of its certificate",
		)
	}
	held.certificate, held.chain, held.status = parsed, chain, statusActive
	record.setOutput("certificate", certificate)
	record.setOutput("certificateChain", chain)
	record.setOutput("serial", colonHex(parsed.SerialNumber.Bytes()))
	record.setOutput("notBefore", parsed.NotBefore.UTC().Format(time.RFC3339))
	record.setOutput("notAfter", parsed.NotAfter.UTC().Format(time.RFC3339))
	return nil
}

// AuthorityStatus is a CA's status as AWS tells it, for example "ACTIVE"; "" if there is no such
// CA.
func (c *Cloud) AuthorityStatus(arn string) string {
	return view(c, func(tx *Tx) string {
		held := tx.authorityOf(arn)
		if held == nil {
			return ""
		}
		return held.status
	})
}
