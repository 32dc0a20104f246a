package localcloud

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssecretsmanager "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
)

const (
	secretToken  = "aws:secretsmanager/secret:Secret"
	versionToken = "aws:secretsmanager/secretVersion:SecretVersion"
)

func TestASecretIsReadByWhoMay(t *testing.T) {
	w := newWired(t)
	key := w.kmsKey("secrets")
	id, _ := w.make(secretToken, "s", map[string]any{"name": "prod/nats/orders", "kmsKeyId": key})
	other, _ := w.make(secretToken, "o", map[string]any{"name": "prod/nats/billing", "kmsKeyId": key})
	w.make(versionToken, "o", map[string]any{"secretId": other, "secretString": "theirs"})
	read := func(client *awssecretsmanager.Client, id, stage string) (*awssecretsmanager.GetSecretValueOutput, error) {
		input := &awssecretsmanager.GetSecretValueInput{SecretId: &id}
		if stage != "" {
			input.VersionStage = &stage
		}
		return client.GetSecretValue(context.Background(), input)
	}
	task := awssecretsmanager.NewFromConfig(
		w.as(w.role("task", allow("secretsmanager:GetSecretValue", id), allow("kms:Decrypt", key))),
	)
	_, err := read(task, id, "")
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	assert.Contains(t, err.Error(), "AWSCURRENT")

	w.make(versionToken, "one", map[string]any{"secretId": id, "secretString": "seed-1"})
	w.make(versionToken, "two", map[string]any{"secretId": id, "secretString": "seed-2"})
	w.make(
		versionToken,
		"three",
		map[string]any{"secretId": id, "secretString": "seed-3", "versionStages": []any{"AWSPENDING"}},
	)
	for stage, want := range map[string]string{
		"":            "seed-2",
		"AWSCURRENT":  "seed-2",
		"AWSPREVIOUS": "seed-1",
		"AWSPENDING":  "seed-3",
	} {
		got, err := read(task, id, stage)
		require.NoError(t, err, stage)
		assert.Equal(t, want, *got.SecretString, stage)
		byVersion, err := task.GetSecretValue(
			context.Background(),
			&awssecretsmanager.GetSecretValueInput{SecretId: &id, VersionId: got.VersionId},
		)
		require.NoError(t, err)
		assert.Equal(t, want, *byVersion.SecretString)
	}
	got, err := read(task, "prod/nats/orders", "")
	require.NoError(t, err)
	assert.Equal(t, id, *got.ARN)
	assert.Equal(t, []string{"AWSCURRENT"}, got.VersionStages)
	assert.False(t, got.CreatedDate.IsZero())

	_, err = read(task, other, "")
	code, message, status := apiCode(t, err)
	assert.Equal(t, "AccessDeniedException", code)
	assert.Equal(t, 400, status)
	assert.Equal(
		t,
		"User: arn:aws:sts::123456789012:assumed-role/task/test-session is not authorized to perform: "+
			"secretsmanager:GetSecretValue on resource: "+
			other+" because no identity-based policy allows the secretsmanager:GetSecretValue action",
		message,
	)
	keyless := awssecretsmanager.NewFromConfig(w.as(w.role("keyless", allow("secretsmanager:GetSecretValue", "*"))))
	_, err = read(keyless, id, "")
	code, message, _ = apiCode(t, err)
	assert.Equal(t, "AccessDeniedException", code)
	assert.Equal(t, "Access to KMS is not allowed", message)
	for _, call := range awsapi.Calls(w.Cloud) {
		assert.NotContains(t, fmt.Sprint(call), "seed-", "a secret never stands in a record of calls")
	}
}

func TestASecretsOwnPolicyAndItsEnd(t *testing.T) {
	w := newWired(t)
	task, denied := w.role("task"), w.role("denied", allow("*", "*"))
	id, _ := w.make(secretToken, "s", map[string]any{"name": "own", "policy": policyText(
		statement{
			"Effect":    "Allow",
			"Principal": map[string]any{"AWS": task},
			"Action":    "secretsmanager:GetSecretValue",
			"Resource":  "*",
		},
		statement{"Effect": "Deny", "Principal": map[string]any{"AWS": denied}, "Action": "*", "Resource": "*"},
	)})
	w.make(versionToken, "v", map[string]any{"secretId": id, "secretBinary": "AAEC"})
	ask := &awssecretsmanager.GetSecretValueInput{SecretId: aws.String(id)}
	got, err := awssecretsmanager.NewFromConfig(w.as(task)).GetSecretValue(context.Background(), ask)
	require.NoError(t, err)
	assert.Equal(t, []byte{0, 1, 2}, got.SecretBinary)
	assert.Nil(t, got.SecretString)
	_, err = awssecretsmanager.NewFromConfig(w.as(denied)).GetSecretValue(context.Background(), ask)
	_, message, _ := apiCode(t, err)
	assert.Contains(t, message, "with an explicit deny in a resource-based policy")
	require.NoError(t, w.end(secretToken, id))
	all := awssecretsmanager.NewFromConfig(w.as(w.role("all", allow("*", "*"))))
	_, err = all.GetSecretValue(context.Background(), ask)
	var gone *types.InvalidRequestException
	require.ErrorAs(t, err, &gone)
	_, err = all.GetSecretValue(
		context.Background(),
		&awssecretsmanager.GetSecretValueInput{SecretId: aws.String("never")},
	)
	var never *types.ResourceNotFoundException
	require.ErrorAs(t, err, &never)
}
