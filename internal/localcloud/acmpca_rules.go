// What ACM Private CA refuses of an authority, and what becomes of one.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
)

// checkSubject: at least one part of the name, and the provider's lengths.
func checkSubject(c *call) []failure {
	subject, known := c.get("certificateAuthorityConfiguration.subject").(map[string]any)
	if !known {
		return nil
	}
	var faults []failure
	if len(subject) == 0 {
		faults = append(
			faults,
			failure{"certificateAuthorityConfiguration.subject", "at least one part of the subject must be given"},
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
			faults = append(faults, failure{
				"certificateAuthorityConfiguration.subject." + part,
				fmt.Sprintf("expected length of %s to be in the range (0 - %d), got %s", part, most, s),
			})
		}
	}
	return faults
}

func checkTemplate(c *call) []failure {
	arn := c.str("templateArn")
	if arn == "" || strings.HasPrefix(arn, "arn:aws:acm-pca:::template/") {
		return nil
	}
	return []failure{
		{
			property: "templateArn",
			reason:   fmt.Sprintf("%q (%s) is not a valid ACM PCA template ARN", "templateArn", arn),
		},
	}
}

// createAuthority makes the key and the signing request; they wait under the URN until the
// authority has its id.
func createAuthority(c *call) error {
	made, err := newAuthority(c.str("certificateAuthorityConfiguration.keyAlgorithm"),
		c.str("certificateAuthorityConfiguration.signingAlgorithm"), c.get("certificateAuthorityConfiguration.subject"))
	if err != nil {
		return err
	}
	c.tx.values[c.urn] = made
	c.set("certificateSigningRequest", made.request)
	return nil
}

// updateAuthority switches an authority on and off; only one that has its certificate can be.
func updateAuthority(c *call) error {
	made := c.tx.authorityOf(c.id)
	if made == nil {
		return fmt.Errorf("%s", strings.ReplaceAll(noSuchAuthority, "{value}", c.id))
	}
	if c.changed("usageMode") && c.was("usageMode") != "" {
		c.set("usageMode", c.was("usageMode"))
	}
	if !c.changed("enabled") {
		return nil
	}
	if !slices.Contains([]string{statusActive, statusDisabled}, made.status) {
		return fmt.Errorf(
			"InvalidStateException: The certificate authority must be in the ACTIVE or DISABLED state to be updated",
		)
	}
	made.status = statusDisabled
	if c.yes("enabled") {
		made.status = statusActive
	}
	return nil
}
