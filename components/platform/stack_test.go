package platform_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

func TestLogGroupIsEncryptedKeptAndNamedAfterTheEnvironment(t *testing.T) {
	seen := &registrar{inputs: map[string]resource.PropertyMap{}}
	stack := platform.Stack{
		Environment:      "prod",
		LogRetentionDays: 30,
		Keys:             platform.Keys{Logs: pulumi.String("arn:key").ToStringOutput()},
	}
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := stack.LogGroup(ctx, "home-logs", nil, "cluster/exec")
		return err
	}, pulumi.WithMocks("project", "stack", seen)))
	assert.Equal(t, map[string]any{
		"name": "/prod/cluster/exec", "kmsKeyId": "arn:key", "retentionInDays": 30.0,
	}, seen.inputs["home-logs"].Mappable())
}

func TestARNIsOfTheStacksRegionAndAccount(t *testing.T) {
	stack := platform.Stack{Region: "eu-west-1", Account: "123456789012"}
	assert.Equal(t, "arn:aws:ecr:eu-west-1:123456789012:repository/x", stack.ARN("ecr", "repository/x"))
}

func TestOnlyAProtectedStackKeepsDeletedSecrets(t *testing.T) {
	assert.Equal(t, 30, platform.Stack{Protect: true}.SecretRecoveryDays())
	assert.Zero(t, platform.Stack{}.SecretRecoveryDays())
}
