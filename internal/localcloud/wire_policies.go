// Whether policies let a request pass: those of the caller's role and those of the resource. An
// explicit deny wins; then one of them must allow. What cannot be judged here is refused, and the
// refusal says so. Sources: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements:
// Principal" and "Troubleshoot access denied error messages"; KMS developer guide, "Key policies in
// AWS KMS" (a key's policy must allow too: the caller itself, or its account, which leaves it to
// IAM).
package localcloud

import (
	"fmt"
	"slices"
	"strings"
)

// access is what a call wants to do.
type access struct {
	action   string // "s3:GetObject"
	resource string // ARN
	shown    string // the resource as the service's refusals show it; empty: the ARN
	// context are the condition keys of this request beside those that every request has, lower
	// case; a key that is not there is absent.
	context map[string]string
	// own are the texts of the resource's own policies.
	own []string
	// mustOwn: an allowance by the caller's role alone is not enough (KMS keys).
	mustOwn bool
}

// verdict is what one kind of policies says of a request.
type verdict struct {
	denied    bool
	allowed   bool // to the caller itself
	delegated bool // to the caller's account: its identity policies decide
}

// allow asks the policies, and notes the call. Call it with the lock held.
func (in *wireRequest) allow(ask access) *apiError {
	fault := in.judge(ask)
	in.note(ask.action, ask.resource, fault == nil)
	return fault
}

// judge asks the policies. Call it with the lock held.
func (in *wireRequest) judge(ask access) *apiError {
	reason, err := in.cloud.judgeAccess(in.caller, ask)
	if err != nil {
		return notImplemented(
			"The embedded AWS cannot judge %s on %s: %s. It refuses what it cannot judge.",
			ask.action,
			ask.resource,
			err,
		)
	}
	if reason == "" {
		return nil
	}
	return in.protocol.denied(refusal(in.caller.arn(in.cloud.Account), ask, reason))
}

// refusal is AWS's text of a refusal.
func refusal(caller string, ask access, reason string) string {
	shown := ask.shown
	if shown == "" {
		shown = ask.resource
	}
	return fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s %s",
		caller,
		ask.action,
		shown,
		reason,
	)
}

// judgeAccess says why a request is refused, "" where it passes; err: what cannot be judged.
func (c *Cloud) judgeAccess(caller *session, ask access) (reason string, err error) {
	role := c.roleByARN(caller.roleARN)
	if role == nil { // deleted since the signature was checked
		return "because no identity-based policy allows the " + ask.action + " action", nil
	}
	documents, err := c.identityPolicies(role)
	if err != nil {
		return "", err
	}
	request := evaluation{
		caller:  caller,
		ask:     ask,
		account: c.Account,
		context: c.requestContext(caller, role, ask),
	}
	identity, err := request.verdict(documents, identityPolicy)
	if err != nil {
		return "", err
	}
	own, err := request.verdict(ask.own, resourcePolicy)
	if err != nil {
		return "", err
	}
	switch {
	case identity.denied:
		return "with an explicit deny in an identity-based policy", nil
	case own.denied:
		return "with an explicit deny in a resource-based policy", nil
	case own.allowed, identity.allowed && !ask.mustOwn, identity.allowed && own.delegated:
		return "", nil
	case ask.mustOwn && !own.delegated:
		return "because no resource-based policy allows the " + ask.action + " action", nil
	}
	return "because no identity-based policy allows the " + ask.action + " action", nil
}

// identityPolicies are the texts of all that is attached to a role, AWS's own included.
func (c *Cloud) identityPolicies(role *Record) ([]string, error) {
	if boundary := role.str("permissionsBoundary"); boundary != "" {
		return nil, fmt.Errorf("permissions boundaries are not evaluated here, and role %s has %s", role.ID, boundary)
	}
	documents := c.roleDocuments(role)
	inline, _ := role.Get("inlinePolicies").([]any)
	for _, entry := range inline {
		fields, _ := entry.(map[string]any)
		if text, ok := fields["policy"].(string); ok && text != "" {
			documents = append(documents, text)
		}
	}
	attached, _ := role.Get("managedPolicyArns").([]any)
	arns := oneOrMany(attached)
	for _, attachment := range c.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if attachment.str("role") == role.ID {
			arns = append(arns, attachment.str("policyArn"))
		}
	}
	for _, arn := range arns {
		name, byAWS := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/")
		if !byAWS {
			if own := c.find(
				"aws:iam/policy:Policy",
				"",
				arn,
			); own != nil &&
				slices.Contains(oneOrMany(attached), arn) {
				documents = append(documents, own.str("policy"))
			}
			continue
		}
		text, known := managedDocuments[name]
		if !known {
			return nil, fmt.Errorf(
				"what AWS's managed policy %s allows is not known here; add it to wire_managed.go",
				arn,
			)
		}
		documents = append(documents, text)
	}
	return documents, nil
}

// evaluation is one request against policies.
type evaluation struct {
	caller  *session
	ask     access
	account string
	context map[string]string
}

func (e evaluation) verdict(documents []string, kind policyKind) (verdict, error) {
	var found verdict
	for _, text := range documents {
		policy, err := readPolicy(text, kind)
		if err != nil {
			return found, fmt.Errorf("a policy cannot be read: %w", err)
		}
		for _, s := range policy.Statements {
			named, direct, err := e.names(s, kind)
			if err != nil {
				return found, err
			}
			if !named || !e.covers(s) {
				continue
			}
			holds, err := e.holds(s, text)
			switch {
			case err != nil:
				return found, err
			case !holds:
			case s.Effect == "Deny":
				found.denied = true
			case direct:
				found.allowed = true
			default:
				found.delegated = true
			}
		}
	}
	return found, nil
}

// names says whether a statement speaks of the caller, and of it directly or by its account.
func (e evaluation) names(s policyStatement, kind policyKind) (named, direct bool, err error) {
	if kind == identityPolicy {
		return true, true, nil
	}
	if s.notPrincipal {
		return false, false, fmt.Errorf("NotPrincipal is not evaluated here")
	}
	if len(s.Principals["*"]) > 0 {
		return true, true, nil
	}
	for _, principal := range s.Principals["AWS"] {
		switch principal {
		case "*", e.caller.roleARN, e.caller.arn(e.account):
			return true, true, nil
		case e.account, "arn:aws:iam::" + e.account + ":root":
			named = true
		}
	}
	return named, false, nil
}

// covers says whether a statement's actions and resources are those of the request. Policies of a
// resource that leave the resource out mean it.
func (e evaluation) covers(s policyStatement) bool {
	action := slices.ContainsFunc(s.Actions, func(p string) bool {
		return glob(strings.ToLower(p), strings.ToLower(e.ask.action))
	})
	resource := len(s.Resources) == 0 ||
		slices.ContainsFunc(s.Resources, func(p string) bool { return glob(p, e.ask.resource) })
	return action != s.notAction && resource != s.notResource
}

// glob compares with a pattern in which * is any text, also none, and ? any one character.
func glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
