// How DNS records validate names, and what ACM refuses.
package acm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

func certificateFaults(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	for _, path := range []string{"domainName", "subjectAlternativeNames"} {
		for _, name := range c.All(path) {
			switch {
			case strings.HasSuffix(name, "."):
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("invalid value for %s (cannot end with a period), got %s", path, name),
					},
				)
			case len(name) > 253:
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("expected length of %s to be in the range (1 - 253), got %s", path, name),
					},
				)
			}
		}
	}
	return faults
}

// validationRecords returns the DNS records that validate the names of a certificate. As with ACM,
// all certificates of a name in one account have the same record.
func validationRecords(c *cloud.Call) any {
	options := []any{}
	if c.Str("validationMethod") != "DNS" {
		return options
	}
	names := append([]string{c.Str("domainName")}, c.All("subjectAlternativeNames")...)
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		bare := strings.TrimPrefix(name, "*.")
		sum := sha256.Sum256([]byte(c.Cloud.Account + " " + bare))
		digest := hex.EncodeToString(sum[:])
		options = append(options, map[string]any{
			"domainName": name, "resourceRecordType": "CNAME",
			"resourceRecordName":  "_" + digest[:32] + "." + bare + ".",
			"resourceRecordValue": "_" + digest[32:] + ".jkddzztszm.acm-validations.aws.",
		})
	}
	return options
}

// missingRecord returns the first DNS record that validation needs and no public zone has; "" if
// all exist.
func missingRecord(tx *cloud.Tx, certificate *cloud.Record) string {
	options, _ := certificate.Get("domainValidationOptions").([]any)
	for _, item := range options {
		option, _ := item.(map[string]any)
		name, value := route53.TrimDot(
			fmt.Sprint(option["resourceRecordName"]),
		), route53.TrimDot(
			fmt.Sprint(option["resourceRecordValue"]),
		)
		if !route53.HasPublicCNAME(tx, name, value) {
			return name
		}
	}
	if certificate.Str("validationMethod") == "EMAIL" {
		return "an e-mail's answer"
	}
	return ""
}

// IssueValidated issues a certificate if all its names are validated, as ACM does by itself. It
// says whether the certificate is issued.
func IssueValidated(tx *cloud.Tx, certificate *cloud.Record) bool {
	if certificate.Str("status") != "PENDING_VALIDATION" {
		return true
	}
	if missingRecord(tx, certificate) != "" {
		return false
	}
	now := time.Now().UTC().Truncate(24 * time.Hour)
	certificate.SetOutput("status", "ISSUED")
	certificate.SetOutput("notBefore", now.Format(time.RFC3339))
	// 13 months, 395 days (ACM user guide, "Certificate characteristics").
	certificate.SetOutput("notAfter", now.Add(395*24*time.Hour-time.Second).Format(time.RFC3339))
	certificate.SetOutput("renewalEligibility", "ELIGIBLE")
	return true
}

// awaitIssue is the provider's wait for a certificate.
func awaitIssue(c *cloud.Call) error {
	arn := c.Str("certificateArn")
	certificate := c.Tx.Find(PublicCertificateType, "", arn)
	if kind := certificate.Str("type"); kind != "AMAZON_ISSUED" {
		return cloud.Errorf("ACM Certificate (%s) has type %s, no validation necessary", arn, kind)
	}
	if given := c.All("validationRecordFqdns"); len(given) > 0 {
		names := map[string]bool{}
		for _, name := range given {
			names[route53.TrimDot(name)] = true
		}
		options, _ := certificate.Get("domainValidationOptions").([]any)
		for _, item := range options {
			option, _ := item.(map[string]any)
			if name := route53.TrimDot(fmt.Sprint(option["resourceRecordName"])); !names[name] {
				return cloud.Errorf("missing %v DNS validation record: %s", option["domainName"], name)
			}
		}
	}
	if !IssueValidated(c.Tx, certificate) {
		return cloud.Errorf(
			"waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): nothing proves %s",
			arn,
			missingRecord(c.Tx, certificate),
		)
	}
	return nil
}

// issuedAt is the provider's id of a validation: the time of the issue.
func issuedAt(*cloud.Call) any {
	return time.Now().UTC().Format("2006-01-02 15:04:05.000000") + " +0000 UTC"
}
