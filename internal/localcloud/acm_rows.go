// Public certificates, which ACM issues for names that are proven.
package localcloud

const (
	publicCertificateType = "aws:acm/certificate:Certificate"
	validationType        = "aws:acm/certificateValidation:CertificateValidation"
)

var _ = register(
	row{
		token:   publicCertificateType,
		seconds: 10,
		source:  "internal/service/acm/certificate.go",
		replace: []string{
			"certificateAuthorityArn",
			"domainName",
			"keyAlgorithm",
			"subjectAlternativeNames",
			"validationMethod",
			"validationOptions",
		},
		id: text("arn:aws:acm:{region}:{account}:certificate/{uuid}"),
		computed: map[string]value{
			"arn":          func(c *call) any { return c.id },
			"keyAlgorithm": fixed("RSA_2048"),
			"notAfter":     fixed(""),
			"notBefore":    fixed(""),
			"options": fixed(
				map[string]any{"certificateTransparencyLoggingPreference": "ENABLED"},
			),
			"pendingRenewal": fixed(false),
			"renewalEligibility": fixed(
				"INELIGIBLE",
			),
			"renewalSummaries":        fixed([]any{}),
			"validationEmails":        fixed([]any{}),
			"subjectAlternativeNames": func(c *call) any { return []any{c.str("domainName")} },
			"domainValidationOptions": proofs,
			"status": func(c *call) any {
				return map[bool]string{true: "PENDING_VALIDATION", false: "ISSUED"}[c.str("validationMethod") != ""]
			},
			"type": func(c *call) any {
				switch {
				case c.str("certificateAuthorityArn") != "":
					return "PRIVATE"
				case c.str("domainName") == "":
					return "IMPORTED"
				}
				return "AMAZON_ISSUED"
			},
		},
		references: []reference{
			{
				path:    "certificateAuthorityArn",
				to:      one(authorityType),
				missing: "ResourceNotFoundException: Could not find certificate authority {value}",
			},
		},
		check: checks(
			exactlyOneOf("domainName", "privateKey"),
			certificateFaults,
			oneOf("validationMethod", "DNS", "EMAIL", "HTTP"),
			conflicts("certificateAuthorityArn", "certificateBody", "privateKey", "validationMethod"),
			conflicts("domainName", "certificateBody", "certificateChain", "privateKey"),
		),
		beforeCreate: func(c *call) error {
			if c.str("domainName") != "" && c.str("certificateAuthorityArn")+c.str("validationMethod") == "" {
				return errorf(
					"`certificate_authority_arn` or `validation_method` must be set when creating an ACM certificate",
				)
			}
			return nil
		},
		notReal: "Certificates have no key and no body. Imported ones are not read, private ones are issued at " +
			"once. EMAIL validation never comes. No renewal.",
	},
	row{
		token:    validationType,
		seconds:  30,
		source:   "internal/service/acm/certificate_validation.go",
		required: []string{"certificateArn"},
		replace:  []string{"certificateArn", "validationRecordFqdns"},
		id:       issuedAt,
		references: []reference{
			{
				path:    "certificateArn",
				to:      one(publicCertificateType),
				missing: "reading ACM Certificate ({value}): couldn't find resource",
			},
		},
		beforeCreate: awaitIssue,
		notReal:      "A proof that is missing fails at once, with the text that AWS's side gives after 75 minutes.",
	},
)
