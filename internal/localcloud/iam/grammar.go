// What IAM refuses to store, in its own words.
package iam

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// malformed is a refusal in IAM's own words. Services that store policies replace the code.
func malformed(format string, values ...any) error {
	return fmt.Errorf("MalformedPolicyDocument: "+format, values...)
}

var errSyntax = malformed("Syntax errors in policy.")

// actionPattern is "*" or "vendor:Action" with wildcards in the action.
var actionPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)

// validate refuses a statement that IAM does not store in a policy of this kind.
func (s Statement) validate(kind Kind) error {
	if s.Effect != Allow && s.Effect != Deny {
		return malformed("Syntax error: Invalid effect: %s", s.Effect)
	}
	if len(s.Actions) == 0 {
		return malformed("Policy statement must contain actions.")
	}
	for _, action := range s.Actions {
		if !actionPattern.MatchString(action) {
			return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		}
	}
	switch {
	case kind == IdentityPolicy:
		return s.validateIdentity()
	case kind == TrustPolicy && len(s.Resources) > 0:
		return malformed("Has prohibited field Resource")
	case s.Principals == nil:
		return malformed("Missing required field Principal")
	}
	return nil
}

func (s Statement) validateIdentity() error {
	if s.Principals != nil {
		return malformed("Policy document should not specify a principal.")
	}
	if len(s.Resources) == 0 {
		return malformed("Policy statement must contain resources.")
	}
	for _, resource := range s.Resources {
		if resource != "*" && !strings.HasPrefix(resource, "arn:") {
			return malformed("Resource %s must be in ARN format or \"*\".", resource)
		}
	}
	return nil
}

// Size is the length of a policy's text in characters as quotas count it: white space is free.
//
// Source: IAM user guide, "IAM and STS quotas".
func Size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
