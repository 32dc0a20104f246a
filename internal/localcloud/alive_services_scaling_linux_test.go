// A service's size follows its load as Application Auto Scaling's target tracking does, and its load is what its tasks really use.
package localcloud

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAServiceFollowsItsLoad(t *testing.T) {
	s := scaling{least: 2, most: 10, target: 60}
	for _, c := range []struct {
		size  int
		uses  []float64
		wants int
		why   string
	}{
		{2, []float64{90, 90}, 2, "two minutes are not enough"},
		{2, []float64{90, 90, 90}, 3, "three are"},
		{2, []float64{90, 50, 90}, 2, "not above it all the time"},
		{4, []float64{100, 100, 150}, 10, "as many as bring it to the target, ten at most"},
		{2, []float64{61, 61, 61}, 3, "one at least"},
		{4, repeat(30, 14), 4, "fourteen quiet minutes are not enough"},
		{4, repeat(30, 15), 2, "fifteen are"},
		{4, repeat(55, 15), 4, "above 90 percent of the target it stays"},
		{4, repeat(0, 15), 2, "never below the least"},
	} {
		assert.Equal(t, c.wants, s.wanted(c.size, c.uses), c.why)
	}
}

func repeat(use float64, count int) (uses []float64) {
	for range count {
		uses = append(uses, use)
	}
	return uses
}

func TestCPUTimeIsMeasuredAgainstWhatIsReserved(t *testing.T) {
	percent, measured := utilization(map[string]float64{"a": 0, "b": 100, "gone": 5}, map[string]float64{"a": 50, "b": 125, "new": 7}, 2*time.Second, 0.25)
	assert.True(t, measured)
	assert.InDelta(t, (100+50)/2., percent, 0.01)
	_, measured = utilization(nil, map[string]float64{"new": 1}, time.Second, 0.25)
	assert.False(t, measured)
}

func TestTheCPUTimeOfAProcessGrowsWhileItWorks(t *testing.T) {
	before, err := ticksOf(os.Getpid())
	require.NoError(t, err)
	used, work := before, make([]byte, 16<<20)
	// Nearly all of this is the process's own time: the kernel's alone does not reach the limit.
	for end := time.Now().Add(10 * time.Second); used < before+20 && time.Now().Before(end); {
		sha256.Sum256(work)
		used, err = ticksOf(os.Getpid())
		require.NoError(t, err)
	}
	assert.GreaterOrEqual(t, used, before+20)
}
