package machine

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ticking is a oneshot that counts its runs.
const ticking = "echo run >> runs"

func runsOf(m *Machine) int { return strings.Count(content(m, "runs"), "run\n") }

func TestTimersFire(t *testing.T) {
	for name, directives := range map[string]string{
		"after boot, then after the end": "OnBootSec=5s\nOnUnitInactiveSec=10s\nAccuracySec=1s",
		"after start, then after the end": "OnActiveSec=10s\nOnUnitInactiveSec=10s\nAccuracySec=1us\n" +
			"RandomizedDelaySec=5s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := bootTest(t, "", scale(200))
			unitFile(t, m, "tick.service", "[Service]\nType=oneshot\nExecStart=/opt/tick.service\n", ticking)
			unitFile(t, m, "tick.timer", "[Timer]\n"+directives+"\n[Install]\nWantedBy=timers.target\n", "")
			must(t, m, "systemctl", "enable", "--now", "tick.timer")
			assert.True(t, m.Unit("tick.timer").Active)
			eventually(
				t,
				m,
				"tick.timer",
				func() bool { return runsOf(m) >= 3 },
				"the timer fires again and again; seen %d",
				runsOf(m),
			)
			must(t, m, "systemctl", "stop", "tick.timer")
			assert.Equal(t, "inactive", m.Unit("tick.timer").State)
			m.PowerOff()
			require.NoError(t, os.WriteFile(m.path("runs"), nil, 0o600))
			require.NoError(t, m.Start())
			eventually(
				t,
				m,
				"tick.timer",
				func() bool { return runsOf(m) >= 1 },
				"an enabled timer fires after the next boot",
			)
		})
	}
}

func TestATimerWithoutFirstTriggerWaits(t *testing.T) {
	m := bootTest(t, "", scale(1000))
	unitFile(t, m, "work.service", "[Service]\nType=oneshot\nExecStart=/opt/work.service\n", ticking)
	unitFile(t, m, "work.timer", "[Timer]\nOnUnitInactiveSec=1h\nAccuracySec=1s\n", "")
	must(t, m, "systemctl", "start", "work.timer")
	// Nothing was active yet, so nothing is due (systemd.timer(5), OnUnitInactiveSec=).
	assert.Equal(t, "elapsed", m.Unit("work.timer").SubState)
	require.NoError(t, m.Fire("work.service"))
	eventually(
		t,
		m,
		"work.timer",
		func() bool { return m.Unit("work.timer").SubState == "waiting" },
		"the run by hand is the starting point",
	)
}

func TestATimerOutlivesAFailingService(t *testing.T) {
	m := bootTest(t, "", scale(200))
	unitFile(
		t,
		m,
		"work.service",
		"[Service]\nType=oneshot\nExecStart=/opt/work.service\n",
		ticking+"; exit 1",
	)
	unitFile(t, m, "work.timer", "[Timer]\nOnActiveSec=1s\nOnUnitInactiveSec=10s\nAccuracySec=1s\n", "")
	must(t, m, "systemctl", "start", "work.timer")
	eventually(t, m, "work.timer", func() bool { return runsOf(m) >= 2 }, "a failure does not end the timer")
	assert.True(t, m.Unit("work.timer").Active)
	assert.Contains(t, m.Journal("work.timer"), "control process exited with error code")
}

// With the default of AccuracySec=, a timer of ten seconds fires once a minute: its windows always
// hold the machine's point of the minute (systemd.timer(5), AccuracySec=).
func TestAccuracy(t *testing.T) {
	point := 17*time.Second + 300*time.Millisecond
	for _, row := range []struct{ from, window, want time.Duration }{
		{from: 70 * time.Second, window: time.Minute, want: time.Minute + point},
		{from: 80 * time.Second, window: time.Minute, want: 2*time.Minute + point},
		{from: 70 * time.Second, window: 10 * time.Second, want: time.Minute + point},
		{from: 80 * time.Second, window: 10 * time.Second, want: 87*time.Second + 300*time.Millisecond},
		{from: 80 * time.Second, window: time.Second, want: 80*time.Second + 300*time.Millisecond},
		{from: 80 * time.Second, window: 100 * time.Millisecond, want: 80*time.Second + 50*time.Millisecond},
		{from: 80 * time.Second, window: time.Microsecond, want: 80 * time.Second},
	} {
		assert.Equal(
			t,
			row.want,
			between(row.from, row.from+row.window, point),
			"from %v within %v",
			row.from,
			row.window,
		)
	}
}
