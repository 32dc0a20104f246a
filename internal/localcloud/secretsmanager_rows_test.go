package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/secretsmanager"
)

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
	secret := cloud.View(
		b.Cloud,
		func(tx *cloud.Tx) *cloud.Record { return secretsmanager.SecretByID(tx, "redis/auth") },
	)
	require.NotNil(t, secret)
	content, _ := cloud.View(b.Cloud, func(tx *cloud.Tx) any {
		return tx.Values[secret.ID]
	}).(secretsmanager.SecretContent)
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
