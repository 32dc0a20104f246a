// What ACM Private CA refuses of an authority, and how an authority changes its state.
package acmpca

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// checkSubject requires at least one part of the name, and the provider's lengths.
func checkSubject(c *cloud.Call) []cloud.Failure {
	subject, known := c.Get("certificateAuthorityConfiguration.subject").(map[string]any)
	if !known {
		return nil
	}
	var faults []cloud.Failure
	if len(subject) == 0 {
		faults = append(
			faults,
			cloud.Failure{
				Property: "certificateAuthorityConfiguration.subject",
				Reason:   "at least one part of the subject must be given",
			},
		)
	}
	for part, most := range map[string]int{
		"commonName":         64,
		"country":            2,
		"locality":           128,
		"organization":       64,
		"organizationalUnit": 64,
		"state":              128,
	} {
		if s, ok := subject[part].(string); ok && len(s) > most {
			faults = append(faults, cloud.Failure{
				Property: "certificateAuthorityConfiguration.subject." + part,
				Reason:   fmt.Sprintf("expected length of %s to be in the range (0 - %d), got %s", part, most, s),
			})
		}
	}
	return faults
}

func checkTemplate(c *cloud.Call) []cloud.Failure {
	arn := c.Str("templateArn")
	if arn == "" || strings.HasPrefix(arn, "arn:aws:acm-pca:::template/") {
		return nil
	}
	return []cloud.Failure{
		{
			Property: "templateArn",
			Reason:   fmt.Sprintf("%q (%s) is not a valid ACM PCA template ARN", "templateArn", arn),
		},
	}
}

// createAuthority creates the key and the signing request. They are kept under the URN until the
// authority has its id.
func createAuthority(c *cloud.Call) error {
	made, err := newAuthority(c.Str("certificateAuthorityConfiguration.keyAlgorithm"),
		c.Str("certificateAuthorityConfiguration.signingAlgorithm"), c.Get("certificateAuthorityConfiguration.subject"))
	if err != nil {
		return err
	}
	c.Tx.Values[c.URN] = made
	c.Set("certificateSigningRequest", made.request)
	return nil
}

// updateAuthority enables and disables an authority, which must have its certificate.
func updateAuthority(c *cloud.Call) error {
	made := AuthorityOf(c.Tx, c.ID)
	if made == nil {
		return fmt.Errorf("%s", strings.ReplaceAll(noSuchAuthority, "{value}", c.ID))
	}
	if c.Changed("usageMode") && c.OldStr("usageMode") != "" {
		c.Set("usageMode", c.OldStr("usageMode"))
	}
	if !c.Changed("enabled") {
		return nil
	}
	if !slices.Contains([]string{statusActive, statusDisabled}, made.status) {
		return fmt.Errorf(
			"InvalidStateException: The certificate authority must be in the ACTIVE or DISABLED state to be updated",
		)
	}
	made.status = statusDisabled
	if c.Bool("enabled") {
		made.status = statusActive
	}
	return nil
}
