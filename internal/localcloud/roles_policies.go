// The policies that records hold: which documents are attached to a role, and what rows refuse of a
// document before they store it. What a policy allows is evaluated in package iam.
package localcloud

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// needsPolicy refuses a document that IAM would not store; an absent one passes.
func needsPolicy(path string, kind iam.Kind) judgement {
	return func(c *call) error {
		text := c.str(path)
		if text == "" {
			return nil
		}
		_, err := iam.Parse(text, kind)
		return err
	}
}

// allowsService says whether a document names an AWS service in an Allow statement.
func allowsService(document string, services ...string) bool {
	policy, err := iam.Parse(document, iam.ResourcePolicy)
	return err == nil && policy.AllowsService(services...)
}

// parsePolicies parses documents that were valid when their rows took them, or were never looked at.
func parsePolicies(texts []string, kind iam.Kind) ([]iam.Document, error) {
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

// identityPolicies are all policies that are attached to a role, AWS's own included.
func (tx *Tx) identityPolicies(role *Record) ([]iam.Document, error) {
	if boundary := role.str("permissionsBoundary"); boundary != "" {
		return nil, fmt.Errorf("permissions boundaries are not evaluated here, and role %s has %s", role.ID, boundary)
	}
	own := slices.Concat(tx.roleDocuments(role), tx.documentsInRole(role))
	var managed []iam.Document
	for _, arn := range append(managedPolicyARNs(role), tx.attachedPolicyARNs(role)...) {
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
	documents, err := parsePolicies(own, iam.IdentityPolicy)
	return append(documents, managed...), err
}

// roleDocuments are the texts of the policies that other records give a role: its inline policies,
// and the account's own policies that are attached to it.
func (tx *Tx) roleDocuments(role *Record) []string {
	var documents []string
	for _, inline := range tx.all("aws:iam/rolePolicy:RolePolicy") {
		if inline.str("role") == role.ID {
			documents = append(documents, inline.str("policy"))
		}
	}
	return append(documents, tx.policyTexts(tx.attachedPolicyARNs(role))...)
}

// documentsInRole are the texts of the policies that the role's own record names: inlinePolicies and
// managedPolicyArns.
func (tx *Tx) documentsInRole(role *Record) []string {
	var documents []string
	inline, _ := role.Get("inlinePolicies").([]any)
	for _, entry := range inline {
		fields, _ := entry.(map[string]any)
		if text, ok := fields["policy"].(string); ok && text != "" {
			documents = append(documents, text)
		}
	}
	return append(documents, tx.policyTexts(managedPolicyARNs(role))...)
}

// policyTexts are the texts of the account's own policies among these.
func (tx *Tx) policyTexts(arns []string) []string {
	var documents []string
	for _, arn := range arns {
		if policy := tx.find("aws:iam/policy:Policy", "", arn); policy != nil {
			documents = append(documents, policy.str("policy"))
		}
	}
	return documents
}

// attachedPolicyARNs are the managed policies that attachments give a role.
func (tx *Tx) attachedPolicyARNs(role *Record) []string {
	var arns []string
	for _, attachment := range tx.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if attachment.str("role") == role.ID {
			arns = append(arns, attachment.str("policyArn"))
		}
	}
	return arns
}

// managedPolicyARNs are the managed policies that a role's own record names.
func managedPolicyARNs(role *Record) []string {
	arns, _ := role.Get("managedPolicyArns").([]any)
	return texts(arns)
}

// roleAllows says whether a policy of a role names an action in an Allow statement, on whatever
// resource; managed lists AWS managed policies, by the end of their ARN, that do.
func (tx *Tx) roleAllows(role *Record, action string, managed ...string) bool {
	for _, arn := range tx.attachedPolicyARNs(role) {
		if slices.ContainsFunc(managed, func(name string) bool { return strings.HasSuffix(arn, "/"+name) }) {
			return true
		}
	}
	return slices.ContainsFunc(tx.roleDocuments(role), func(text string) bool {
		policy, err := iam.Parse(text, iam.IdentityPolicy)
		return err == nil && policy.AllowsAction(action)
	})
}
