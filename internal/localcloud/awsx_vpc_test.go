package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/awsx"
)

// The numbers are those that awsx's own documentation gives for a /16 over two and three zones
// (subnetDistributorNew.ts, defaultSubnetInputs).
func TestSubnetsAreLaidOutAsAwsxDoes(t *testing.T) {
	three, err := awsx.LayOut("10.0.0.0/16", nil, 3)
	require.NoError(t, err)
	assert.Equal(t, "10.0.0.0/19", three[0].Private.String())
	assert.Equal(t, "10.0.32.0/20", three[0].Public.String())
	assert.Equal(t, "10.0.64.0/19", three[1].Private.String())
	mask := 20
	fixed, err := awsx.LayOut("10.0.0.0/16", &mask, 3)
	require.NoError(t, err)
	assert.Equal(t, "10.0.32.0/21", fixed[2].Private.String())
	assert.Equal(t, "10.0.40.0/22", fixed[2].Public.String())
	small := 27
	_, err = awsx.LayOut("10.0.0.0/24", &small, 3)
	assert.ErrorContains(t, err, "/26")
}
