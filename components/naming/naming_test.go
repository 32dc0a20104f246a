package naming_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/naming"
)

func TestNameAtTheLimitPassesAndOneMoreIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		kind  naming.Kind
		limit int
	}{
		"load balancer":     {kind: naming.LoadBalancer, limit: 32},
		"replication group": {kind: naming.ReplicationGroup, limit: 40},
		"role":              {kind: naming.Role, limit: 64},
		"service":           {kind: naming.Service, limit: 255},
		"task family":       {kind: naming.TaskFamily, limit: 255},
		"repository":        {kind: naming.Repository, limit: 256},
		"log group":         {kind: naming.LogGroup, limit: 512},
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
	name, err := naming.Repository.Path("prod", "quest-system")
	require.NoError(t, err)
	assert.Equal(t, "prod/quest-system", name)
}

func TestEmptyPartIsRefused(t *testing.T) {
	_, err := naming.Role.Compose("prod", "", "task")
	assert.ErrorContains(t, err, "part 2")
}
