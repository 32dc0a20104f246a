// ACM Private CA. A certificate authority here is a real one: it has a key, makes a signing request,
// and signs certificates that any TLS library verifies.
package localcloud

import (
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const (
	authorityType   = "aws:acmpca/certificateAuthority:CertificateAuthority"
	certificateType = "aws:acmpca/certificate:Certificate"
	// deletedAuthorityType records authorities that wait for their deletion; the id is the ARN.
	deletedAuthorityType = "aws:acmpca/deleted:CertificateAuthority"
	noSuchAuthority      = "ResourceNotFoundException: Could not find Certificate Authority {value}"
)

var signingAlgorithms = []string{
	"SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA",
	"SHA256WITHRSA", "SHA384WITHRSA", "SHA512WITHRSA",
}

var _ = register(
	row{
		token:   authorityType,
		source:  "internal/service/acmpca/certificate_authority.go",
		seconds: 36,
		required: []string{
			"certificateAuthorityConfiguration", "certificateAuthorityConfiguration.keyAlgorithm",
			"certificateAuthorityConfiguration.signingAlgorithm", "certificateAuthorityConfiguration.subject",
		},
		replace:  []string{"certificateAuthorityConfiguration", "keyStorageSecurityStandard", "type"},
		defaults: map[string]any{"enabled": true, "permanentDeletionTimeInDays": 30.0, "type": "SUBORDINATE"},
		id:       text("arn:aws:acm-pca:{region}:{account}:certificate-authority/{uuid}"),
		computed: join(madeAtCreation("certificateSigningRequest"), map[string]value{
			"arn": text("{id}"), "certificate": fixed(""), "certificateChain": fixed(""), "serial": fixed(""),
			"notAfter": fixed("0001-01-01T00:00:00Z"), "notBefore": fixed("0001-01-01T00:00:00Z"),
			"keyStorageSecurityStandard": fixed("FIPS_140_2_LEVEL_3_OR_HIGHER"), "usageMode": fixed("GENERAL_PURPOSE"),
		}),
		check: checks(between("permanentDeletionTimeInDays", 7, 30), oneOf("type", "ROOT", "SUBORDINATE"),
			oneOf("usageMode", "GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE"),
			oneOf("certificateAuthorityConfiguration.keyAlgorithm", keyAlgorithms...),
			oneOf("certificateAuthorityConfiguration.signingAlgorithm", signingAlgorithms...), checkSubject),
		beforeCreate: createAuthority,
		afterCreate: func(c *call) error {
			c.tx.values[c.id] = c.tx.values[c.urn]
			delete(c.tx.values, c.urn)
			return nil
		},
		beforeUpdate: updateAuthority,
		// The provider disables an authority before it deletes it, which AWS would refuse of an
		// active one.
		afterDelete: func(c *call) error {
			delete(c.tx.values, c.id)
			c.tx.keep(
				deletedAuthorityType,
				c.id,
				map[string]any{"arn": c.id, "days": c.num("permanentDeletionTimeInDays")},
			)
			return nil
		},
		notReal: "Revocation lists and OCSP are kept as input only; a deleted authority cannot be restored. A " +
			"changed usageMode is ignored, as the provider does.",
	},
	row{
		token: certificateType,
		source: "internal/service/acmpca/certificate.go; AWS Private CA user guide, \"Understanding certificate " +
			"templates\"",
		required: []string{"certificateAuthorityArn", "certificateSigningRequest", "signingAlgorithm", "validity"},
		replace: []string{
			"apiPassthrough",
			"certificateAuthorityArn",
			"certificateSigningRequest",
			"signingAlgorithm",
			"templateArn",
			"validity",
		},
		id:         text("{arn}"),
		computed:   madeAtCreation("arn", "certificate", "certificateChain"),
		references: []reference{{path: "certificateAuthorityArn", to: one(authorityType), missing: noSuchAuthority}},
		check: checks(oneOf("signingAlgorithm", signingAlgorithms...), validJSON("apiPassthrough"), checkTemplate,
			oneOf("validity.type", "END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS")),
		beforeCreate: func(c *call) error {
			issued, err := c.tx.issueCertificate(issueRequest{
				Authority:        c.str("certificateAuthorityArn"),
				Request:          c.str("certificateSigningRequest"),
				Template:         c.str("templateArn"),
				SigningAlgorithm: c.str("signingAlgorithm"),
				ValidityType:     c.str("validity.type"),
				ValidityValue:    c.str("validity.value"),
				Passthrough:      c.str("apiPassthrough"),
			})
			if err != nil {
				return err
			}
			c.set("arn", issued.ARN)
			c.set("certificate", issued.Certificate)
			c.set("certificateChain", issued.Chain)
			return nil
		},
		notReal: "Templates with passthrough are refused. A deleted (revoked) certificate is forgotten, not listed " +
			"as revoked.",
	},
	row{
		token:      "aws:acmpca/certificateAuthorityCertificate:CertificateAuthorityCertificate",
		source:     "internal/service/acmpca/certificate_authority_certificate.go",
		required:   []string{"certificate", "certificateAuthorityArn"},
		replace:    []string{"certificate", "certificateAuthorityArn", "certificateChain"},
		id:         freeID("{certificateAuthorityArn}", "{certificateAuthorityArn}#{hex8}"),
		references: []reference{{path: "certificateAuthorityArn", to: one(authorityType), missing: noSuchAuthority}},
		beforeCreate: func(c *call) error {
			return c.tx.importAuthorityCertificate(
				c.str("certificateAuthorityArn"),
				c.str("certificate"),
				c.str("certificateChain"),
			)
		},
	},
	row{
		token:    "aws:acmpca/permission:Permission",
		source:   "internal/service/acmpca/permission.go",
		required: []string{"actions", "certificateAuthorityArn", "principal"},
		replace:  []string{"actions", "certificateAuthorityArn", "principal", "sourceAccount"},
		id: freeID(
			"{certificateAuthorityArn},{principal},{sourceAccount}",
			"{certificateAuthorityArn},{principal},{sourceAccount}#{hex8}",
		),
		computed:   map[string]value{"sourceAccount": text("{account}"), "policy": fixed("")},
		references: []reference{{path: "certificateAuthorityArn", to: one(authorityType), missing: noSuchAuthority}},
		check: checks(
			oneOf("principal", "acm.amazonaws.com"),
			oneOf("actions", "IssueCertificate", "GetCertificate", "ListPermissions"),
		),
		beforeCreate: func(c *call) error {
			if authority := c.tx.find(
				authorityType,
				"",
				c.str("certificateAuthorityArn"),
			); authority.str(
				"usageMode",
			) == "SHORT_LIVED_CERTIFICATE" {
				return fmt.Errorf(
					"InvalidStateException: ACM cannot issue from a certificate authority in " +
						"SHORT_LIVED_CERTIFICATE mode",
				)
			}
			return nil
		},
		notReal: "The output policy is empty.",
	},
	row{
		token:        "aws:acmpca/policy:Policy",
		source:       "internal/service/acmpca/policy.go",
		required:     []string{"policy", "resourceArn"},
		replace:      []string{"resourceArn"},
		id:           text("{resourceArn}"),
		references:   []reference{{path: "resourceArn", to: one(authorityType), missing: noSuchAuthority}},
		check:        validJSON("policy"),
		beforeCreate: needsPolicy("policy", iam.ResourcePolicy),
		beforeUpdate: needsPolicy("policy", iam.ResourcePolicy),
	},
)
