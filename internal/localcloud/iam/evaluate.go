// Package iam evaluates AWS policies: documents and a request in, a verdict out. It holds no state,
// reads no clock and calls nothing; callers gather the documents and word the refusal.
//
// It evaluates identity, resource and trust policies. It evaluates no permissions boundary, session
// policy, endpoint policy or organisation policy, no policy variable, no NotPrincipal of a resource
// policy, and only the operators and keys of its tables. What it cannot evaluate is an error and
// never a guess, also where another statement decides.
//
// Sources: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements: Principal",
// "IAM JSON policy elements: Condition operators" and "Grammar of the IAM JSON policy language".
package iam

// Policies are all documents that decide about one request.
type Policies struct {
	Identity []Document // what is attached to the caller's role
	Resource []Document // what is attached to the resource
	// ResourceMustAllow says that the identity policies alone are not enough: a resource policy
	// must allow the caller, or its account, which leaves the decision to the identity policies.
	// KMS keys are such resources (KMS developer guide, "Key policies in AWS KMS").
	ResourceMustAllow bool
}

// Verdict is what policies decide. The zero value denies.
type Verdict int

const (
	// ImplicitDeny means that no policy allows the request.
	ImplicitDeny Verdict = iota
	// ExplicitDeny means that a statement denies the request, whatever others allow.
	ExplicitDeny
	// Allowed means that the request passes.
	Allowed
)

// Decision is a verdict and its reason.
type Decision struct {
	Verdict Verdict
	// Reason is the kind of policy that decides: the kind that allows, that denies explicitly, or
	// that should allow and does not.
	Reason Kind
}

// Evaluate decides about a request of a role's session. An explicit deny wins; without one,
// identity or resource policies must allow. The error says what is not evaluated here, and the
// Decision then is a denial.
//
// Source: IAM user guide, "Policy evaluation logic".
func Evaluate(policies Policies, request Request) (Decision, error) {
	identity, err := identityFindings(policies.Identity, request)
	if err != nil {
		return Decision{}, err
	}
	resource, err := resourceFindings(policies.Resource, request)
	if err != nil {
		return Decision{}, err
	}
	mustAllow := policies.ResourceMustAllow
	switch {
	case identity.denies:
		return Decision{Verdict: ExplicitDeny, Reason: IdentityPolicy}, nil
	case resource.denies:
		return Decision{Verdict: ExplicitDeny, Reason: ResourcePolicy}, nil
	case resource.allows:
		return Decision{Verdict: Allowed, Reason: ResourcePolicy}, nil
	case identity.allows && (!mustAllow || resource.delegates):
		return Decision{Verdict: Allowed, Reason: IdentityPolicy}, nil
	case mustAllow && !resource.delegates:
		return Decision{Verdict: ImplicitDeny, Reason: ResourcePolicy}, nil
	}
	return Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy}, nil
}

// EvaluateTrust decides whether a role's trust policy lets a service assume the role; the request
// names the service. Statements after an explicit deny are not looked at.
//
// Source: IAM user guide, "The confused deputy problem".
func EvaluateTrust(trust Document, request Request) (Decision, error) {
	decision := Decision{Verdict: ImplicitDeny, Reason: TrustPolicy}
	for _, s := range trust.Statements {
		if !s.covers(request) || !request.Principal.service(s) {
			continue
		}
		holds, err := s.holds(request.Context)
		switch {
		case err != nil:
			return Decision{Verdict: ImplicitDeny, Reason: TrustPolicy}, err
		case holds && s.Effect == Deny:
			return Decision{Verdict: ExplicitDeny, Reason: TrustPolicy}, nil
		case holds:
			decision.Verdict = Allowed
		}
	}
	return decision, nil
}

// findings are what the policies of one kind say about a request.
type findings struct {
	denies    bool
	allows    bool // the caller itself
	delegates bool // allows the caller's account: its identity policies decide
}

func identityFindings(documents []Document, request Request) (findings, error) {
	return find(documents, request, func(Statement) (naming, error) { return directly, nil })
}

func resourceFindings(documents []Document, request Request) (findings, error) {
	return find(documents, request, request.Principal.session)
}

// find looks at every statement, also after a deny: one that cannot be evaluated is an error.
func find(documents []Document, request Request, names func(Statement) (naming, error)) (findings, error) {
	var found findings
	for _, document := range documents {
		for _, s := range document.Statements {
			named, err := names(s)
			if err != nil {
				return found, err
			}
			if named == unnamed || !s.covers(request) {
				continue
			}
			holds, err := s.holds(request.Context)
			switch {
			case err != nil:
				return found, err
			case !holds:
			case s.Effect == Deny:
				found.denies = true
			case named == directly:
				found.allows = true
			default:
				found.delegates = true
			}
		}
	}
	return found, nil
}
