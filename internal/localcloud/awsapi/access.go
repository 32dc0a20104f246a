// Whether policies allow a request over the wire, and AWS's texts where they do not. What cannot be
// evaluated is refused, and the refusal says so. Source: IAM user guide,
// "Troubleshoot access denied error messages".
package awsapi

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// Access is what policies decide about a call: an action on a resource.
type Access struct {
	Action   string // "s3:GetObject"
	Resource string // ARN
	Label    string // the resource as the service's errors print it; empty: the ARN
	// Context are the condition keys of this request besides those that every request has.
	Context map[string]string
	// ResourcePolicies are the texts of the policies that are attached to the resource.
	ResourcePolicies []string
	// ResourceMustAllow says that the policies of the caller's role are not enough (KMS keys).
	ResourceMustAllow bool
}

// Allow evaluates the policies and notes the call. It returns the refusal, nil if the call is
// allowed.
func (in *Request) Allow(tx *cloud.Tx, access Access) *Error {
	fault := in.Evaluate(tx, access)
	in.Note(tx, access.Action, access.Resource, fault == nil)
	return fault
}

// Evaluate evaluates the policies without a note. It returns the refusal, nil if the call is
// allowed.
func (in *Request) Evaluate(tx *cloud.Tx, access Access) *Error {
	decision, err := Evaluate(tx, in.Caller, access)
	switch {
	case err != nil:
		return NotImplemented(
			"The embedded AWS cannot evaluate %s on %s: %s. It refuses what it cannot evaluate.",
			access.Action,
			access.Resource,
			err,
		)
	case decision.Verdict == iam.Allowed:
		return nil
	}
	return in.Protocol.denied(Refusal(in.Caller.arn(in.Cloud.Account), access, decision))
}

// Evaluate gathers the policies that decide about a call and evaluates them. The error says what
// cannot be evaluated.
func Evaluate(tx *cloud.Tx, caller *RoleSession, access Access) (iam.Decision, error) {
	role := roles.RoleByARN(tx, caller.RoleARN)
	if role == nil { // deleted since the signature was checked
		return iam.Decision{Verdict: iam.ImplicitDeny, Reason: iam.IdentityPolicy}, nil
	}
	identity, err := roles.IdentityPolicies(tx, role)
	if err != nil {
		return iam.Decision{}, err
	}
	own, err := roles.ParsePolicies(access.ResourcePolicies, iam.ResourcePolicy)
	if err != nil {
		return iam.Decision{}, err
	}
	return iam.Evaluate(
		iam.Policies{Identity: identity, Resource: own, ResourceMustAllow: access.ResourceMustAllow},
		iam.Request{
			Principal: iam.Principal{
				Account:    tx.Cloud.Account,
				RoleARN:    caller.RoleARN,
				SessionARN: caller.arn(tx.Cloud.Account),
			},
			Action:   access.Action,
			Resource: access.Resource,
			Context:  requestContext(tx.Cloud, caller, role, access),
		},
	)
}

// Refusal is AWS's text where policies refuse a call.
func Refusal(caller string, access Access, decision iam.Decision) string {
	label := access.Label
	if label == "" {
		label = access.Resource
	}
	return fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s %s",
		caller,
		access.Action,
		label,
		denialReason(access.Action, decision),
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

// requestContext returns all condition keys of a request with their values.
func requestContext(c *cloud.Cloud, caller *RoleSession, role *cloud.Record, access Access) iam.Context {
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
	for key, value := range access.Context {
		context.Set(key, value)
	}
	return context
}

// AddTagKeys adds the tags of a record to a context, as condition keys of a family such as
// "aws:resourcetag/".
func AddTagKeys(context map[string]string, family string, r *cloud.Record) {
	for _, property := range []string{"tagsAll", "tags"} {
		tags, _ := r.Get(property).(map[string]any)
		for key, value := range tags {
			context[strings.ToLower(family+key)] = fmt.Sprint(value)
		}
	}
}
