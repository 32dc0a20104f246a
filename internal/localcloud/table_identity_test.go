package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoleWithPoliciesStays(t *testing.T) {
	b := newBench(t)
	b.role("runner", "ecs-tasks.amazonaws.com")
	attachment, _ := b.make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a",
		map[string]any{"role": "runner", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"})
	assert.ErrorContains(
		t,
		b.end("aws:iam/role:Role", "runner"),
		"DeleteConflict: Cannot delete entity, must detach all policies first.",
	)
	require.NoError(t, b.end("aws:iam/rolePolicyAttachment:RolePolicyAttachment", attachment))
	inline, _ := b.make("aws:iam/rolePolicy:RolePolicy", "p", map[string]any{
		"role":   "runner",
		"policy": `{"Statement":[{"Effect":"Allow","Action":"ec2:Create*","Resource":"*"}]}`,
	})
	assert.ErrorContains(t, b.end("aws:iam/role:Role", "runner"), "must delete policies first")
	role := b.find("aws:iam/role:Role", "", "runner")
	assert.True(t, b.roleAllows(role, "ec2:CreateNetworkInterface"))
	assert.False(t, b.roleAllows(role, "ec2:DeleteVolume"))
	require.NoError(t, b.end("aws:iam/rolePolicy:RolePolicy", inline))
	require.NoError(t, b.end("aws:iam/role:Role", "runner"))
}

func TestSecretNameStaysTakenForItsRecoveryWindow(t *testing.T) {
	b := newBench(t)
	id, _ := b.make("aws:secretsmanager/secret:Secret", "s", map[string]any{"name": "redis/auth"})
	b.make(
		"aws:secretsmanager/secretVersion:SecretVersion",
		"v1",
		map[string]any{"secretId": id, "secretString": "first"},
	)
	b.make(
		"aws:secretsmanager/secretVersion:SecretVersion",
		"v2",
		map[string]any{"secretId": id, "secretString": "second"},
	)
	secret := b.secretByID("redis/auth")
	require.NotNil(t, secret)
	content, _ := b.private[secret.ID].(secretContent)
	assert.Equal(t, "second", content.Current)
	versions := b.Records("aws:secretsmanager/secretVersion:SecretVersion")
	assert.Equal(t, []any{"AWSPREVIOUS"}, versions[0].Get("versionStages"))
	require.NoError(t, b.end("aws:secretsmanager/secret:Secret", id))
	b.refused(
		"already scheduled for deletion",
		"aws:secretsmanager/secret:Secret",
		"s",
		map[string]any{"name": "redis/auth"},
	)
	id, _ = b.make(
		"aws:secretsmanager/secret:Secret",
		"now",
		map[string]any{"name": "gone", "recoveryWindowInDays": 0.0},
	)
	require.NoError(t, b.end("aws:secretsmanager/secret:Secret", id))
	b.make("aws:secretsmanager/secret:Secret", "again", map[string]any{"name": "gone"})
}

func TestKeysAreUsableUntilTheyWaitForDeletion(t *testing.T) {
	b := newBench(t)
	b.refused("will not allow you to update the key policy", "aws:kms/key:Key", "k", map[string]any{
		"policy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},` +
			`"Action":"kms:*","Resource":"*"}]}`,
	})
	id, outputs := b.make("aws:kms/key:Key", "k", nil)
	arn := outputs["arn"].StringValue()
	b.make("aws:kms/alias:Alias", "a", map[string]any{"name": "alias/disk", "targetKeyId": id})
	automatic, outputs := b.make("aws:kms/alias:Alias", "logs", map[string]any{"targetKeyId": arn})
	assert.Regexp(t, `^alias/logs-[0-9a-f]{7}$`, automatic)
	assert.Equal(t, arn, outputs["targetKeyArn"].StringValue())
	for _, name := range []string{id, arn, automatic, "alias/disk", "alias/aws/secretsmanager"} {
		b.make("aws:secretsmanager/secret:Secret", "s", map[string]any{"kmsKeyId": name})
	}
	b.refused("not allowed to be used with Arn", logGroupType, "g", map[string]any{"kmsKeyId": arn})
	require.NoError(t, b.end("aws:kms/key:Key", id))
	b.refused("KMSInvalidStateException", "aws:secretsmanager/secret:Secret", "late", map[string]any{"kmsKeyId": arn})
}
