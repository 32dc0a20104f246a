package machine

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func itoa(n int) string { return strconv.Itoa(n) }

// runs is a script of a service that runs until it is killed.
const runs = "echo up; while true; do sleep 0.01; done"

func TestRestartAlwaysStartsAKilledProcessAgain(t *testing.T) {
	m := bootTest(t, "", scale(10))
	unitFile(
		t,
		m,
		"server.service",
		"[Service]\nExecStart=/opt/server.service\nRestart=always\nRestartSec=500ms\n",
		runs,
	)
	must(t, m, "systemctl", "start", "server")
	first := m.Unit("server.service").MainPID
	require.NoError(t, m.Signal("server.service", syscall.SIGKILL))
	eventually(t, m, "server.service", func() bool {
		s := m.Unit("server.service")
		return s.Active && s.MainPID != first && s.Restarts == 1
	}, "the service runs as another process")
	journal := m.Journal("server.service")
	assert.Contains(t, journal, "code=killed, status=9/KILL")
	assert.Contains(t, journal, "Failed with result 'signal'")
	assert.Contains(t, journal, "restart counter is at 1")
	must(t, m, "systemctl", "stop", "server")
	status := m.Unit("server.service")
	assert.Equal(t, "inactive", status.State, "a stopped service is not restarted")
	assert.Zero(t, status.MainPID)
}

// systemd.service(5), "Exit causes and the effect of the Restart= settings".
func TestRestartByCause(t *testing.T) {
	for _, row := range []struct {
		restart, script, result string
		again                   bool
	}{
		{restart: "no", script: "exit 0", result: "success", again: false},
		{restart: "no", script: "exit 1", result: "exit-code", again: false},
		{restart: "no", script: "kill -KILL $$", result: "signal", again: false},
		{restart: "no", script: "kill -TERM $$", result: "success", again: false},
		{restart: "always", script: "exit 0", result: "start-limit-hit", again: true},
		{restart: "always", script: "exit 1", result: "start-limit-hit", again: true},
	} {
		t.Run(row.restart+" after "+row.script, func(t *testing.T) {
			m := bootTest(t, "")
			unitFile(
				t,
				m,
				"one.service",
				"[Service]\nExecStart=/opt/one.service\nRestart="+row.restart+"\nRestartSec=1ms\n",
				"echo run; "+row.script,
			)
			must(t, m, "systemctl", "start", "one")
			eventually(t, m, "one.service", func() bool {
				s := m.Unit("one.service")
				return s.Result == row.result && (s.State == "failed" || s.State == "inactive")
			}, "result %s", row.result)
			assert.Equal(
				t,
				map[bool]int{true: startLimitBurst, false: 1}[row.again],
				strings.Count(m.Journal("one.service"), ": run\n"),
			)
		})
	}
}

func TestStartLimitRefuses(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n", "")
	for range startLimitBurst {
		must(t, m, "systemctl", "start", "job")
	}
	refused := call(t, m, "systemctl", "start", "job")
	assert.Equal(t, 1, refused.Status)
	assert.Contains(t, string(refused.Err), "attempted too often")
	assert.Equal(t, "start-limit-hit", m.Unit("job.service").Result)
	for range startLimitBurst + 1 {
		require.NoError(t, m.Fire("job.service"), "firing stands for time that has passed")
	}
}

// systemd.kill(5): the kill signal, and SIGKILL after TimeoutStopSec=.
func TestStop(t *testing.T) {
	trapAll := `trap 'echo got TERM' TERM; trap 'echo got USR2; [ "$1" = leave ] && exit 0' USR2; echo up; while ` +
		`true; do sleep 0.01; done`
	for name, row := range map[string]struct {
		unit          string
		says, saysNot []string
		result        string
	}{
		"KillSignal= alone lets the process end by itself": {
			unit:    "KillSignal=SIGUSR2\nKillMode=mixed\nTimeoutStopSec=150",
			says:    []string{"got USR2"},
			saysNot: []string{"got TERM", "Killing"},
			result:  "success",
		},
		"SIGTERM that is ignored ends in SIGKILL": {
			unit:    "TimeoutStopSec=500ms",
			says:    []string{"got TERM", "timed out. Killing"},
			saysNot: []string{"got USR2"},
			result:  "timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := bootTest(t, "")
			argument := map[bool]string{true: " leave", false: ""}[row.result == "success"]
			unitFile(
				t,
				m,
				"server.service",
				"[Service]\nExecStart=/opt/server.service"+argument+"\nRestart=always\n"+row.unit+"\n",
				trapAll,
			)
			must(t, m, "systemctl", "start", "server")
			eventually(
				t,
				m,
				"server.service",
				func() bool { return strings.Contains(m.Journal("server.service"), ": up\n") },
				"its traps are set",
			)
			must(t, m, "systemctl", "stop", "server")
			journal, status := m.Journal("server.service"), m.Unit("server.service")
			for _, text := range row.says {
				assert.Contains(t, journal, text)
			}
			for _, text := range row.saysNot {
				assert.NotContains(t, journal, text)
			}
			assert.Equal(t, row.result, status.Result)
			assert.Zero(t, status.MainPID)
		})
	}
}

func TestWhatAServiceLeavesBehindEndsWithIt(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"job.service",
		"[Service]\nType=oneshot\nExecStart=/opt/job.service\n",
		"setsid sleep 1000 & echo $! > child; disown; exit 0",
	)
	require.NoError(t, m.Fire("job.service"))
	child, err := strconv.Atoi(strings.TrimSpace(content(m, "child")))
	require.NoError(t, err)
	assert.False(t, alive(child), "process %d belongs to a service that has ended", child)
}

func TestCommandsRunInTheirOrder(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "job.service", `[Service]
Type=oneshot
EnvironmentFile=/etc/job.env /etc/more.env
ExecStart=/opt/job.service ${ONE} $THREE $$
ExecStart=/bin/sh -c 'echo second >> order'
`, `echo "$#:$1:$2:$3:$4:$5" >> order; touch file; stat -c %a file >> order`)
	put(t, m, "etc/job.env", "# a comment\nTHREE='three words here'\nONE=overridden\n", 0o644)
	put(t, m, "etc/more.env", "ONE=\"one word\"\n", 0o644)
	require.NoError(t, m.Fire("job.service"))
	assert.Equal(t, "5:one word:three:words:here:$\n644\nsecond\n", content(m, "order"))
}

func TestFireReturnsTheFailureWithItsOutput(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"job.service",
		"[Service]\nType=oneshot\nExecStart=/opt/job.service\n",
		"echo the pointer is empty >&2; exit 4",
	)
	err := m.Fire("job.service")
	require.ErrorContains(t, err, "the pointer is empty")
	require.ErrorContains(t, err, "control process exited with error code")
	assert.Equal(t, 4, m.Unit("job.service").ExitStatus)
	unitFile(t, m, "server.service", "[Service]\nExecStart=/bin/sleep 1000\n", "")
	require.ErrorContains(t, m.Fire("server.service"), "oneshot")
}

func TestStepsBeforeTheProgram(t *testing.T) {
	for name, row := range map[string]struct {
		directives string
		status     int
		says       string
	}{
		"a path of ReadWritePaths= that is not there": {
			directives: "ReadWritePaths=/var/lib/nats",
			status:     226,
			says:       "NAMESPACE: /var/lib/nats does not exist",
		},
		"a user that is not there": {
			directives: "User=nats",
			status:     217,
			says:       "there is no user nats",
		},
		"a group that is not there": {
			directives: "Group=nats",
			status:     216,
			says:       "there is no group nats",
		},
		"a working directory that is not there": {
			directives: "WorkingDirectory=/var/lib/nats",
			status:     200,
			says:       "CHDIR",
		},
		"an environment file that is not there": {
			directives: "EnvironmentFile=/etc/nats/node.env",
			status:     0,
			says:       "/etc/nats/node.env",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := bootTest(t, "")
			unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"+row.directives+"\n", "")
			require.ErrorContains(t, m.Fire("job.service"), row.says)
			assert.Equal(t, row.status, m.Unit("job.service").ExitStatus)
		})
	}
	m := bootTest(t, "")
	unitFile(t, m, "gone.service", "[Service]\nExecStart=/opt/gone\n", "")
	must(t, m, "systemctl", "start", "gone")
	eventually(
		t,
		m,
		"gone.service",
		func() bool { return m.Unit("gone.service").ExitStatus == 203 },
		"a program that is not there fails after the start (systemd.service(5), Type=simple)",
	)
}

func TestStopInterruptsAStart(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/opt/job.service\n", "touch begun; sleep 1000")
	started := make(chan error, 1)
	go func() { started <- m.Fire("job.service") }()
	eventually(t, m, "job.service", func() bool { return exists(m.path("begun")) }, "the job runs")
	must(t, m, "systemctl", "stop", "job")
	select {
	case err := <-started:
		require.ErrorContains(t, err, "canceled")
	case <-time.After(patience):
		require.Fail(t, "the start job did not end with the stop")
	}
}

func TestStopEndsTheWaitForARestart(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"server.service",
		"[Service]\nExecStart=/opt/server.service\nRestart=always\nRestartSec=1h\n",
		"exit 1",
	)
	must(t, m, "systemctl", "start", "server")
	eventually(
		t,
		m,
		"server.service",
		func() bool { return m.Unit("server.service").SubState == "auto-restart" },
		"it waits RestartSec=",
	)
	must(t, m, "systemctl", "stop", "server")
	status := m.Unit("server.service")
	assert.Equal(t, "inactive", status.State)
	assert.Zero(t, status.Restarts)
}

func TestEveryStartOfAOneshotRunsIt(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/opt/job.service\n", ticking)
	for range 30 {
		require.NoError(t, m.Fire("job.service"))
	}
	assert.Equal(t, 30, runsOf(m))
}

// systemd.kill(5), KillMode=mixed: the signal is the main process's, the others are killed when it
// has ended.
func TestKillModeMixedKillsTheOthersAfterTheMainProcess(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"server.service",
		"[Service]\nExecStart=/opt/server.service\nKillMode=mixed\nTimeoutStopSec=150\n",
		"trap 'echo main ends; exit 0' TERM; bash -c 'trap \"echo child got TERM\" TERM; echo child up; while true; "+
			"do sleep 0.01; done' & while true; do sleep 0.01; done",
	)
	must(t, m, "systemctl", "start", "server")
	eventually(
		t,
		m,
		"server.service",
		func() bool { return strings.Contains(m.Journal("server.service"), "child up") },
		"the child runs",
	)
	invocation := m.running().unit("server.service").invocation
	must(t, m, "systemctl", "stop", "server")
	assert.Contains(t, m.Journal("server.service"), "main ends")
	assert.NotContains(t, m.Journal("server.service"), "child got TERM")
	assert.Empty(t, m.running().pids(invocation))
}

// systemd.unit(5), After=: a start waits for the start of what it is ordered after, if that is
// under way.
func TestAStartWaitsForTheOneItIsOrderedAfter(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"first.service",
		"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/opt/first.service\n",
		"touch begun; for i in $(seq 30); do [ -e order ] && break; sleep 0.01; done; echo first >> order",
	)
	unitFile(
		t,
		m,
		"second.service",
		"[Unit]\nAfter=first.service\n[Service]\nType=oneshot\nExecStart=/opt/second.service\n",
		"echo second >> order",
	)
	must(t, m, "systemctl", "start", "--no-block", "first")
	eventually(t, m, "first.service", func() bool { return exists(m.path("begun")) }, "the first is being started")
	// The first gives the second time to overtake it.
	must(t, m, "systemctl", "start", "second")
	assert.Equal(t, "first\nsecond\n", content(m, "order"))
	assert.Equal(t, "exited", m.Unit("first.service").SubState)
}
