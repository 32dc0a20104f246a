// The types of ACM Private CA. A certificate authority here is a real one: it has a key, creates a
// signing request and signs certificates, because the platform's own TLS connections use them.
package acmpca

import (
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

const (
	// AuthorityType is the type of certificate authorities, CertificateType that of certificates
	// which the program orders.
	AuthorityType = "aws:acmpca/certificateAuthority:CertificateAuthority"
	// CertificateType is the type of a certificate that a private CA issued.
	CertificateType = "aws:acmpca/certificate:Certificate"
	// deletedAuthorityType records authorities that wait for their deletion; the id is the ARN.
	deletedAuthorityType = "aws:acmpca/deleted:CertificateAuthority"
	noSuchAuthority      = "ResourceNotFoundException: Could not find Certificate Authority {value}"
)

var signingAlgorithms = []string{
	"SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA",
	"SHA256WITHRSA", "SHA384WITHRSA", "SHA512WITHRSA",
}

var _ = cloud.Register(
	cloud.Row{
		Token:   AuthorityType,
		Source:  "internal/service/acmpca/certificate_authority.go",
		Seconds: 36,
		Required: []string{
			"certificateAuthorityConfiguration", "certificateAuthorityConfiguration.keyAlgorithm",
			"certificateAuthorityConfiguration.signingAlgorithm", "certificateAuthorityConfiguration.subject",
		},
		Replace:  []string{"certificateAuthorityConfiguration", "keyStorageSecurityStandard", "type"},
		Defaults: map[string]any{"enabled": true, "permanentDeletionTimeInDays": 30.0, "type": "SUBORDINATE"},
		ID:       cloud.Text("arn:aws:acm-pca:{region}:{account}:certificate-authority/{uuid}"),
		Computed: cloud.Join(cloud.MadeAtCreation("certificateSigningRequest"), map[string]cloud.Value{
			"arn": cloud.Text(
				"{id}",
			),
			"certificate":      cloud.Fixed(""),
			"certificateChain": cloud.Fixed(""),
			"serial":           cloud.Fixed(""),
			"notAfter":         cloud.Fixed("0001-01-01T00:00:00Z"),
			"notBefore":        cloud.Fixed("0001-01-01T00:00:00Z"),
			"keyStorageSecurityStandard": cloud.Fixed(
				"FIPS_140_2_LEVEL_3_OR_HIGHER",
			),
			"usageMode": cloud.Fixed("GENERAL_PURPOSE"),
		}),
		Check: cloud.Checks(
			cloud.Between("permanentDeletionTimeInDays", 7, 30),
			cloud.OneOf("type", "ROOT", "SUBORDINATE"),
			cloud.OneOf("usageMode", "GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE"),
			cloud.OneOf("certificateAuthorityConfiguration.keyAlgorithm", keyAlgorithms...),
			cloud.OneOf("certificateAuthorityConfiguration.signingAlgorithm", signingAlgorithms...),
			checkSubject,
		),
		BeforeCreate: createAuthority,
		AfterCreate: func(c *cloud.Call) error {
			c.Tx.Values[c.ID] = c.Tx.Values[c.URN]
			delete(c.Tx.Values, c.URN)
			return nil
		},
		BeforeUpdate: updateAuthority,
		// The provider disables an authority before it deletes it, because AWS does not delete
		// an active one.
		AfterDelete: func(c *cloud.Call) error {
			delete(c.Tx.Values, c.ID)
			c.Tx.Keep(
				deletedAuthorityType,
				c.ID,
				map[string]any{"arn": c.ID, "days": c.Num("permanentDeletionTimeInDays")},
			)
			return nil
		},
		NotReal: "Revocation lists and OCSP are kept as input only; a deleted authority cannot be restored. A " +
			"changed usageMode is ignored, as the provider does.",
	},
	cloud.Row{
		Token: CertificateType,
		Source: "internal/service/acmpca/certificate.go; AWS Private CA user guide, \"Understanding certificate " +
			"templates\"",
		Required: []string{"certificateAuthorityArn", "certificateSigningRequest", "signingAlgorithm", "validity"},
		Replace: []string{
			"apiPassthrough",
			"certificateAuthorityArn",
			"certificateSigningRequest",
			"signingAlgorithm",
			"templateArn",
			"validity",
		},
		ID:       cloud.Text("{arn}"),
		Computed: cloud.MadeAtCreation("arn", "certificate", "certificateChain"),
		References: []cloud.Reference{
			{Path: "certificateAuthorityArn", To: cloud.One(AuthorityType), Missing: noSuchAuthority},
		},
		Check: cloud.Checks(
			cloud.OneOf("signingAlgorithm", signingAlgorithms...),
			cloud.ValidJSON("apiPassthrough"),
			checkTemplate,
			cloud.OneOf("validity.type", "END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"),
		),
		BeforeCreate: func(c *cloud.Call) error {
			issued, err := issueCertificate(c.Tx, issueRequest{
				Authority:        c.Str("certificateAuthorityArn"),
				Request:          c.Str("certificateSigningRequest"),
				Template:         c.Str("templateArn"),
				SigningAlgorithm: c.Str("signingAlgorithm"),
				ValidityType:     c.Str("validity.type"),
				ValidityValue:    c.Str("validity.value"),
				Passthrough:      c.Str("apiPassthrough"),
			})
			if err != nil {
				return err
			}
			c.Set("arn", issued.ARN)
			c.Set("certificate", issued.Certificate)
			c.Set("certificateChain", issued.Chain)
			return nil
		},
		NotReal: "Templates with passthrough are refused. A deleted (revoked) certificate is forgotten, not listed " +
			"as revoked.",
	},
	cloud.Row{
		Token:    "aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate",
		Source:   "internal/service/acmpca/certificate_authority_certificate.go",
		Required: []string{"certificate", "certificateAuthorityArn"},
		Replace:  []string{"certificate", "certificateAuthorityArn", "certificateChain"},
		ID:       cloud.FreeID("{certificateAuthorityArn}", "{certificateAuthorityArn}#{hex8}"),
		References: []cloud.Reference{
			{Path: "certificateAuthorityArn", To: cloud.One(AuthorityType), Missing: noSuchAuthority},
		},
		BeforeCreate: func(c *cloud.Call) error {
			return importAuthorityCertificate(c.Tx,
				c.Str("certificateAuthorityArn"),
				c.Str("certificate"),
				c.Str("certificateChain"),
			)
		},
	},
	cloud.Row{
		Token:    "aws:acmpca/permission:Permission",
		Source:   "internal/service/acmpca/permission.go",
		Required: []string{"actions", "certificateAuthorityArn", "principal"},
		Replace:  []string{"actions", "certificateAuthorityArn", "principal", "sourceAccount"},
		ID: cloud.FreeID(
			"{certificateAuthorityArn},{principal},{sourceAccount}",
			"{certificateAuthorityArn},{principal},{sourceAccount}#{hex8}",
		),
		Computed: map[string]cloud.Value{"sourceAccount": cloud.Text("{account}"), "policy": cloud.Fixed("")},
		References: []cloud.Reference{
			{Path: "certificateAuthorityArn", To: cloud.One(AuthorityType), Missing: noSuchAuthority},
		},
		Check: cloud.Checks(
			cloud.OneOf("principal", "acm.amazonaws.com"),
			cloud.OneOf("actions", "IssueCertificate", "GetCertificate", "ListPermissions"),
		),
		BeforeCreate: func(c *cloud.Call) error {
			if authority := c.Tx.Find(
				AuthorityType,
				"",
				c.Str("certificateAuthorityArn"),
			); authority.Str(
				"usageMode",
			) == "SHORT_LIVED_CERTIFICATE" {
				return fmt.Errorf(
					"InvalidStateException: ACM cannot issue from a certificate authority in " +
						"SHORT_LIVED_CERTIFICATE mode",
				)
			}
			return nil
		},
		NotReal: "The output policy is empty.",
	},
	cloud.Row{
		Token:        "aws:acmpca/policy:Policy",
		Source:       "internal/service/acmpca/policy.go",
		Required:     []string{"policy", "resourceArn"},
		Replace:      []string{"resourceArn"},
		ID:           cloud.Text("{resourceArn}"),
		References:   []cloud.Reference{{Path: "resourceArn", To: cloud.One(AuthorityType), Missing: noSuchAuthority}},
		Check:        cloud.ValidJSON("policy"),
		BeforeCreate: roles.RequireValidPolicy("policy", iam.ResourcePolicy),
		BeforeUpdate: roles.RequireValidPolicy("policy", iam.ResourcePolicy),
	},
)
