// A service's size follows its load as Application Auto Scaling's target tracking does, and its
// load is what its tasks really use.
package localcloud

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/ecs"
)

func TestAServiceFollowsItsLoad(t *testing.T) {
	s := ecs.Scaling{Min: 2, Max: 10, Target: 60}
	for _, c := range []struct {
		size  int
		uses  []float64
		wants int
		why   string
	}{
		{
			size:  2,
			uses:  []float64{90, 90},
			wants: 2,
			why:   "two minutes are not enough",
		},
		{
			size:  2,
			uses:  []float64{90, 90, 90},
			wants: 3,
			why:   "three are",
		},
		{
			size:  2,
			uses:  []float64{90, 50, 90},
			wants: 2,
			why:   "not above it all the time",
		},
		{
			size:  4,
			uses:  []float64{100, 100, 150},
			wants: 10,
			why:   "as many as bring it to the target, ten at most",
		},
		{
			size:  2,
			uses:  []float64{61, 61, 61},
			wants: 3,
			why:   "one at least",
		},
		{
			size:  4,
			uses:  repeat(30, 14),
			wants: 4,
			why:   "fourteen quiet minutes are not enough",
		},
		{
			size:  4,
			uses:  repeat(30, 15),
			wants: 2,
			why:   "fifteen are",
		},
		{
			size:  4,
			uses:  repeat(55, 15),
			wants: 4,
			why:   "above 90 percent of the target it stays",
		},
		{
			size:  4,
			uses:  repeat(0, 15),
			wants: 2,
			why:   "never below the least",
		},
	} {
		assert.Equal(t, c.wants, s.DesiredCount(c.size, c.uses), c.why)
	}
}

func repeat(use float64, count int) (uses []float64) {
	for range count {
		uses = append(uses, use)
	}
	return uses
}

func TestCPUTimeIsMeasuredAgainstWhatIsReserved(t *testing.T) {
	percent, measured := ecs.Utilization(
		map[string]float64{"a": 0, "b": 100, "gone": 5},
		map[string]float64{"a": 50, "b": 125, "new": 7},
		2*time.Second,
		0.25,
	)
	assert.True(t, measured)
	assert.InDelta(t, (100+50)/2., percent, 0.01)
	_, measured = ecs.Utilization(nil, map[string]float64{"new": 1}, time.Second, 0.25)
	assert.False(t, measured)
}

func TestADeclaredDemandIsSharedByTheTasks(t *testing.T) {
	for _, c := range []struct {
		units float64
		tasks int
		want  float64
	}{
		{units: 1024, tasks: 8, want: 50},
		{units: 1024, tasks: 2, want: 100}, // a task has no more than it reserves
		{units: 0, tasks: 2, want: 0},
	} {
		percent, measured := ecs.DemandPerTask(c.units, c.tasks, 256)
		assert.True(t, measured)
		assert.InDelta(t, c.want, percent, 0.01)
	}
	_, measured := ecs.DemandPerTask(1024, 0, 256)
	assert.False(t, measured, "without tasks there is no metric")

	cloud, err := New("us-east-1")
	require.NoError(t, err)
	withdraw := ecs.DeclareDemand(cloud, "quest-system", 512)
	units, declared := ecs.DeclaredDemand(cloud, "quest-system")
	assert.True(t, declared)
	assert.InDelta(t, 512, units, 0)
	_, declared = ecs.DeclaredDemand(cloud, "payment")
	assert.False(t, declared, "another service is measured")
	withdraw()
	_, declared = ecs.DeclaredDemand(cloud, "quest-system")
	assert.False(t, declared)
}

func TestTheCPUTimeOfAProcessGrowsWhileItWorks(t *testing.T) {
	before, err := ecs.CPUTicks(os.Getpid())
	require.NoError(t, err)
	used, work := before, make([]byte, 16<<20)
	// Nearly all of this is the process's own time: the kernel's alone does not reach the limit.
	for end := time.Now().Add(10 * time.Second); used < before+20 && time.Now().Before(end); {
		sha256.Sum256(work)
		used, err = ecs.CPUTicks(os.Getpid())
		require.NoError(t, err)
	}
	assert.GreaterOrEqual(t, used, before+20)
}
