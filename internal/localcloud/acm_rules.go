// How a record proves a name to ACM, and what ACM refuses.
package localcloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

func certificateFaults(c *call) []failure {
	var faults []failure
	for _, path := range []string{"domainName", "subjectAlternativeNames"} {
		for _, name := range c.all(path) {
			switch {
			case strings.HasSuffix(name, "."):
				faults = append(
					faults,
					failure{path, fmt.Sprintf("invalid value for %s (cannot end with a period), got %s", path, name)},
				)
			case len(name) > 253:
				faults = append(
					faults,
					failure{
						path,
						fmt.Sprintf("expected length of %s to be in the range (1 - 253), got %s", path, name),
					},
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
func (tx *Tx) missingProof(certificate *Record) string {
	options, _ := certificate.Get("domainValidationOptions").([]any)
	for _, item := range options {
		option, _ := item.(map[string]any)
		name, value := trimDot(
			fmt.Sprint(option["resourceRecordName"]),
		), trimDot(
			fmt.Sprint(option["resourceRecordValue"]),
		)
		if !tx.answersPublicly(name, value) {
			return name
		}
	}
	if certificate.str("validationMethod") == "EMAIL" {
		return "an e-mail's answer"
	}
	return ""
}

// issueProven issues a certificate whose names are proven, as ACM does by itself; it says
// whether the certificate is issued.
func (tx *Tx) issueProven(certificate *Record) bool {
	if certificate.str("status") != "PENDING_VALIDATION" {
		return true
	}
	if tx.missingProof(certificate) != "" {
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
	certificate := c.tx.find(publicCertificateType, "", arn)
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
	if !c.tx.issueProven(certificate) {
		return errorf(
			"waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): nothing proves %s",
			arn,
			c.tx.missingProof(certificate),
		)
	}
	return nil
}

// issuedAt is the provider's id of a validation: when the certificate was issued.
func issuedAt(*call) any {
	return time.Now().UTC().Format("2006-01-02 15:04:05.000000") + " +0000 UTC"
}
