package stage

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud"
)

func TestAnEmptyCloudIsNotTheProduction(t *testing.T) {
	cloud, err := localcloud.New("us-east-1")
	require.NoError(t, err)
	_, wrong := CompareWithProduction(cloud)
	assert.Len(t, wrong, len(production)-1, "all but the public addresses: there are none in an empty cloud")
}

func TestAStateThatIsNotThereIsTold(t *testing.T) {
	_, err := (&Stage{Dir: t.TempDir(), Options: Options{Stack: "rehearsal"}}).State()
	assert.EqualError(t, err, "expected the one state of stack rehearsal, got []")
}
