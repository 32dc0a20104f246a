package rediscluster

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFamilyFollowsEngineAndMajorVersion(t *testing.T) {
	for version, want := range map[[2]string]string{
		{"redis", "7.0"}:  "redis7",
		{"redis", "7.1"}:  "redis7",
		{"valkey", "7.2"}: "valkey7",
		{"valkey", "8.1"}: "valkey8",
	} {
		found, err := family(version[0], version[1])
		require.NoError(t, err, version)
		assert.Equal(t, want, found, version)
	}
}

func TestUnknownVersionIsRefusedWithWhatIsKnown(t *testing.T) {
	for _, version := range [][2]string{{"redis", "8.0"}, {"redis", "6.2"}, {"memcached", "1.6"}, {"redis", ""}} {
		_, err := family(version[0], version[1])
		assert.ErrorContains(t, err, "known are redis 7, valkey 7, valkey 8", version)
	}
}
