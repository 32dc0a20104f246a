package iam

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testAccount = "123456789012"
	testRole    = "arn:aws:iam::123456789012:role/app"
	testSession = "arn:aws:sts::123456789012:assumed-role/app/s-1"
	testObject  = "arn:aws:s3:::data-1/configuration/1/nats.conf"
)

// statement is one of a policy's, as its text has it.
type statement map[string]any

func allow(action, resource any) statement {
	return statement{"Effect": "Allow", "Action": action, "Resource": resource}
}

func deny(action, resource any) statement {
	return statement{"Effect": "Deny", "Action": action, "Resource": resource}
}

func text(t *testing.T, statements ...statement) string {
	t.Helper()
	encoded, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	require.NoError(t, err)
	return string(encoded)
}

// documents is a policy of these statements; without statements there is none.
func documents(t *testing.T, kind Kind, statements ...statement) []Document {
	t.Helper()
	if len(statements) == 0 {
		return nil
	}
	document, err := Parse(text(t, statements...), kind)
	require.NoError(t, err)
	return []Document{document}
}

// readObject is a session's request for an object.
func readObject(context Context) Request {
	return Request{
		Principal: Principal{Account: testAccount, RoleARN: testRole, SessionARN: testSession},
		Action:    "s3:GetObject",
		Resource:  testObject,
		Context:   context,
	}
}

func TestPoliciesAreEvaluated(t *testing.T) {
	of := func(principal any) statement {
		return statement{"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*"}
	}
	everyone := statement{
		"Effect":    "Deny",
		"Principal": "*",
		"Action":    "s3:GetObject",
		"Resource":  "arn:aws:s3:::data-1/*",
	}
	account := map[string]any{"AWS": "arn:aws:iam::123456789012:root"}
	for name, c := range map[string]struct {
		identity  []statement
		resource  []statement
		mustAllow bool
		want      Decision
	}{
		"nothing": {
			want: Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"allowed": {
			identity: []statement{allow("s3:GetObject", "arn:aws:s3:::data-1/configuration/*")},
			want:     Decision{Verdict: Allowed, Reason: IdentityPolicy},
		},
		"wildcards in the action": {
			identity: []statement{allow("S3:get*", testObject)},
			want:     Decision{Verdict: Allowed, Reason: IdentityPolicy},
		},
		"another action": {
			identity: []statement{allow("s3:PutObject", "*")},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"another resource": {
			identity: []statement{allow("s3:GetObject", "arn:aws:s3:::data-1/nats-server/*")},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"a bucket is not its objects": {
			identity: []statement{allow("s3:*", "arn:aws:s3:::data-1")},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"deny wins": {
			identity: []statement{allow("*", "*"), deny("s3:*", testObject)},
			want:     Decision{Verdict: ExplicitDeny, Reason: IdentityPolicy},
		},
		"not action": {
			identity: []statement{{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}},
			want:     Decision{Verdict: Allowed, Reason: IdentityPolicy},
		},
		"not this action": {
			identity: []statement{{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"not resource": {
			identity: []statement{{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data-1/*"}},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"bucket policy denies": {
			identity: []statement{allow("*", "*")},
			resource: []statement{everyone},
			want:     Decision{Verdict: ExplicitDeny, Reason: ResourcePolicy},
		},
		"bucket policy allows the role": {
			resource: []statement{of(map[string]any{"AWS": testRole})},
			want:     Decision{Verdict: Allowed, Reason: ResourcePolicy},
		},
		"bucket policy allows another": {
			resource: []statement{of(map[string]any{"AWS": "arn:aws:iam::123456789012:role/other"})},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"the account is not the role": {
			resource: []statement{of(account)},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"a service is not the role": {
			resource: []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})},
			want:     Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"key policy is silent": {
			identity:  []statement{allow("*", "*")},
			resource:  []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})},
			mustAllow: true,
			want:      Decision{Verdict: ImplicitDeny, Reason: ResourcePolicy},
		},
		"key policy leaves it to IAM": {
			identity:  []statement{allow("*", "*")},
			resource:  []statement{of(account)},
			mustAllow: true,
			want:      Decision{Verdict: Allowed, Reason: IdentityPolicy},
		},
		"and IAM is silent": {
			resource:  []statement{of(account)},
			mustAllow: true,
			want:      Decision{Verdict: ImplicitDeny, Reason: IdentityPolicy},
		},
		"key policy names the role": {
			resource:  []statement{of(map[string]any{"AWS": testRole})},
			mustAllow: true,
			want:      Decision{Verdict: Allowed, Reason: ResourcePolicy},
		},
		"bucket policy allows the session": {
			resource: []statement{of(map[string]any{"AWS": []any{testRole + "2", testSession}})},
			want:     Decision{Verdict: Allowed, Reason: ResourcePolicy},
		},
		"an account by its number": {
			identity:  []statement{allow("*", "*")},
			resource:  []statement{of(map[string]any{"AWS": testAccount})},
			mustAllow: true,
			want:      Decision{Verdict: Allowed, Reason: IdentityPolicy},
		},
		"a resource policy without resources means its own": {
			resource: []statement{{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}},
			want:     Decision{Verdict: Allowed, Reason: ResourcePolicy},
		},
		"a deny in both": {
			identity: []statement{allow("*", "*"), deny("*", "*")},
			resource: []statement{everyone},
			want:     Decision{Verdict: ExplicitDeny, Reason: IdentityPolicy},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Evaluate(Policies{
				Identity:          documents(t, IdentityPolicy, c.identity...),
				Resource:          documents(t, ResourcePolicy, c.resource...),
				ResourceMustAllow: c.mustAllow,
			}, readObject(nil))
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

// A statement that cannot be evaluated is an error also where others allow or deny.
func TestWhatCannotBeEvaluatedIsAnError(t *testing.T) {
	when := func(operator, key, value string) statement {
		s := allow("*", "*")
		s["Condition"] = map[string]any{operator: map[string]any{key: value}}
		return s
	}
	for want, s := range map[string]statement{
		`the condition operator "DateGreaterThan"`:       when("DateGreaterThan", "aws:PrincipalArn", "2026"),
		`the condition operator "ForAnyValue:ArnEquals"`: when("ForAnyValue:ArnEquals", "aws:PrincipalArn", "x"),
		`the condition operator "NullIfExists"`:          when("NullIfExists", "aws:PrincipalArn", "true"),
		`the condition key "aws:SourceVpce"`:             when("StringEquals", "aws:SourceVpce", "vpce-1"),
		`policy variables are not evaluated here, and a statement has "${aws:userid}"`: when(
			"StringEquals", "aws:PrincipalArn", "${aws:userid}",
		),
		"policy variables are not": {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}"},
	} {
		decision, err := Evaluate(
			Policies{Identity: documents(t, IdentityPolicy, allow("*", "*"), deny("*", "*"), s)},
			readObject(nil),
		)
		assert.ErrorContains(t, err, want, want)
		assert.NotEqual(t, Allowed, decision.Verdict)
	}
	_, err := Evaluate(Policies{
		Identity: documents(t, IdentityPolicy, allow("*", "*")),
		Resource: documents(t, ResourcePolicy, statement{
			"Effect":       "Deny",
			"NotPrincipal": map[string]any{"AWS": testRole},
			"Action":       "*",
			"Resource":     "*",
		}),
	}, readObject(nil))
	assert.ErrorContains(t, err, "NotPrincipal")
}

func TestWhatDoesNotConcernARequestIsNotEvaluated(t *testing.T) {
	other := allow("s3:PutObject", "*")
	other["Condition"] = map[string]any{"DateGreaterThan": map[string]any{"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
	decision, err := Evaluate(
		Policies{Identity: documents(t, IdentityPolicy, other, allow("s3:GetObject", "*"))},
		readObject(nil),
	)
	require.NoError(t, err)
	assert.Equal(t, Allowed, decision.Verdict)
}

func TestManagedPoliciesAllowTheirActions(t *testing.T) {
	document, known := Managed("service-role/AWSLambdaVPCAccessExecutionRole")
	require.True(t, known)
	request := readObject(nil)
	request.Action, request.Resource = "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:a"
	decision, err := Evaluate(Policies{Identity: []Document{document}}, request)
	require.NoError(t, err)
	assert.Equal(t, Decision{Verdict: Allowed, Reason: IdentityPolicy}, decision)
	_, known = Managed("AdministratorAccess")
	assert.False(t, known)
}
