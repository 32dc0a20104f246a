// Whether a request over the wire passes: what the policies decide, in the words of AWS's refusals.
// What cannot be evaluated is refused, and the refusal says so. Source: IAM user guide,
// "Troubleshoot access denied error messages".
package awsapi

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// Access is what a call needs to be allowed.
type Access struct {
	Action   string // "s3:GetObject"
	Resource string // ARN
	Label    string // the resource as the service's refusals print it; empty: the ARN
	// Context are the condition keys of this request besides those that every request has; a key that
	// is not there is absent.
	Context map[string]string
	// ResourcePolicies are the texts of the resource's own policies.
	ResourcePolicies []string
	// ResourceMustAllow: an allowance by the caller's role alone is not enough (KMS keys).
	ResourceMustAllow bool
}

// Allow asks the policies, and notes the call.
func (in *Request) Allow(tx *cloud.Tx, ask Access) *Error {
	fault := in.Evaluate(tx, ask)
	in.Note(tx, ask.Action, ask.Resource, fault == nil)
	return fault
}

// Evaluate asks the policies.
func (in *Request) Evaluate(tx *cloud.Tx, ask Access) *Error {
	decision, err := Evaluate(tx, in.Caller, ask)
	switch {
	case err != nil:
		return NotImplemented(
			"The embedded AWS cannot judge %s on %s: %s. It refuses what it cannot judge.",
			ask.Action,
			ask.Resource,
			err,
		)
	case decision.Verdict == iam.Allowed:
		return nil
	}
	return in.Protocol.denied(Refusal(in.Caller.arn(in.Cloud.Account), ask, decision))
}

// Evaluate gathers the policies that decide about a request, and evaluates them; the error says what
// cannot be evaluated.
func Evaluate(tx *cloud.Tx, caller *RoleSession, ask Access) (iam.Decision, error) {
	role := roles.RoleByARN(tx, caller.RoleARN)
	if role == nil { // deleted since the signature was checked
		return iam.Decision{Verdict: iam.ImplicitDeny, Reason: iam.IdentityPolicy}, nil
	}
	identity, err := roles.IdentityPolicies(tx, role)
	if err != nil {
		return iam.Decision{}, err
	}
	own, err := roles.ParsePolicies(ask.ResourcePolicies, iam.ResourcePolicy)
	if err != nil {
		return iam.Decision{}, err
	}
	return iam.Evaluate(
		iam.Policies{Identity: identity, Resource: own, ResourceMustAllow: ask.ResourceMustAllow},
		iam.Request{
			Principal: iam.Principal{
				Account:    tx.Cloud.Account,
				RoleARN:    caller.RoleARN,
				SessionARN: caller.arn(tx.Cloud.Account),
			},
			Action:   ask.Action,
			Resource: ask.Resource,
			Context:  requestContext(tx.Cloud, caller, role, ask),
		},
	)
}

// Refusal is AWS's text of a refusal.
func Refusal(caller string, ask Access, decision iam.Decision) string {
	label := ask.Label
	if label == "" {
		label = ask.Resource
	}
	return fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s %s",
		caller,
		ask.Action,
		label,
		denialReason(ask.Action, decision),
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
func requestContext(c *cloud.Cloud, caller *RoleSession, role *cloud.Record, ask Access) iam.Context {
	context := iam.Context{
		"aws:principalarn":          caller.RoleARN,
		"aws:principalaccount":      c.Account,
		"aws:principaltype":         "AssumedRole",
		"aws:principalisawsservice": "false",
		"aws:userid":                caller.RoleUniqueID + ":" + caller.Name,
		"aws:requestedregion":       c.Region,
		"aws:resourceaccount":       c.Account,
		"aws:securetransport":       "true", // see ServeAPI
		"aws:viaawsservice":         "false",
	}
	AddTagKeys(context, "aws:principaltag/", role)
	for key, value := range ask.Context {
		context.Set(key, value)
	}
	return context
}

// AddTagKeys adds the tags of a record under a family of condition keys.
func AddTagKeys(context map[string]string, family string, r *cloud.Record) {
	for _, property := range []string{"tagsAll", "tags"} {
		tags, _ := r.Get(property).(map[string]any)
		for key, value := range tags {
			context[strings.ToLower(family+key)] = fmt.Sprint(value)
		}
	}
}
