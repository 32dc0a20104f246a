// AWS Private CA's certificate templates: they decide which extensions a certificate has.
// Source: AWS Private CA user guide, "Certificate template definitions".
package acmpca

import "crypto/x509"

// template is one of AWS's templates: the extensions that it sets.
type template struct {
	root      bool // signs the CA's own request, before it is active
	authority bool // makes a CA certificate
	depth     int  // path length below a subordinate CA
	usage     x509.KeyUsage
	extended  []x509.ExtKeyUsage
}

const (
	caUsage  = x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	endUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
)

// templates are all templates by name; without a name AWS uses EndEntityCertificate/V1.
var templates = map[string]template{
	"":                                  endEntity(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth),
	"EndEntityCertificate/V1":           endEntity(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth),
	"EndEntityClientAuthCertificate/V1": endEntity(x509.ExtKeyUsageClientAuth),
	"EndEntityServerAuthCertificate/V1": endEntity(x509.ExtKeyUsageServerAuth),
	"RootCACertificate/V1": {
		root:      true,
		authority: true,
		depth:     -1,
		usage:     caUsage,
	},
	"SubordinateCACertificate_PathLen0/V1": {authority: true, depth: 0, usage: caUsage},
	"SubordinateCACertificate_PathLen1/V1": {authority: true, depth: 1, usage: caUsage},
	"SubordinateCACertificate_PathLen2/V1": {authority: true, depth: 2, usage: caUsage},
	"SubordinateCACertificate_PathLen3/V1": {authority: true, depth: 3, usage: caUsage},
}

func endEntity(extended ...x509.ExtKeyUsage) template {
	return template{usage: endUsage, extended: extended}
}

// apply sets the template's extensions in a certificate. End entities have the alternative names of
// the request; a CA has none.
func (t template) apply(certificate *x509.Certificate, request *x509.CertificateRequest) {
	certificate.KeyUsage, certificate.ExtKeyUsage, certificate.IsCA = t.usage, t.extended, t.authority
	if t.authority {
		certificate.MaxPathLen, certificate.MaxPathLenZero = t.depth, t.depth == 0
		return
	}
	certificate.DNSNames, certificate.IPAddresses = request.DNSNames, request.IPAddresses
	certificate.URIs, certificate.EmailAddresses = request.URIs, request.EmailAddresses
}
