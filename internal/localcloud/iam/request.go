// Requests and their callers, as policies see them.
package iam

import (
	"fmt"
	"slices"
	"strings"
)

// Request is one call that policies decide about.
type Request struct {
	Principal Principal
	Action    string // "s3:GetObject"
	Resource  string // the ARN of what the action touches
	Context   Context
}

// Principal is whoever makes a request: a session of a role, which has an account and two ARNs, or
// an AWS service that assumes a role, which has a name alone.
type Principal struct {
	Account    string // "123456789012"
	RoleARN    string // "arn:aws:iam::123456789012:role/app"
	SessionARN string // "arn:aws:sts::123456789012:assumed-role/app/session"
	Service    string // "ec2.amazonaws.com"
}

// Context are the condition keys of a request, in lower case, with their values. A known key that
// is not in it is absent, as in AWS: "Null" finds it so.
type Context map[string]string

// Set adds a key in whatever case it is written.
func (c Context) Set(key, value string) { c[strings.ToLower(key)] = value }

// naming is how a statement names a principal.
type naming int

const (
	unnamed naming = iota
	byAccount
	directly
)

// session says how a statement of a resource policy names a session of a role.
//
// Source: IAM user guide, "IAM JSON policy elements: Principal".
func (p Principal) session(s Statement) (naming, error) {
	if s.NotPrincipal {
		return unnamed, fmt.Errorf("NotPrincipal is not evaluated here")
	}
	if len(s.Principals["*"]) > 0 {
		return directly, nil
	}
	found := unnamed
	for _, name := range s.Principals["AWS"] {
		switch name {
		case "*", p.RoleARN, p.SessionARN:
			return directly, nil
		case p.Account, "arn:aws:iam::" + p.Account + ":root":
			found = byAccount
		}
	}
	return found, nil
}

// service says whether a statement of a trust policy names a service.
func (p Principal) service(s Statement) bool {
	named := slices.Contains(s.Principals["Service"], p.Service) || len(s.Principals["*"]) > 0
	return named != s.NotPrincipal
}
