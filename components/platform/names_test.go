package platform_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

func TestNameAtTheLimitPassesAndOneMoreIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		kind  platform.Kind
		limit int
	}{
		"load balancer":     {kind: platform.LoadBalancer, limit: 32},
		"replication group": {kind: platform.ReplicationGroup, limit: 40},
		"role":              {kind: platform.Role, limit: 64},
		"service":           {kind: platform.Service, limit: 255},
		"task family":       {kind: platform.TaskFamily, limit: 255},
		"repository":        {kind: platform.Repository, limit: 256},
		"log group":         {kind: platform.LogGroup, limit: 512},
	} {
		t.Run(name, func(t *testing.T) {
			longest := strings.Repeat("x", test.limit-len("prod-"))

			name, err := test.kind.Compose("prod", longest)
			require.NoError(t, err)
			assert.Equal(t, "prod-"+longest, name)

			_, err = test.kind.Compose("prod", longest+"x")
			assert.ErrorContains(t, err, "shorten a part by 1")
		})
	}
}

func TestPathJoinsWithSlashes(t *testing.T) {
	name, err := platform.Repository.Path("prod", "quest-system")
	require.NoError(t, err)
	assert.Equal(t, "prod/quest-system", name)
}

func TestEmptyPartIsRefused(t *testing.T) {
	_, err := platform.Role.Compose("prod", "", "task")
	assert.ErrorContains(t, err, "part 2")
}
