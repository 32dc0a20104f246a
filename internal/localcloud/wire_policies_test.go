package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testRole   = "arn:aws:iam::123456789012:role/app"
	testObject = "arn:aws:s3:::data-1/configuration/1/nats.conf"
)

// judged is what policies say of reading an object.
func judged(
	t *testing.T,
	context map[string]string,
	mustOwn bool,
	own string,
	statements ...statement,
) (string, error) {
	t.Helper()
	w := newWired(t)
	w.role("app", statements...)
	caller := &session{
		role:    "app",
		roleARN: testRole,
		name:    "s-1",
		unique:  "AROA1",
	}
	ask := access{
		action:   "s3:GetObject",
		resource: testObject,
		context:  context,
		mustOwn:  mustOwn,
	}
	if own != "" {
		ask.own = []string{own}
	}
	return w.judgeAccess(caller, ask)
}

const (
	notByIdentity = "because no identity-based policy allows the s3:GetObject action"
	notByOwn      = "because no resource-based policy allows the s3:GetObject action"
	deniedByRole  = "with an explicit deny in an identity-based policy"
	deniedByOwn   = "with an explicit deny in a resource-based policy"
)

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
		role    []statement
		own     []statement
		mustOwn bool
		want    string
	}{
		"nothing": {
			role:    nil,
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"allowed": {
			role:    []statement{allow("s3:GetObject", "arn:aws:s3:::data-1/configuration/*")},
			own:     nil,
			mustOwn: false,
			want:    "",
		},
		"wildcards in the action": {
			role:    []statement{allow("S3:get*", testObject)},
			own:     nil,
			mustOwn: false,
			want:    "",
		},
		"another action": {
			role:    []statement{allow("s3:PutObject", "*")},
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"another resource": {
			role:    []statement{allow("s3:GetObject", "arn:aws:s3:::data-1/nats-server/*")},
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"a bucket is not its objects": {
			role:    []statement{allow("s3:*", "arn:aws:s3:::data-1")},
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"deny wins": {
			role:    []statement{allow("*", "*"), {"Effect": "Deny", "Action": "s3:*", "Resource": testObject}},
			own:     nil,
			mustOwn: false,
			want:    deniedByRole,
		},
		"not action": {
			role:    []statement{{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}},
			own:     nil,
			mustOwn: false,
			want:    "",
		},
		"not this action": {
			role:    []statement{{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}},
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"not resource": {
			role:    []statement{{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data-1/*"}},
			own:     nil,
			mustOwn: false,
			want:    notByIdentity,
		},
		"bucket policy denies": {
			role:    []statement{allow("*", "*")},
			own:     []statement{everyone},
			mustOwn: false,
			want:    deniedByOwn,
		},
		"bucket policy allows the role": {
			role:    nil,
			own:     []statement{of(map[string]any{"AWS": testRole})},
			mustOwn: false,
			want:    "",
		},
		"bucket policy allows another": {
			role:    nil,
			own:     []statement{of(map[string]any{"AWS": "arn:aws:iam::123456789012:role/other"})},
			mustOwn: false,
			want:    notByIdentity,
		},
		"the account is not the role": {
			role:    nil,
			own:     []statement{of(account)},
			mustOwn: false,
			want:    notByIdentity,
		},
		"a service is not the role": {
			role:    nil,
			own:     []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})},
			mustOwn: false,
			want:    notByIdentity,
		},
		"key policy is silent": {
			role:    []statement{allow("*", "*")},
			own:     []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})},
			mustOwn: true,
			want:    notByOwn,
		},
		"key policy leaves it to IAM": {
			role:    []statement{allow("*", "*")},
			own:     []statement{of(account)},
			mustOwn: true,
			want:    "",
		},
		"and IAM is silent": {
			role:    nil,
			own:     []statement{of(account)},
			mustOwn: true,
			want:    notByIdentity,
		},
		"key policy names the role": {
			role:    nil,
			own:     []statement{of(map[string]any{"AWS": testRole})},
			mustOwn: true,
			want:    "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			own := ""
			if len(c.own) > 0 {
				own = policyText(c.own...)
			}
			got, err := judged(t, nil, c.mustOwn, own, c.role...)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestConditionsAreEvaluated(t *testing.T) {
	when := func(operator, key string, value any) statement {
		return statement{
			"Effect":    "Allow",
			"Action":    "*",
			"Resource":  "*",
			"Condition": map[string]any{operator: map[string]any{key: value}},
		}
	}
	context := map[string]string{
		"s3:prefix":                        "backups/2026/",
		"kms:viaservice":                   "s3.us-east-1.amazonaws.com",
		"kms:encryptioncontext:aws:s3:arn": "arn:aws:s3:::data-1",
	}
	for name, c := range map[string]struct {
		condition statement
		passes    bool
	}{
		"equals": {
			condition: when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"),
			passes:    true,
		},
		"equals another": {
			condition: when("StringEquals", "kms:ViaService", "ec2.us-east-1.amazonaws.com"),
			passes:    false,
		},
		"one of many": {
			condition: when("StringEquals", "kms:ViaService", []string{
				"ec2.us-east-1.amazonaws.com",
				"s3.us-east-1.amazonaws.com",
			}),
			passes: true,
		},
		"equals has no wildcards":  {condition: when("StringEquals", "s3:prefix", "backups/*"), passes: false},
		"like":                     {condition: when("StringLike", "s3:prefix", "backups/*"), passes: true},
		"not like":                 {condition: when("StringNotLike", "s3:prefix", "backups/*"), passes: false},
		"absent fails":             {condition: when("StringEquals", "acm-pca:TemplateArn", "x"), passes: false},
		"absent passes a negation": {condition: when("StringNotEquals", "acm-pca:TemplateArn", "x"), passes: true},
		"absent passes if exists": {
			condition: when("StringEqualsIfExists", "acm-pca:TemplateArn", "x"),
			passes:    true,
		},
		"null asks for absence":  {condition: when("Null", "acm-pca:TemplateArn", "true"), passes: true},
		"null asks for presence": {condition: when("Null", "s3:prefix", true), passes: false},
		"encryption context": {
			condition: when("ArnLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::data-*"),
			passes:    true,
		},
		"an ARN's parts are apart": {
			condition: when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*/app"),
			passes:    false,
		},
		"principal": {
			condition: when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"),
			passes:    true,
		},
		"TLS":              {condition: when("Bool", "aws:SecureTransport", "true"), passes: true},
		"TLS as a boolean": {condition: when("Bool", "aws:SecureTransport", false), passes: false},
		"direct calls have no such": {
			condition: when("StringEquals", "aws:SourceAccount", "123456789012"),
			passes:    false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := judged(t, context, false, "", c.condition)
			require.NoError(t, err)
			assert.Equal(t, c.passes, got == "", got)
		})
	}
}

// What cannot be judged is refused in words that say so, also where another statement allows.
func TestWhatCannotBeJudgedIsRefused(t *testing.T) {
	with := func(field string, value any) statement {
		return statement{"Effect": "Allow", "Action": "*", "Resource": "*", field: value}
	}
	for want, s := range map[string]statement{
		`the condition operator "DateGreaterThan"`: with("Condition", map[string]any{
			"DateGreaterThan": map[string]any{"aws:PrincipalArn": "2026-01-01T00:00:00Z"},
		}),
		`the condition operator "ForAnyValue:ArnEquals"`: with(
			"Condition",
			map[string]any{"ForAnyValue:ArnEquals": map[string]any{"aws:PrincipalArn": "x"}},
		),
		`the condition key "aws:SourceVpce"`: with(
			"Condition",
			map[string]any{"StringEquals": map[string]any{"aws:SourceVpce": "vpce-1"}},
		),
		"policy variables": with(
			"Condition",
			map[string]any{"StringEquals": map[string]any{"aws:PrincipalArn": "${aws:userid}"}},
		),
	} {
		_, err := judged(t, nil, false, "", s, allow("*", "*"))
		assert.ErrorContains(t, err, want)
	}
	_, err := judged(
		t,
		nil,
		false,
		policyText(
			statement{
				"Effect":       "Deny",
				"NotPrincipal": map[string]any{"AWS": testRole},
				"Action":       "*",
				"Resource":     "*",
			},
		),
		allow("*", "*"),
	)
	assert.ErrorContains(t, err, "NotPrincipal")
}

func TestAttachedPoliciesCount(t *testing.T) {
	w := newWired(t)
	w.role("app")
	caller := &session{role: "app", roleARN: testRole, name: "s-1"}
	ask := access{action: "s3:GetObject", resource: testObject}
	const attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	w.make(
		attachment,
		"aws",
		map[string]any{"role": "app", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
	)
	reason, err := w.judgeAccess(caller, ask)
	require.NoError(t, err)
	assert.Equal(t, notByIdentity, reason)
	_, outputs := w.make(
		"aws:iam/policy:Policy",
		"p",
		map[string]any{"name": "p", "policy": policyText(allow("s3:GetObject", testObject))},
	)
	w.make(attachment, "own", map[string]any{"role": "app", "policyArn": outputs["arn"].StringValue()})
	reason, err = w.judgeAccess(caller, ask)
	require.NoError(t, err)
	assert.Empty(t, reason)
	w.make(
		attachment,
		"unknown",
		map[string]any{
			"role":      "app",
			"policyArn": "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole",
		},
	)
	_, err = w.judgeAccess(caller, ask)
	assert.ErrorContains(t, err, "AWSDataLifecycleManagerServiceRole")
}
