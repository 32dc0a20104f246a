// Package privateca is the certificate authority behind NATS's TLS. In short-lived mode it costs
// $50 a month instead of $400, and its certificates live for seven days at most: whoever holds one
// must renew it well before (docs/adr/0003-short-lived-ca.md).
package privateca

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acmpca"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:privateca:PrivateCA"

// Args shape the CA.
type Args struct {
	platform.Stack
	Domain string // in the CA's name
}

// PrivateCA is an active root.
type PrivateCA struct {
	pulumi.ResourceState

	// Arn is known once the CA may issue.
	Arn         pulumi.StringOutput `pulumi:"arn"`
	Certificate pulumi.StringOutput `pulumi:"certificate"` // PEM, what clients trust

	args      Args
	authority *acmpca.CertificateAuthority
}

// signing is the CA's own key and signature: small, fast and understood by every TLS library.
const (
	keyAlgorithm     = "EC_prime256v1"
	signingAlgorithm = "SHA256WITHECDSA"
)

// New makes the CA, lets it sign itself and puts it into service.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*PrivateCA, error) {
	p := &PrivateCA{args: args}
	return platform.Create(ctx, name, p, platform.Definition{
		Type:   Type,
		Noun:   "private CA",
		Inputs: pulumi.Map{"domain": pulumi.String(args.Domain)},
		Steps:  []platform.Step{p.createAuthority, p.signItself},
	}, opts...)
}

func (p *PrivateCA) createAuthority(ctx *pulumi.Context, name string) (err error) {
	// A deleted CA can be brought back for this many days (7–30); its clients trust no other.
	recovery := 7
	if p.args.Protect {
		recovery = 30
	}
	// Control PCA.1 requires that root CAs are disabled, for they should only sign subordinates.
	// This one cannot sign any (short-lived mode) and issues every day.
	p.authority, err = acmpca.NewCertificateAuthority(ctx, name+"-authority", &acmpca.CertificateAuthorityArgs{
		Type:                        pulumi.String("ROOT"),
		UsageMode:                   pulumi.String("SHORT_LIVED_CERTIFICATE"),
		PermanentDeletionTimeInDays: pulumi.Int(recovery),
		CertificateAuthorityConfiguration: &acmpca.CertificateAuthorityCertificateAuthorityConfigurationArgs{
			KeyAlgorithm: pulumi.String(keyAlgorithm), SigningAlgorithm: pulumi.String(signingAlgorithm),
			Subject: &acmpca.CertificateAuthorityCertificateAuthorityConfigurationSubjectArgs{
				CommonName: pulumi.String("NATS of " + p.args.Domain), Organization: pulumi.String(p.args.Environment),
			},
		},
	}, pulumi.Parent(p), pulumi.Protect(p.args.Protect))
	return err
}

// signItself makes the CA a root and puts it into service.
func (p *PrivateCA) signItself(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(p)
	root, err := acmpca.NewCertificate(ctx, name+"-root", &acmpca.CertificateArgs{
		CertificateAuthorityArn:   p.authority.Arn,
		CertificateSigningRequest: p.authority.CertificateSigningRequest,
		SigningAlgorithm:          pulumi.String(signingAlgorithm),
		TemplateArn:               pulumi.String("arn:aws:acm-pca:::template/RootCACertificate/V1"),
		Validity: &acmpca.CertificateValidityArgs{
			Type:  pulumi.String("YEARS"),
			Value: pulumi.String("10"),
		},
	}, under)
	if err != nil {
		return err
	}
	active, err := acmpca.NewCertificateAuthorityCertificate(
		ctx,
		name+"-active",
		&acmpca.CertificateAuthorityCertificateArgs{
			CertificateAuthorityArn: p.authority.Arn,
			Certificate:             root.Certificate,
			CertificateChain:        root.CertificateChain,
		},
		under,
	)
	if err != nil {
		return err
	}
	// The certificate is taken from where it was signed: the activation returns it as a secret,
	// and what clients trust is public.
	p.Arn, p.Certificate = active.CertificateAuthorityArn, root.Certificate
	return nil
}
