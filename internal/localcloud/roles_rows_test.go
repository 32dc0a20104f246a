package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
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
	role := b.CopyOf("aws:iam/role:Role", "", "runner")
	assert.True(
		t,
		cloud.View(
			b.Cloud,
			func(tx *cloud.Tx) bool { return roles.RoleAllows(tx, role, "ec2:CreateNetworkInterface") },
		),
	)
	assert.False(
		t,
		cloud.View(b.Cloud, func(tx *cloud.Tx) bool { return roles.RoleAllows(tx, role, "ec2:DeleteVolume") }),
	)
	require.NoError(t, b.end("aws:iam/rolePolicy:RolePolicy", inline))
	require.NoError(t, b.end("aws:iam/role:Role", "runner"))
}
