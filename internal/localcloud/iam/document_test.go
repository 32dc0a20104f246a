package iam

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMalformedPoliciesAreRefused(t *testing.T) {
	cases := []struct {
		name, text string
		kind       Kind
		refused    string
	}{
		{
			name: "one statement",
			text: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`,
			kind: IdentityPolicy,
		},
		{
			name:    "no JSON",
			text:    `{"Version"`,
			kind:    IdentityPolicy,
			refused: "Syntax errors",
		},
		{
			name:    "no statement",
			text:    `{"Version":"2012-10-17"}`,
			kind:    IdentityPolicy,
			refused: "Syntax errors",
		},
		{
			name:    "version",
			text:    `{"Version":"2024-01-01","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "version",
		},
		{
			name:    "effect",
			text:    `{"Statement":[{"Effect":"Permit","Action":"*","Resource":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "Invalid effect",
		},
		{
			name:    "action without vendor",
			text:    `{"Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "prefaced by a vendor",
		},
		{
			name:    "resource that is no ARN",
			text:    `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"my-bucket"}]}`,
			kind:    IdentityPolicy,
			refused: "ARN format",
		},
		{
			name:    "principal in an identity policy",
			text:    `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "should not specify a principal",
		},
		{
			name:    "resource in a trust policy",
			text:    `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}`,
			kind:    TrustPolicy,
			refused: "prohibited field Resource",
		},
		{
			name:    "no principal",
			text:    `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
			kind:    ResourcePolicy,
			refused: "Principal",
		},
		{
			name:    "no statement in the list",
			text:    `{"Statement":[]}`,
			kind:    IdentityPolicy,
			refused: "Syntax errors",
		},
		{
			name:    "no actions",
			text:    `{"Statement":[{"Effect":"Allow","Resource":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "must contain actions",
		},
		{
			name:    "no resources",
			text:    `{"Statement":[{"Effect":"Allow","Action":"*"}]}`,
			kind:    IdentityPolicy,
			refused: "must contain resources",
		},
		{
			name: "a resource policy without resources",
			text: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}`,
			kind: ResourcePolicy,
		},
		{
			name: "what a trust policy excludes",
			text: `{"Statement":{"Effect":"Deny","NotPrincipal":{"Service":"a"},"NotAction":"sts:*"}}`,
			kind: TrustPolicy,
		},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, tt.kind)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			assert.ErrorContains(t, err, "MalformedPolicyDocument: ")
		})
	}
}

func TestADocumentHoldsAllThatItsTextSays(t *testing.T) {
	got, err := Parse(`{"Version":"2012-10-17","Id":"ignored","Statement":[{
		"Sid":"ignored",
		"Effect":"Deny",
		"NotAction":["s3:Get*","s3:List*"],
		"NotResource":"arn:aws:s3:::a",
		"NotPrincipal":{"AWS":"123456789012","Service":["a","b"]},
		"Condition":{
			"StringLike":{"s3:prefix":["a","b"]},
			"Bool":{"aws:SecureTransport":false,"aws:ViaAWSService":"true"},
			"StringEquals":{"s3:max-keys":7}
		}}]}`, ResourcePolicy)
	require.NoError(t, err)
	assert.Equal(t, Document{
		Version: "2012-10-17",
		Statements: []Statement{{
			Effect:     Deny,
			Actions:    []string{"s3:Get*", "s3:List*"},
			Resources:  []string{"arn:aws:s3:::a"},
			Principals: map[string][]string{"AWS": {"123456789012"}, "Service": {"a", "b"}},
			Conditions: []Condition{
				{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}},
				{Operator: "Bool", Key: "aws:ViaAWSService", Values: []string{"true"}},
				{Operator: "StringEquals", Key: "s3:max-keys", Values: []string{"7"}},
				{Operator: "StringLike", Key: "s3:prefix", Values: []string{"a", "b"}},
			},
			NotAction:    true,
			NotResource:  true,
			NotPrincipal: true,
		}},
	}, got)
}

func TestADocumentSaysWhatItAllows(t *testing.T) {
	d := Document{Statements: []Statement{
		{Effect: Allow, Actions: []string{"ec2:Create*"}},
		{Effect: Deny, Actions: []string{"ec2:DeleteVolume"}, Principals: map[string][]string{"Service": {"b"}}},
		{Effect: Allow, Actions: []string{"s3:*"}, NotAction: true, Principals: map[string][]string{"Service": {"a"}}},
	}}
	assert.True(t, d.AllowsAction("EC2:createvolume"))
	assert.False(t, d.AllowsAction("ec2:DeleteVolume"))
	assert.False(t, d.AllowsAction("s3:GetObject"), "NotAction names no action")
	assert.True(t, d.AllowsService("b", "a"))
	assert.False(t, d.AllowsService("b"))
}

func TestQuotasDoNotCountWhiteSpace(t *testing.T) {
	assert.Equal(t, 7, Size("{ \"ä\":\n\t1\u00a0}"))
}
