// The policies that records hold: which are attached to a role, and which documents rows refuse to
// store. Package iam, which knows no records, evaluates what they allow.
package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// RequireValidPolicy refuses a document that IAM would not store; an absent one passes.
func RequireValidPolicy(path string, kind iam.Kind) cloud.Precondition {
	return func(c *cloud.Call) error {
		text := c.Str(path)
		if text == "" {
			return nil
		}
		_, err := iam.Parse(text, kind)
		return err
	}
}

// AllowsService says whether an Allow statement of a document names one of these AWS services as
// its principal.
func AllowsService(document string, services ...string) bool {
	policy, err := iam.Parse(document, iam.ResourcePolicy)
	return err == nil && policy.AllowsService(services...)
}

// ParsePolicies parses documents of records. Most were checked when they were stored, but not all.
func ParsePolicies(texts []string, kind iam.Kind) ([]iam.Document, error) {
	documents := make([]iam.Document, len(texts))
	for i, text := range texts {
		document, err := iam.Parse(text, kind)
		if err != nil {
			return nil, fmt.Errorf("a policy cannot be read: %w", err)
		}
		documents[i] = document
	}
	return documents, nil
}

// IdentityPolicies returns all policies that are attached to a role, AWS's own included. The error
// names a policy that is not known here.
func IdentityPolicies(tx *cloud.Tx, role *cloud.Record) ([]iam.Document, error) {
	if boundary := role.Str("permissionsBoundary"); boundary != "" {
		return nil, fmt.Errorf("permissions boundaries are not evaluated here, and role %s has %s", role.ID, boundary)
	}
	own := slices.Concat(roleDocuments(tx, role), documentsInRole(tx, role))
	var managed []iam.Document
	for _, arn := range append(managedPolicyARNs(role), attachedPolicyARNs(tx, role)...) {
		name, byAWS := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/")
		if !byAWS {
			continue
		}
		document, known := iam.Managed(name)
		if !known {
			return nil, fmt.Errorf(
				"what AWS's managed policy %s allows is not known here; add it to iam/managed.go",
				arn,
			)
		}
		managed = append(managed, document)
	}
	documents, err := ParsePolicies(own, iam.IdentityPolicy)
	return append(documents, managed...), err
}

// roleDocuments are the texts of the policies that other records give a role: its inline policies,
// and the account's own policies that are attached to it.
func roleDocuments(tx *cloud.Tx, role *cloud.Record) []string {
	var documents []string
	for _, inline := range tx.All("aws:iam/rolePolicy:RolePolicy") {
		if inline.Str("role") == role.ID {
			documents = append(documents, inline.Str("policy"))
		}
	}
	return append(documents, policyTexts(tx, attachedPolicyARNs(tx, role))...)
}

// documentsInRole are the texts of the policies that the role's own record names: inlinePolicies
// and managedPolicyArns.
func documentsInRole(tx *cloud.Tx, role *cloud.Record) []string {
	var documents []string
	inline, _ := role.Get("inlinePolicies").([]any)
	for _, entry := range inline {
		fields, _ := entry.(map[string]any)
		if text, ok := fields["policy"].(string); ok && text != "" {
			documents = append(documents, text)
		}
	}
	return append(documents, policyTexts(tx, managedPolicyARNs(role))...)
}

// policyTexts are the texts of the account's own policies among these.
func policyTexts(tx *cloud.Tx, arns []string) []string {
	var documents []string
	for _, arn := range arns {
		if policy := tx.Find("aws:iam/policy:Policy", "", arn); policy != nil {
			documents = append(documents, policy.Str("policy"))
		}
	}
	return documents
}

// attachedPolicyARNs are the managed policies that attachments give a role.
func attachedPolicyARNs(tx *cloud.Tx, role *cloud.Record) []string {
	var arns []string
	for _, attachment := range tx.All("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if attachment.Str("role") == role.ID {
			arns = append(arns, attachment.Str("policyArn"))
		}
	}
	return arns
}

// managedPolicyARNs are the managed policies that a role's own record names.
func managedPolicyARNs(role *cloud.Record) []string {
	arns, _ := role.Get("managedPolicyArns").([]any)
	return cloud.Strings(arns)
}

// RoleAllows says whether an Allow statement of a role's policies names an action, for whatever
// resource. managed lists AWS managed policies that allow it, by the end of their ARN.
func RoleAllows(tx *cloud.Tx, role *cloud.Record, action string, managed ...string) bool {
	for _, arn := range attachedPolicyARNs(tx, role) {
		if slices.ContainsFunc(managed, func(name string) bool { return strings.HasSuffix(arn, "/"+name) }) {
			return true
		}
	}
	return slices.ContainsFunc(roleDocuments(tx, role), func(text string) bool {
		policy, err := iam.Parse(text, iam.IdentityPolicy)
		return err == nil && policy.AllowsAction(action)
	})
}
