// What Route 53 refuses of records, and how a record proves a name to ACM.
package localcloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// recordFaults is the provider's check of a record's form.
func recordFaults(c *call) []fault {
	var faults []fault
	if present(c.inputs, "records") && !present(c.inputs, "ttl") {
		faults = append(faults, fault{"ttl", "\"records\": all of `records,ttl` must be specified"})
	}
	if aliases, _ := c.get("aliases").([]any); len(aliases) > 1 {
		faults = append(faults, fault{"aliases", fmt.Sprintf("Too many list items: at most 1, got %d", len(aliases))})
	}
	given := ""
	for _, policy := range routingPolicies {
		switch {
		case !present(c.inputs, policy):
		case given != "":
			faults = append(faults, fault{policy, fmt.Sprintf("%q: conflicts with %s", policy, given)})
		default:
			given = policy
		}
	}
	if given != "" && !present(c.inputs, "setIdentifier") {
		faults = append(
			faults,
			fault{"setIdentifier", fmt.Sprintf("%q: all of `%s,setIdentifier` must be specified", given, given)},
		)
	}
	return faults
}

// fullName is a record's name with its zone's, in small letters and without the last dot.
func (c *call) fullName() string {
	name := strings.ToLower(trimDot(c.str("name")))
	zone := c.cloud.find(zoneType, "", c.str("zoneId"))
	if zone == nil {
		return name
	}
	apex := strings.ToLower(trimDot(zone.str("name")))
	if apex == "" || name == apex || strings.HasSuffix(name, "."+apex) {
		return name
	}
	return strings.TrimPrefix(name+"."+apex, ".")
}

// recordKey is the provider's id of a record: zone, name, type and set identifier.
func (c *call) recordKey() string {
	parts := []string{c.str("zoneId"), strings.ToLower(trimDot(c.str("name"))), c.str("type")}
	if set := c.str("setIdentifier"); set != "" {
		parts = append(parts, set)
	}
	return strings.Join(parts, "_")
}

// judgeRecord: a set of records that nobody has made yet, of values that fit.
func judgeRecord(c *call) error {
	own := c.fullName()
	zone := c.cloud.find(zoneType, "", c.str("zoneId"))
	if apex := strings.ToLower(trimDot(zone.str("name"))); c.str("type") == "CNAME" && own == apex {
		return errorf(
			"InvalidChangeBatch: [RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]",
			own,
			apex,
		)
	}
	if c.str("type") == "A" {
		for _, address := range c.all("records") {
			if parsed, err := netip.ParseAddr(address); err != nil || !parsed.Is4() {
				return errorf(
					"InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value "+
						"is not a valid IPv4 address) encountered with '%s'']",
					address,
				)
			}
		}
	}
	if c.yes("allowOverwrite") || c.old != nil {
		return nil
	}
	for _, other := range c.cloud.all(recordType) {
		if other.str("zoneId") == zone.ID && other.str("fqdn") == own && other.str("type") == c.str("type") &&
			other.str("setIdentifier") == c.str("setIdentifier") {
			return errorf(
				"InvalidChangeBatch: [Tried to create resource record set [name='%s.', type='%s'] but it already "+
					"exists]",
				own,
				c.str("type"),
			)
		}
	}
	return nil
}

func certificateFaults(c *call) []fault {
	var faults []fault
	for _, path := range []string{"domainName", "subjectAlternativeNames"} {
		for _, name := range c.all(path) {
			switch {
			case strings.HasSuffix(name, "."):
				faults = append(
					faults,
					fault{path, fmt.Sprintf("invalid value for %s (cannot end with a period), got %s", path, name)},
				)
			case len(name) > 253:
				faults = append(
					faults,
					fault{path, fmt.Sprintf("expected length of %s to be in the range (1 - 253), got %s", path, name)},
				)
			}
		}
	}
	return faults
}

// proofs are the records that prove the names of a certificate by DNS: the same ones for all
// certificates of one name in one account, as with ACM.
func proofs(c *call) any {
	options := []any{}
	if c.str("validationMethod") != "DNS" {
		return options
	}
	names := append([]string{c.str("domainName")}, c.all("subjectAlternativeNames")...)
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		bare := strings.TrimPrefix(name, "*.")
		sum := sha256.Sum256([]byte(c.cloud.Account + " " + bare))
		digest := hex.EncodeToString(sum[:])
		options = append(options, map[string]any{
			"domainName": name, "resourceRecordType": "CNAME",
			"resourceRecordName":  "_" + digest[:32] + "." + bare + ".",
			"resourceRecordValue": "_" + digest[32:] + ".jkddzztszm.acm-validations.aws.",
		})
	}
	return options
}

// missingProof is the first name of a certificate that no record in a public zone proves; "" if all
// are proven.
func (c *Cloud) missingProof(certificate *Record) string {
	options, _ := certificate.Get("domainValidationOptions").([]any)
	for _, item := range options {
		option, _ := item.(map[string]any)
		name, value := trimDot(
			fmt.Sprint(option["resourceRecordName"]),
		), trimDot(
			fmt.Sprint(option["resourceRecordValue"]),
		)
		if !c.answersPublicly(name, value) {
			return name
		}
	}
	if certificate.str("validationMethod") == "EMAIL" {
		return "an e-mail's answer"
	}
	return ""
}

// answersPublicly says whether a CNAME of a public zone leads from a name to a value.
func (c *Cloud) answersPublicly(name, value string) bool {
	for _, r := range c.all(recordType) {
		zone := c.find(zoneType, "", r.str("zoneId"))
		if zone == nil || r.str("type") != "CNAME" || r.str("fqdn") != name {
			continue
		}
		if vpcs, _ := zone.Get("vpcs").([]any); len(vpcs) > 0 {
			continue
		}
		for _, found := range stringsAt(resource.NewObjectProperty(r.Inputs), "records") {
			if trimDot(found) == value {
				return true
			}
		}
	}
	return false
}

// issueProven issues a certificate whose names are proven, as ACM does by itself; it says
// whether the certificate is issued.
func (c *Cloud) issueProven(certificate *Record) bool {
	if certificate.str("status") != "PENDING_VALIDATION" {
		return true
	}
	if c.missingProof(certificate) != "" {
		return false
	}
	now := time.Now().UTC().Truncate(24 * time.Hour)
	certificate.setOutput("status", "ISSUED")
	certificate.setOutput("notBefore", now.Format(time.RFC3339))
	// 13 months, 395 days (ACM user guide, "Certificate characteristics").
	certificate.setOutput("notAfter", now.Add(395*24*time.Hour-time.Second).Format(time.RFC3339))
	certificate.setOutput("renewalEligibility", "ELIGIBLE")
	return true
}

// awaitIssue is the provider's wait for a certificate.
func awaitIssue(c *call) error {
	arn := c.str("certificateArn")
	certificate := c.cloud.find(publicCertificateType, "", arn)
	if kind := certificate.str("type"); kind != "AMAZON_ISSUED" {
		return errorf("ACM Certificate (%s) has type %s, no validation necessary", arn, kind)
	}
	if given := c.all("validationRecordFqdns"); len(given) > 0 {
		names := map[string]bool{}
		for _, name := range given {
			names[trimDot(name)] = true
		}
		options, _ := certificate.Get("domainValidationOptions").([]any)
		for _, item := range options {
			option, _ := item.(map[string]any)
			if name := trimDot(fmt.Sprint(option["resourceRecordName"])); !names[name] {
				return errorf("missing %v DNS validation record: %s", option["domainName"], name)
			}
		}
	}
	if !c.cloud.issueProven(certificate) {
		return errorf(
			"waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): nothing proves %s",
			arn,
			c.cloud.missingProof(certificate),
		)
	}
	return nil
}

// issuedAt is the provider's id of a validation: when the certificate was issued.
func issuedAt(*call) any {
	return time.Now().UTC().Format("2006-01-02 15:04:05.000000") + " +0000 UTC"
}
