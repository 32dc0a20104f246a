package localcloud

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/ecs"
)

func TestTasksStartOnlyWithSecretsThatExist(t *testing.T) {
	b := newBench(t)
	cluster, _ := b.make(ecs.ClusterType, "game", map[string]any{"name": "game"})
	b.Seed("aws:ec2/subnet:Subnet", "subnet-1", nil)
	role := b.role("execution", "ecs-tasks.amazonaws.com")
	secret, _ := b.make("aws:secretsmanager/secret:Secret", "seed", map[string]any{"name": "seed"})
	version := func(value string) string {
		_, made := b.make(
			"aws:secretsmanager/secretVersion:SecretVersion",
			value,
			map[string]any{"secretId": secret, "secretString": value},
		)
		return made["versionId"].StringValue()
	}
	first := version("first")
	try := func(from string, tasks float64) error {
		_, definition := b.make(
			ecs.TaskDefinitionType,
			"chat",
			taskInputs(map[string]any{"executionRoleArn": role, "containerDefinitions": fmt.Sprintf(
				`[{"name":"app","image":"nginx","secrets":[{"name":"SEED","valueFrom":%q}]}]`, from)}),
		)
		id, _, err := b.try(ecs.ServiceType, "chat", map[string]any{
			"name":                 "chat",
			"cluster":              cluster,
			"taskDefinition":       definition["arn"].StringValue(),
			"launchType":           "FARGATE",
			"desiredCount":         tasks,
			"networkConfiguration": map[string]any{"subnets": []any{"subnet-1"}},
		})
		if err == nil {
			require.NoError(t, b.end(ecs.ServiceType, id))
		}
		return err
	}
	require.NoError(t, try(secret, 2))
	require.NoError(t, try(secret+":::"+first, 2))
	second := version("second")
	require.NoError(t, try(secret+":::"+second, 2))
	require.NoError(t, try(secret+":::"+first, 2), "the version before is still there")
	version("third")
	for text, from := range map[string]string{
		"VersionId: " + first:        secret + ":::" + first,
		"staging label: AWSPENDING":  secret + "::AWSPENDING:",
		"unexpected ARN format":      secret + "::" + second,
		"find the specified secret.": "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf:::" + second,
	} {
		assert.ErrorContains(t, try(from, 2), text)
	}
	require.NoError(t, try(secret+":::"+first, 0), "no task starts")
}
