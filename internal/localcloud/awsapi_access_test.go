package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const (
	testRole   = "arn:aws:iam::123456789012:role/app"
	testObject = "arn:aws:s3:::data-1/configuration/1/nats.conf"
)

func TestRefusalsAreWordedAsAWSDoes(t *testing.T) {
	ask := awsapi.Access{Action: "s3:GetObject", Resource: testObject}
	for want, decision := range map[string]iam.Decision{
		"because no identity-based policy allows the s3:GetObject action": {Reason: iam.IdentityPolicy},
		"because no resource-based policy allows the s3:GetObject action": {Reason: iam.ResourcePolicy},
		"with an explicit deny in an identity-based policy": {
			Verdict: iam.ExplicitDeny,
			Reason:  iam.IdentityPolicy,
		},
		"with an explicit deny in a resource-based policy": {
			Verdict: iam.ExplicitDeny,
			Reason:  iam.ResourcePolicy,
		},
	} {
		const text = "User: arn:aws:sts::1:assumed-role/app/s is not authorized to perform: s3:GetObject on resource: "
		assert.Equal(t, text+testObject+" "+want, awsapi.Refusal("arn:aws:sts::1:assumed-role/app/s", ask, decision))
		labelled := ask
		labelled.Label = "label"
		assert.Equal(t, text+"label "+want, awsapi.Refusal("arn:aws:sts::1:assumed-role/app/s", labelled, decision))
	}
}

// decided is what the policies of role app decide about reading an object.
func (w wired) decided(context map[string]string, own ...statement) (iam.Decision, error) {
	w.Helper()
	caller := &awsapi.RoleSession{
		Role:         "app",
		RoleARN:      testRole,
		Name:         "s-1",
		RoleUniqueID: "AROA1",
	}
	ask := awsapi.Access{Action: "s3:GetObject", Resource: testObject, Context: context}
	if len(own) > 0 {
		ask.ResourcePolicies = []string{policyText(own...)}
	}
	return cloud.View2(w.Cloud, func(tx *cloud.Tx) (iam.Decision, error) { return awsapi.Evaluate(tx, caller, ask) })
}

func TestARequestHasItsConditionKeys(t *testing.T) {
	when := func(operator, key string, value any) statement {
		s := allow("*", "*")
		s["Condition"] = map[string]any{operator: map[string]any{key: value}}
		return s
	}
	for _, s := range []statement{
		when("StringEquals", "aws:PrincipalArn", testRole),
		when("StringEquals", "aws:PrincipalAccount", "123456789012"),
		when("StringEquals", "aws:PrincipalType", "AssumedRole"),
		when("StringEquals", "aws:userid", "AROA1:s-1"),
		when("StringEquals", "aws:RequestedRegion", "us-east-1"),
		when("StringEquals", "aws:ResourceAccount", "123456789012"),
		when("StringEquals", "aws:PrincipalTag/team", "a"),
		when("StringEquals", "s3:prefix", "of this request"),
		when("Bool", "aws:SecureTransport", true),
		when("Bool", "aws:ViaAWSService", false),
		when("Bool", "aws:PrincipalIsAWSService", false),
		when("Null", "aws:SourceArn", true),
	} {
		w := newWired(t)
		w.make("aws:iam/role:Role", "app", map[string]any{
			"name":             "app",
			"tags":             map[string]any{"Team": "a"},
			"assumeRolePolicy": trusting("ec2.amazonaws.com", nil),
		})
		w.make(
			"aws:iam/rolePolicy:RolePolicy",
			"app",
			map[string]any{"name": "app", "role": "app", "policy": policyText(s)},
		)
		got, err := w.decided(map[string]string{"S3:Prefix": "of this request"})
		require.NoError(t, err)
		assert.Equal(t, iam.Allowed, got.Verdict, "%v", s)
	}
}

func TestAResourcesOwnPoliciesCount(t *testing.T) {
	w := newWired(t)
	w.role("app")
	got, err := w.decided(nil, statement{
		"Effect":    "Allow",
		"Principal": map[string]any{"AWS": "arn:aws:sts::123456789012:assumed-role/app/s-1"},
		"Action":    "s3:*",
		"Resource":  "*",
	})
	require.NoError(t, err)
	assert.Equal(t, iam.Decision{Verdict: iam.Allowed, Reason: iam.ResourcePolicy}, got)
}

func TestADeletedRoleIsAllowedNothing(t *testing.T) {
	got, err := newWired(t).decided(nil)
	require.NoError(t, err)
	assert.Equal(t, iam.Decision{Verdict: iam.ImplicitDeny, Reason: iam.IdentityPolicy}, got)
}

func TestAPermissionsBoundaryIsRefused(t *testing.T) {
	w := newWired(t)
	w.make("aws:iam/role:Role", "app", map[string]any{
		"name":                "app",
		"permissionsBoundary": "arn:aws:iam::123456789012:policy/most",
		"assumeRolePolicy":    trusting("ec2.amazonaws.com", nil),
	})
	_, err := w.decided(nil)
	assert.ErrorContains(t, err, "permissions boundaries are not evaluated here, and role app has arn:aws:iam::")
}

func TestAttachedPoliciesCount(t *testing.T) {
	w := newWired(t)
	w.role("app")
	const attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	w.make(
		attachment,
		"aws",
		map[string]any{"role": "app", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
	)
	got, err := w.decided(nil)
	require.NoError(t, err)
	assert.Equal(t, iam.ImplicitDeny, got.Verdict)
	_, outputs := w.make(
		"aws:iam/policy:Policy",
		"p",
		map[string]any{"name": "p", "policy": policyText(allow("s3:GetObject", testObject))},
	)
	w.make(attachment, "own", map[string]any{"role": "app", "policyArn": outputs["arn"].StringValue()})
	got, err = w.decided(nil)
	require.NoError(t, err)
	assert.Equal(t, iam.Allowed, got.Verdict)
	w.make(
		attachment,
		"unknown",
		map[string]any{
			"role":      "app",
			"policyArn": "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole",
		},
	)
	_, err = w.decided(nil)
	assert.ErrorContains(t, err, "AWSDataLifecycleManagerServiceRole")
}
