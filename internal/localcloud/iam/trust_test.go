package iam

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrustPoliciesSayWhichServiceAssumesARole(t *testing.T) {
	const service = "dlm.amazonaws.com"
	trust := func(effect, field string, principal any) statement {
		return statement{"Effect": effect, field: principal, "Action": "sts:AssumeRole"}
	}
	of := func(name string) map[string]any { return map[string]any{"Service": name} }
	with := func(s statement, operator, key, value string) statement {
		s["Condition"] = map[string]any{operator: map[string]any{key: value}}
		return s
	}
	another := trust("Allow", "Principal", of(service))
	another["Action"] = "sts:TagSession"
	for name, c := range map[string]struct {
		trust []statement
		want  Verdict
	}{
		"the service": {
			trust: []statement{trust("Allow", "Principal", of(service))},
			want:  Allowed,
		},
		"another service":  {trust: []statement{trust("Allow", "Principal", of("ec2.amazonaws.com"))}},
		"another action":   {trust: []statement{another}},
		"an account":       {trust: []statement{trust("Allow", "Principal", map[string]any{"AWS": testAccount})}},
		"every AWS caller": {trust: []statement{trust("Allow", "Principal", map[string]any{"AWS": "*"})}},
		"everybody":        {trust: []statement{trust("Allow", "Principal", "*")}, want: Allowed},
		"all but another": {
			trust: []statement{trust("Allow", "NotPrincipal", of("ec2.amazonaws.com"))},
			want:  Allowed,
		},
		"all but this one": {trust: []statement{trust("Allow", "NotPrincipal", of(service))}},
		"a condition that holds": {
			trust: []statement{
				with(trust("Allow", "Principal", of(service)), "StringEquals", "aws:SourceAccount", testAccount),
			},
			want: Allowed,
		},
		"a condition that does not hold": {
			trust: []statement{
				with(trust("Allow", "Principal", of(service)), "StringEquals", "aws:SourceAccount", "210987654321"),
			},
		},
		"a deny wins": {
			trust: []statement{trust("Deny", "Principal", of(service)), trust("Allow", "Principal", of(service))},
			want:  ExplicitDeny,
		},
		"a deny wins whatever its place": {
			trust: []statement{trust("Allow", "Principal", of(service)), trust("Deny", "Principal", "*")},
			want:  ExplicitDeny,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := EvaluateTrust(documents(t, TrustPolicy, c.trust...)[0], assumeRole(service))
			require.NoError(t, err)
			assert.Equal(t, Decision{Verdict: c.want, Reason: TrustPolicy}, got)
		})
	}
	_, err := EvaluateTrust(documents(
		t,
		TrustPolicy,
		trust("Allow", "Principal", of(service)),
		with(trust("Allow", "Principal", of(service)), "StringEquals", "aws:SourceVpc", "vpc-1"),
	)[0], assumeRole(service))
	assert.ErrorContains(t, err, "aws:SourceVpc")
}

// assumeRole is the request of a service that acts for itself.
func assumeRole(service string) Request {
	return Request{
		Principal: Principal{Service: service},
		Action:    "sts:AssumeRole",
		Context:   Context{"aws:sourceaccount": testAccount},
	}
}
