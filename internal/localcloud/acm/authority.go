// Amazon's public authority, which signs the certificates of ElastiCache's endpoints and of names
// that ACM has validated. Every image and browser trusts it; here, those trust it that use the file
// of RootStore.
package acm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// PublicAuthority is a certificate authority with a key of its own; PEM is its certificate.
type PublicAuthority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	PEM         string
}

// publicLifetime is how long a public certificate of ACM is valid: 13 months (ACM user guide, "ACM
// certificate characteristics").
const publicLifetime = 395 * 24 * time.Hour

func newPublicAuthority() (*PublicAuthority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          acmpca.SerialNumber(),
		Subject:               pkix.Name{CommonName: "Root of the embedded AWS"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(2 * publicLifetime),
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	template.Raw = der
	return &PublicAuthority{certificate: template, key: key, PEM: cloud.EncodePEM("CERTIFICATE", der)}, nil
}

// Issue returns a new key and its certificate for host names, both as PEM.
func (a *PublicAuthority) Issue(names ...string) (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: acmpca.SerialNumber(),
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(publicLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.certificate, private.Public(), a.key)
	if err != nil {
		return "", "", fmt.Errorf("issuing a public certificate of %v: %w", names, err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", fmt.Errorf("issuing a public certificate of %v: %w", names, err)
	}
	return cloud.EncodePEM("CERTIFICATE", der), cloud.EncodePEM("PRIVATE KEY", raw), nil
}

// RootStore returns the path of a file with the public authority's certificate. It takes the place
// of the roots that an image or a client trusts. It exists while things run.
func RootStore(c *cloud.Cloud) string { return filepath.Join(c.Runtime().Dir, "roots.pem") }

// Authority is the public authority of a cloud while things run.
var Authority = cloud.NewState(
	cloud.StopServers,
	openAuthority,
	func(*PublicAuthority) error { return nil },
)

func openAuthority(_ *cloud.Cloud, r cloud.Runtime) (*PublicAuthority, error) {
	authority, err := newPublicAuthority()
	if err != nil {
		return nil, fmt.Errorf("making the public authority: %w", err)
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, err
	}
	return authority, os.WriteFile(filepath.Join(r.Dir, "roots.pem"), []byte(authority.PEM), 0o644)
}

// PublicCertificate returns a TLS configuration with ACM's certificate of an ARN, signed by the
// public authority.
func PublicCertificate(c *cloud.Cloud, arn string) (*tls.Config, error) {
	found := c.CopyOf(PublicCertificateType, "arn", arn)
	if found == nil {
		return nil, fmt.Errorf("opening a listener: there is no certificate %s", arn)
	}
	certificate, key, err := Authority.Of(c).Issue(found.Str("domainName"))
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, err
}
