// Whether a request over the wire passes: what the policies decide, in the words of AWS's refusals.
// What cannot be evaluated is refused, and the refusal says so. Source: IAM user guide,
// "Troubleshoot access denied error messages".
package localcloud

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// access is what a call needs to be allowed.
type access struct {
	action   string // "s3:GetObject"
	resource string // ARN
	label    string // the resource as the service's refusals print it; empty: the ARN
	// context are the condition keys of this request besides those that every request has; a key that
	// is not there is absent.
	context map[string]string
	// own are the texts of the resource's own policies.
	own []string
	// mustOwn: an allowance by the caller's role alone is not enough (KMS keys).
	mustOwn bool
}

// allow asks the policies, and notes the call.
func (in *wireRequest) allow(tx *Tx, ask access) *apiError {
	fault := in.evaluate(tx, ask)
	in.note(tx, ask.action, ask.resource, fault == nil)
	return fault
}

// evaluate asks the policies.
func (in *wireRequest) evaluate(tx *Tx, ask access) *apiError {
	decision, err := tx.evaluate(in.caller, ask)
	switch {
	case err != nil:
		return notImplemented(
			"The embedded AWS cannot judge %s on %s: %s. It refuses what it cannot judge.",
			ask.action,
			ask.resource,
			err,
		)
	case decision.Verdict == iam.Allowed:
		return nil
	}
	return in.protocol.denied(refusal(in.caller.arn(in.cloud.Account), ask, decision))
}

// evaluate gathers the policies that decide about a request, and evaluates them; the error says what
// cannot be evaluated.
func (tx *Tx) evaluate(caller *roleSession, ask access) (iam.Decision, error) {
	role := tx.roleByARN(caller.roleARN)
	if role == nil { // deleted since the signature was checked
		return iam.Decision{Verdict: iam.ImplicitDeny, Reason: iam.IdentityPolicy}, nil
	}
	identity, err := tx.identityPolicies(role)
	if err != nil {
		return iam.Decision{}, err
	}
	own, err := parsePolicies(ask.own, iam.ResourcePolicy)
	if err != nil {
		return iam.Decision{}, err
	}
	return iam.Evaluate(
		iam.Policies{Identity: identity, Resource: own, ResourceMustAllow: ask.mustOwn},
		iam.Request{
			Principal: iam.Principal{
				Account:    tx.cloud.Account,
				RoleARN:    caller.roleARN,
				SessionARN: caller.arn(tx.cloud.Account),
			},
			Action:   ask.action,
			Resource: ask.resource,
			Context:  tx.cloud.requestContext(caller, role, ask),
		},
	)
}

// refusal is AWS's text of a refusal.
func refusal(caller string, ask access, decision iam.Decision) string {
	label := ask.label
	if label == "" {
		label = ask.resource
	}
	return fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s %s",
		caller,
		ask.action,
		label,
		denialReason(ask.action, decision),
	)
}

// denialReason is the end of AWS's text: which kind of policy denies or does not allow.
func denialReason(action string, decision iam.Decision) string {
	article, kind := "an", "identity-based"
	if decision.Reason == iam.ResourcePolicy {
		article, kind = "a", "resource-based"
	}
	if decision.Verdict == iam.ExplicitDeny {
		return "with an explicit deny in " + article + " " + kind + " policy"
	}
	return "because no " + kind + " policy allows the " + action + " action"
}

// requestContext are the values of all condition keys that a request has.
func (c *Cloud) requestContext(caller *roleSession, role *Record, ask access) iam.Context {
	context := iam.Context{
		"aws:principalarn":          caller.roleARN,
		"aws:principalaccount":      c.Account,
		"aws:principaltype":         "AssumedRole",
		"aws:principalisawsservice": "false",
		"aws:userid":                caller.unique + ":" + caller.name,
		"aws:requestedregion":       c.Region,
		"aws:resourceaccount":       c.Account,
		"aws:securetransport":       "true", // see ServeAPI
		"aws:viaawsservice":         "false",
	}
	tagKeys(context, "aws:principaltag/", role)
	for key, value := range ask.context {
		context.Set(key, value)
	}
	return context
}

// tagKeys adds the tags of a record under a family of condition keys.
func tagKeys(context map[string]string, family string, r *Record) {
	for _, property := range []string{"tagsAll", "tags"} {
		tags, _ := r.Get(property).(map[string]any)
		for key, value := range tags {
			context[strings.ToLower(family+key)] = fmt.Sprint(value)
		}
	}
}
