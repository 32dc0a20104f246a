package naming_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/naming"
)

func TestNameAtTheLimitPassesAndOneMoreIsRefused(t *testing.T) {
	for kind, limit := range map[naming.Kind]int{
		naming.LoadBalancer:     32,
		naming.TargetGroup:      32,
		naming.ReplicationGroup: 40,
		naming.Bucket:           63,
		naming.Role:             64,
		naming.Function:         64,
		naming.Budget:           100,
		naming.Service:          255,
		naming.Repository:       256,
		naming.LogGroup:         512,
	} {
		t.Run(string(kind), func(t *testing.T) {
			longest := strings.Repeat("x", limit-len("prod-"))

			name, err := kind.Compose("prod", longest)
			require.NoError(t, err)
			assert.Equal(t, "prod-"+longest, name)

			_, err = kind.Compose("prod", longest+"x")
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

func TestUnknownKindPanics(t *testing.T) {
	assert.PanicsWithValue(t, `naming: no limit is known for the name of a "teapot": add the kind to the table`,
		func() { naming.Kind("teapot").Limit() })
}
