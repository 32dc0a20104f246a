// ACM's certificates and their validation, so that a drill sees a certificate wait for its DNS
// records.
package acm

import (
	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	// PublicCertificateType is the type of certificates, ValidationType that of the wait for their
	// issue.
	PublicCertificateType = "aws:acm/certificate:Certificate"
	// ValidationType is the type of a certificate's validation.
	ValidationType = "aws:acm/certificateValidation:CertificateValidation"
)

var _ = cloud.Register(
	cloud.Row{
		Token:   PublicCertificateType,
		Seconds: 10,
		Source:  "internal/service/acm/certificate.go",
		Replace: []string{
			"certificateAuthorityArn",
			"domainName",
			"keyAlgorithm",
			"subjectAlternativeNames",
			"validationMethod",
			"validationOptions",
		},
		ID: cloud.Text("arn:aws:acm:{region}:{account}:certificate/{uuid}"),
		Computed: map[string]cloud.Value{
			"arn":          func(c *cloud.Call) any { return c.ID },
			"keyAlgorithm": cloud.Fixed("RSA_2048"),
			"notAfter":     cloud.Fixed(""),
			"notBefore":    cloud.Fixed(""),
			"options": cloud.Fixed(
				map[string]any{"certificateTransparencyLoggingPreference": "ENABLED"},
			),
			"pendingRenewal": cloud.Fixed(false),
			"renewalEligibility": cloud.Fixed(
				"INELIGIBLE",
			),
			"renewalSummaries":        cloud.Fixed([]any{}),
			"validationEmails":        cloud.Fixed([]any{}),
			"subjectAlternativeNames": func(c *cloud.Call) any { return []any{c.Str("domainName")} },
			"domainValidationOptions": validationRecords,
			"status": func(c *cloud.Call) any {
				return map[bool]string{true: "PENDING_VALIDATION", false: "ISSUED"}[c.Str("validationMethod") != ""]
			},
			"type": func(c *cloud.Call) any {
				switch {
				case c.Str("certificateAuthorityArn") != "":
					return "PRIVATE"
				case c.Str("domainName") == "":
					return "IMPORTED"
				}
				return "AMAZON_ISSUED"
			},
		},
		References: []cloud.Reference{
			{
				Path:    "certificateAuthorityArn",
				To:      cloud.One(acmpca.AuthorityType),
				Missing: "ResourceNotFoundException: Could not find certificate authority {value}",
			},
		},
		Check: cloud.Checks(
			cloud.ExactlyOneOf("domainName", "privateKey"),
			certificateFaults,
			cloud.OneOf("validationMethod", "DNS", "EMAIL", "HTTP"),
			cloud.Conflicts("certificateAuthorityArn", "certificateBody", "privateKey", "validationMethod"),
			cloud.Conflicts("domainName", "certificateBody", "certificateChain", "privateKey"),
		),
		BeforeCreate: func(c *cloud.Call) error {
			if c.Str("domainName") != "" && c.Str("certificateAuthorityArn")+c.Str("validationMethod") == "" {
				return cloud.Errorf(
					"`certificate_authority_arn` or `validation_method` must be set when creating an ACM certificate",
				)
			}
			return nil
		},
		NotReal: "Certificates have no key and no body. Imported ones are not read, private ones are issued at " +
			"once. EMAIL validation never comes. No renewal.",
	},
	cloud.Row{
		Token:    ValidationType,
		Seconds:  30,
		Source:   "internal/service/acm/certificate_validation.go",
		Required: []string{"certificateArn"},
		Replace:  []string{"certificateArn", "validationRecordFqdns"},
		ID:       issuedAt,
		References: []cloud.Reference{
			{
				Path:    "certificateArn",
				To:      cloud.One(PublicCertificateType),
				Missing: "reading ACM Certificate ({value}): couldn't find resource",
			},
		},
		BeforeCreate: awaitIssue,
		NotReal: "A missing validation record fails at once, with the text that the provider gives after 75 " +
			"minutes.",
	},
)
