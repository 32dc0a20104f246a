package iam

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConditionsAreEvaluated(t *testing.T) {
	context := Context{
		"aws:principalarn":                 testRole,
		"aws:securetransport":              "true",
		"s3:prefix":                        "backups/2026/",
		"kms:viaservice":                   "s3.us-east-1.amazonaws.com",
		"kms:encryptioncontext:aws:s3:arn": "arn:aws:s3:::data-1",
	}
	for name, c := range map[string]struct {
		operator, key string
		value         any
		passes        bool
	}{
		"equals": {
			operator: "StringEquals",
			key:      "kms:ViaService",
			value:    "s3.us-east-1.amazonaws.com",
			passes:   true,
		},
		"equals another": {
			operator: "StringEquals",
			key:      "kms:ViaService",
			value:    "ec2.us-east-1.amazonaws.com",
		},
		"one of many": {
			operator: "StringEquals",
			key:      "kms:ViaService",
			value:    []string{"ec2.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"},
			passes:   true,
		},
		"equals has no wildcards": {
			operator: "StringEquals",
			key:      "s3:prefix",
			value:    "backups/*",
		},
		"equals minds the case": {
			operator: "StringEquals",
			key:      "s3:prefix",
			value:    "Backups/2026/",
		},
		"equals in any case": {
			operator: "StringEqualsIgnoreCase",
			key:      "s3:prefix",
			value:    "Backups/2026/",
			passes:   true,
		},
		"not equals": {
			operator: "StringNotEquals",
			key:      "s3:prefix",
			value:    "backups/2026/",
		},
		"not equals, none of many": {
			operator: "StringNotEquals",
			key:      "s3:prefix",
			value:    []string{"a", "b"},
			passes:   true,
		},
		"not equals, one of many": {
			operator: "StringNotEquals",
			key:      "s3:prefix",
			value:    []string{"a", "backups/2026/"},
		},
		"not equals in any case": {
			operator: "StringNotEqualsIgnoreCase",
			key:      "s3:prefix",
			value:    "Backups/2026/",
		},
		"like": {
			operator: "StringLike",
			key:      "s3:prefix",
			value:    "backups/*",
			passes:   true,
		},
		"like any one character": {
			operator: "StringLike",
			key:      "s3:prefix",
			value:    "backups/202?/",
			passes:   true,
		},
		"not like": {
			operator: "StringNotLike",
			key:      "s3:prefix",
			value:    "backups/*",
		},
		"absent fails": {
			operator: "StringEquals",
			key:      "acm-pca:TemplateArn",
			value:    "x",
		},
		"absent passes a negation": {
			operator: "StringNotEquals",
			key:      "acm-pca:TemplateArn",
			value:    "x",
			passes:   true,
		},
		"absent passes if exists": {
			operator: "StringEqualsIfExists",
			key:      "acm-pca:TemplateArn",
			value:    "x",
			passes:   true,
		},
		"present is compared if exists": {
			operator: "StringEqualsIfExists",
			key:      "s3:prefix",
			value:    "x",
		},
		"a negation if exists": {
			operator: "StringNotEqualsIfExists",
			key:      "s3:prefix",
			value:    "backups/2026/",
		},
		"null asks for absence": {
			operator: "Null",
			key:      "acm-pca:TemplateArn",
			value:    "true",
			passes:   true,
		},
		"null asks for presence": {
			operator: "Null",
			key:      "s3:prefix",
			value:    true,
		},
		"null finds presence": {
			operator: "Null",
			key:      "s3:prefix",
			value:    false,
			passes:   true,
		},
		"encryption context": {
			operator: "ArnLike",
			key:      "kms:EncryptionContext:aws:s3:arn",
			value:    "arn:aws:s3:::data-*",
			passes:   true,
		},
		"ARN equals takes wildcards": {
			operator: "ArnEquals",
			key:      "kms:EncryptionContext:aws:s3:arn",
			value:    "arn:aws:s3:::data-*",
			passes:   true,
		},
		"an ARN's parts are apart": {
			operator: "ArnLike",
			key:      "aws:PrincipalArn",
			value:    "arn:aws:iam::*/app",
		},
		"ARN like everything": {
			operator: "ArnLike",
			key:      "aws:PrincipalArn",
			value:    "*",
			passes:   true,
		},
		"ARN not like": {
			operator: "ArnNotLike",
			key:      "aws:PrincipalArn",
			value:    "arn:aws:iam::123456789012:role/*",
		},
		"ARN not equals": {
			operator: "ArnNotEquals",
			key:      "aws:PrincipalArn",
			value:    "arn:aws:iam::123456789012:user/*",
			passes:   true,
		},
		"principal": {
			operator: "ArnLike",
			key:      "aws:PrincipalArn",
			value:    "arn:aws:iam::123456789012:role/*",
			passes:   true,
		},
		"TLS": {
			operator: "Bool",
			key:      "aws:SecureTransport",
			value:    "true",
			passes:   true,
		},
		"TLS as a boolean": {
			operator: "Bool",
			key:      "aws:SecureTransport",
			value:    false,
		},
		"calls of roles have no source": {
			operator: "StringEquals",
			key:      "aws:SourceAccount",
			value:    "123456789012",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := allow("*", "*")
			s["Condition"] = map[string]any{c.operator: map[string]any{c.key: c.value}}
			got, err := Evaluate(Policies{Identity: documents(t, IdentityPolicy, s)}, readObject(context))
			require.NoError(t, err)
			assert.Equal(t, c.passes, got.Verdict == Allowed)
		})
	}
}

func TestAllConditionsOfAStatementMustHold(t *testing.T) {
	s := allow("*", "*")
	s["Condition"] = map[string]any{
		"StringEquals": map[string]any{"s3:prefix": "a", "s3:delimiter": "/"},
		"Bool":         map[string]any{"aws:SecureTransport": true},
	}
	policies := Policies{Identity: documents(t, IdentityPolicy, s)}
	whole := Context{"s3:prefix": "a", "s3:delimiter": "/", "aws:securetransport": "true"}
	got, err := Evaluate(policies, readObject(whole))
	require.NoError(t, err)
	assert.Equal(t, Allowed, got.Verdict)
	for key := range whole {
		less := Context{}
		for other, value := range whole {
			if other != key {
				less.Set(other, value)
			}
		}
		got, err := Evaluate(policies, readObject(less))
		require.NoError(t, err)
		assert.Equal(t, ImplicitDeny, got.Verdict, "without %s", key)
	}
}
