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
func judged(t *testing.T, context map[string]string, mustOwn bool, own string, statements ...statement) (string, error) {
	t.Helper()
	w := newWired(t)
	w.role("app", statements...)
	caller := &session{role: "app", roleARN: testRole, name: "s-1", unique: "AROA1"}
	ask := access{action: "s3:GetObject", resource: testObject, context: context, mustOwn: mustOwn}
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
	everyone := statement{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data-1/*"}
	account := map[string]any{"AWS": "arn:aws:iam::123456789012:root"}
	for name, c := range map[string]struct {
		role    []statement
		own     []statement
		mustOwn bool
		want    string
	}{
		"nothing":                       {nil, nil, false, notByIdentity},
		"allowed":                       {[]statement{allow("s3:GetObject", "arn:aws:s3:::data-1/configuration/*")}, nil, false, ""},
		"wildcards in the action":       {[]statement{allow("S3:get*", testObject)}, nil, false, ""},
		"another action":                {[]statement{allow("s3:PutObject", "*")}, nil, false, notByIdentity},
		"another resource":              {[]statement{allow("s3:GetObject", "arn:aws:s3:::data-1/nats-server/*")}, nil, false, notByIdentity},
		"a bucket is not its objects":   {[]statement{allow("s3:*", "arn:aws:s3:::data-1")}, nil, false, notByIdentity},
		"deny wins":                     {[]statement{allow("*", "*"), {"Effect": "Deny", "Action": "s3:*", "Resource": testObject}}, nil, false, deniedByRole},
		"not action":                    {[]statement{{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}, nil, false, ""},
		"not this action":               {[]statement{{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}}, nil, false, notByIdentity},
		"not resource":                  {[]statement{{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data-1/*"}}, nil, false, notByIdentity},
		"bucket policy denies":          {[]statement{allow("*", "*")}, []statement{everyone}, false, deniedByOwn},
		"bucket policy allows the role": {nil, []statement{of(map[string]any{"AWS": testRole})}, false, ""},
		"bucket policy allows another":  {nil, []statement{of(map[string]any{"AWS": "arn:aws:iam::123456789012:role/other"})}, false, notByIdentity},
		"the account is not the role":   {nil, []statement{of(account)}, false, notByIdentity},
		"a service is not the role":     {nil, []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})}, false, notByIdentity},
		"key policy is silent":          {[]statement{allow("*", "*")}, []statement{of(map[string]any{"Service": "ec2.amazonaws.com"})}, true, notByOwn},
		"key policy leaves it to IAM":   {[]statement{allow("*", "*")}, []statement{of(account)}, true, ""},
		"and IAM is silent":             {nil, []statement{of(account)}, true, notByIdentity},
		"key policy names the role":     {nil, []statement{of(map[string]any{"AWS": testRole})}, true, ""},
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
		return statement{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": map[string]any{operator: map[string]any{key: value}}}
	}
	context := map[string]string{"s3:prefix": "backups/2026/", "kms:viaservice": "s3.us-east-1.amazonaws.com", "kms:encryptioncontext:aws:s3:arn": "arn:aws:s3:::data-1"}
	for name, c := range map[string]struct {
		condition statement
		passes    bool
	}{
		"equals":                    {when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"), true},
		"equals another":            {when("StringEquals", "kms:ViaService", "ec2.us-east-1.amazonaws.com"), false},
		"one of many":               {when("StringEquals", "kms:ViaService", []string{"ec2.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"}), true},
		"equals has no wildcards":   {when("StringEquals", "s3:prefix", "backups/*"), false},
		"like":                      {when("StringLike", "s3:prefix", "backups/*"), true},
		"not like":                  {when("StringNotLike", "s3:prefix", "backups/*"), false},
		"absent fails":              {when("StringEquals", "acm-pca:TemplateArn", "x"), false},
		"absent passes a negation":  {when("StringNotEquals", "acm-pca:TemplateArn", "x"), true},
		"absent passes if exists":   {when("StringEqualsIfExists", "acm-pca:TemplateArn", "x"), true},
		"null asks for absence":     {when("Null", "acm-pca:TemplateArn", "true"), true},
		"null asks for presence":    {when("Null", "s3:prefix", true), false},
		"encryption context":        {when("ArnLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::data-*"), true},
		"an ARN's parts are apart":  {when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*/app"), false},
		"principal":                 {when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"), true},
		"TLS":                       {when("Bool", "aws:SecureTransport", "true"), true},
		"TLS as a boolean":          {when("Bool", "aws:SecureTransport", false), false},
		"direct calls have no such": {when("StringEquals", "aws:SourceAccount", "123456789012"), false},
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
		`the condition operator "DateGreaterThan"`:       with("Condition", map[string]any{"DateGreaterThan": map[string]any{"aws:PrincipalArn": "2026-01-01T00:00:00Z"}}),
		`the condition operator "ForAnyValue:ArnEquals"`: with("Condition", map[string]any{"ForAnyValue:ArnEquals": map[string]any{"aws:PrincipalArn": "x"}}),
		`the condition key "aws:SourceVpce"`:             with("Condition", map[string]any{"StringEquals": map[string]any{"aws:SourceVpce": "vpce-1"}}),
		"policy variables":                               with("Condition", map[string]any{"StringEquals": map[string]any{"aws:PrincipalArn": "${aws:userid}"}}),
	} {
		_, err := judged(t, nil, false, "", s, allow("*", "*"))
		assert.ErrorContains(t, err, want)
	}
	_, err := judged(t, nil, false, policyText(statement{"Effect": "Deny", "NotPrincipal": map[string]any{"AWS": testRole}, "Action": "*", "Resource": "*"}), allow("*", "*"))
	assert.ErrorContains(t, err, "NotPrincipal")
}

func TestAttachedPoliciesCount(t *testing.T) {
	w := newWired(t)
	w.role("app")
	caller := &session{role: "app", roleARN: testRole, name: "s-1"}
	ask := access{action: "s3:GetObject", resource: testObject}
	const attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	w.make(attachment, "aws", map[string]any{"role": "app", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"})
	reason, err := w.judgeAccess(caller, ask)
	require.NoError(t, err)
	assert.Equal(t, notByIdentity, reason)
	_, outputs := w.make("aws:iam/policy:Policy", "p", map[string]any{"name": "p", "policy": policyText(allow("s3:GetObject", testObject))})
	w.make(attachment, "own", map[string]any{"role": "app", "policyArn": outputs["arn"].StringValue()})
	reason, err = w.judgeAccess(caller, ask)
	require.NoError(t, err)
	assert.Empty(t, reason)
	w.make(attachment, "unknown", map[string]any{"role": "app", "policyArn": "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"})
	_, err = w.judgeAccess(caller, ask)
	assert.ErrorContains(t, err, "AWSDataLifecycleManagerServiceRole")
}
