package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloudwatch"
)

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
	b.refused("not allowed to be used with Arn", cloudwatch.LogGroupType, "g", map[string]any{"kmsKeyId": arn})
	require.NoError(t, b.end("aws:kms/key:Key", id))
	b.refused("KMSInvalidStateException", "aws:secretsmanager/secret:Secret", "late", map[string]any{"kmsKeyId": arn})
}
