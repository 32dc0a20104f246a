// Names: hosted zones, records, and the certificates that ACM issues for proven names.
package localcloud

import (
	"slices"
	"strings"
)

const (
	zoneType              = "aws:route53/zone:Zone"
	recordType            = "aws:route53/record:Record"
	publicCertificateType = "aws:acm/certificate:Certificate"
	validationType        = "aws:acm/certificateValidation:CertificateValidation"
)

var routingPolicies = []string{
	"cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy",
	"latencyRoutingPolicies", "multivalueAnswerRoutingPolicy", "weightedRoutingPolicies",
}

var _ = register(
	row{
		// The provider waits until the change is in step: 10 to 30 s before it first looks
		// (zone.go).
		token:    zoneType,
		seconds:  35,
		source:   "internal/service/route53/zone.go",
		replace:  []string{"name", "delegationSetId"},
		defaults: map[string]any{"comment": "Managed by Pulumi", "forceDestroy": false},
		name:     &nameRule{property: "name", max: 1024, auto: true},
		id:       func(*call) any { return "Z" + uniqueUpper(20) },
		computed: map[string]value{
			"arn": text("arn:aws:route53:::hostedzone/{id}"), "zoneId": func(c *call) any { return c.id },
			"nameServers": func(*call) any { return anys(nameServers) }, "primaryNameServer": fixed(nameServers[0]),
		},
		references: []reference{
			{
				path: "vpcs.vpcId",
				to:   one(vpcType),
				missing: "InvalidVPCId: The VPC: {value} that you provided is not authorized to make the " +
					"association or does not exist.",
			},
		},
		check:        checks(conflicts("vpcs", "delegationSetId"), nameFaultsOfZone),
		beforeCreate: judgeZone,
		beforeUpdate: judgeZone,
		beforeDelete: func(c *call) error {
			for _, r := range c.cloud.all(recordType) {
				if r.str("zoneId") == c.id && !c.yes("forceDestroy") {
					return errorf(
						"HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets "+
							"and so cannot be deleted. (%s)",
						r.ID,
					)
				}
			}
			return nil
		},
		afterDelete: func(c *call) error {
			c.cloud.dropWhere(recordType, "zoneId", c.id)
			return nil
		},
		notReal: "Name servers are the same four for every zone, as they are for private ones. No delegation sets, " +
			"no DNSSEC; NS and SOA records do not show.",
	},
	row{
		token:    recordType,
		seconds:  35,
		source:   "internal/service/route53/record.go",
		required: []string{"name", "type", "zoneId"},
		replace:  []string{"name", "zoneId"},
		id:       func(c *call) any { return c.recordKey() },
		computed: map[string]value{"allowOverwrite": fixed(false)},
		derived:  map[string]value{"fqdn": func(c *call) any { return c.fullName() }},
		references: []reference{{
			path: "zoneId", to: one(zoneType),
			missing: "reading Route 53 Hosted Zone ({value}): NoSuchHostedZone: No hosted zone found with ID: {value}",
		}},
		check: checks(
			exactlyOneOf("aliases", "records"),
			conflicts("aliases", "ttl"),
			recordFaults,
			oneOf(
				"type",
				"A",
				"AAAA",
				"CAA",
				"CNAME",
				"DS",
				"HTTPS",
				"MX",
				"NAPTR",
				"NS",
				"PTR",
				"SOA",
				"SPF",
				"SRV",
				"SSHFP",
				"SVCB",
				"TLSA",
				"TXT",
			),
		),
		beforeCreate: judgeRecord,
		beforeUpdate: judgeRecord,
		notReal: "Names are answered inside the process only (Cloud.Resolve), not over DNS. An alias's target is " +
			"not looked for. The form of values is judged for A records only. " +
			"Another type or set identifier keeps the id; the provider gives a new one.",
	},
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

// nameServers are those of private hosted zones.
var nameServers = []string{
	"ns-0.awsdns-00.com",
	"ns-512.awsdns-00.net",
	"ns-1024.awsdns-00.org",
	"ns-1536.awsdns-00.co.uk",
}

func nameFaultsOfZone(c *call) []fault {
	for _, label := range strings.Split(strings.TrimSuffix(c.name(), "."), ".") {
		if len(label) > 63 {
			return []fault{
				{property: "name", reason: "DomainLabelTooLong: the label " + label + " is longer than 63 characters"},
			}
		}
	}
	return nil
}

// judgeZone: a VPC is in one zone of a name, and a private zone keeps at least one VPC.
func judgeZone(c *call) error {
	own := c.all("vpcs.vpcId")
	if len(c.before("vpcs.vpcId")) > 0 && len(own) == 0 {
		return errorf(
			"LastVPCAssociation: The VPC that you are trying to disassociate from the private hosted zone is the " +
				"last VPC that is associated with the hosted zone.",
		)
	}
	for _, other := range c.cloud.all(zoneType) {
		theirs := &call{cloud: c.cloud, inputs: other.Inputs}
		if other.ID == c.id || !strings.EqualFold(trimDot(other.str("name")), trimDot(c.name())) {
			continue
		}
		for _, vpc := range theirs.all("vpcs.vpcId") {
			if slices.Contains(own, vpc) {
				return errorf(
					"ConflictingDomainExists: The VPC %s in region %s has already been associated with the hosted "+
						"zone %s with the same domain name.",
					vpc,
					c.cloud.Region,
					other.ID,
				)
			}
		}
	}
	return nil
}

func trimDot(name string) string { return strings.TrimSuffix(name, ".") }
