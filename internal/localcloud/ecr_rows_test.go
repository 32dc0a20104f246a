package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/ecr"
)

func TestRepositoryWithImagesStays(t *testing.T) {
	b := newBench(t)
	for forced, text := range map[bool]string{false: "RepositoryNotEmptyException", true: ""} {
		id, _ := b.make(ecr.RepositoryType, "r", map[string]any{"name": "game/chat", "forceDelete": forced})
		b.Seed(ecr.ImageType, "sha256:1", resource.NewPropertyMapFromMap(map[string]any{"repositoryName": id}))
		err := b.end(ecr.RepositoryType, id)
		if text != "" {
			assert.ErrorContains(t, err, text)
			b.Remove(ecr.RepositoryType, id)
			continue
		}
		require.NoError(t, err)
		assert.Empty(t, b.Records(ecr.ImageType))
	}
}

func TestLifecyclePolicyIsJudged(t *testing.T) {
	b := newBench(t)
	b.make(ecr.RepositoryType, "r", map[string]any{"name": "chat"})
	rule := func(priority, status string) string {
		return `{"rulePriority":` + priority + `,"selection":{"tagStatus":"` + status +
			`","tagPrefixList":["v"],"countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}`
	}
	const token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	b.refused(
		"highest rulePriority",
		token,
		"l",
		map[string]any{
			"repository": "chat",
			"policy":     `{"rules":[` + rule("1", "any") + "," + rule("2", "tagged") + `]}`,
		},
	)
	b.refused(
		"must be unique",
		token,
		"l",
		map[string]any{
			"repository": "chat",
			"policy":     `{"rules":[` + rule("1", "any") + "," + rule("1", "tagged") + `]}`,
		},
	)
	b.make(
		token,
		"l",
		map[string]any{
			"repository": "chat",
			"policy":     `{"rules":[` + rule("2", "any") + "," + rule("1", "tagged") + `]}`,
		},
	)
}
