package localcloud

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/s3"
)

func TestObjectKeepsItsContent(t *testing.T) {
	b := newBench(t)
	bucket, _ := b.make(s3.BucketType, "b", map[string]any{"bucket": "artifacts-1"})
	b.make(
		"aws:s3/bucketVersioningV2:BucketVersioningV2",
		"v",
		map[string]any{"bucket": bucket, "versioningConfiguration": map[string]any{"status": "Enabled"}},
	)
	path := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(path, []byte("hello"), 0o600))
	file, err := asset.FromPath(path)
	require.NoError(t, err)
	id, outputs := b.make(s3.ObjectType, "o", map[string]any{"bucket": bucket, "key": "bin/server", "source": file})
	assert.Equal(t, "5d41402abc4b2a76b9719d911017c592", outputs["etag"].StringValue())
	version := outputs["versionId"].StringValue()
	assert.Len(t, version, 32)
	require.NoError(
		t,
		b.change(s3.ObjectType, id, map[string]any{"bucket": bucket, "key": "bin/server", "content": "hello again"}),
	)
	content, found := cloud.View2(
		b.Cloud,
		func(tx *cloud.Tx) ([]byte, bool) { return s3.Object(tx, bucket, "bin/server") },
	)
	assert.True(t, found)
	assert.Equal(t, "hello again", string(content))
	assert.NotEqual(t, version, b.CopyOf(s3.ObjectType, "", id).Str("versionId"))
	assert.ErrorContains(t, b.end(s3.BucketType, bucket), "BucketNotEmpty")
	require.NoError(t, b.end(s3.ObjectType, id))
	require.NoError(t, b.end(s3.BucketType, bucket))
}

func TestBucketNamesAndPolicies(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"Upper", "ab", "10.0.0.1", "two..dots", "xn--name", "-dash"} {
		assert.Equal(t, []string{"bucket"}, b.faults(s3.BucketType, map[string]any{"bucket": name}), name)
	}
	bucket, _ := b.make(s3.BucketType, "b", map[string]any{"bucket": "public-1"})
	b.make(
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"p",
		map[string]any{"bucket": bucket, "blockPublicPolicy": true},
	)
	const token = "aws:s3/bucketPolicy:BucketPolicy"
	b.refused("BlockPublicPolicy", token, "p", map[string]any{
		"bucket": bucket,
		"policy": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",` +
			`"Resource":"arn:aws:s3:::public-1/*"}]}`,
	})
	b.refused("invalid resource", token, "p", map[string]any{
		"bucket": bucket,
		"policy": `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}]}`,
	})
	b.make(token, "p", map[string]any{
		"bucket": bucket,
		"policy": `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",` +
			`"Resource":"arn:aws:s3:::public-1/*"}]}`,
	})
}
