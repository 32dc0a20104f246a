package machine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFaultsOfAUnitFileComeAtOnceWithTheirLines(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "server.service", `[Unit]
After=network-online.target
[Service]
Type=notify
ExecStart=opt/server
Restrat=always
RestartSec=2 fortnights
[Timer]
OnBootSec=1s
`, "")
	for _, argv := range [][]string{{"systemctl", "daemon-reload"}, {"systemctl", "start", "server"}} {
		answer := call(t, m, argv...)
		assert.Equal(t, 1, answer.Status)
		for _, fault := range []string{
			"/etc/systemd/system/server.service:4: Type=: this stand-in for systemd knows simple, oneshot",
			":5: ExecStart=: neither a valid executable name nor an absolute path: opt/server",
			":6: Restrat=: this stand-in for systemd does not know the directive",
			":7: RestartSec=: \"2 fortnights\" is no time span",
			":9: a .service has no section [Timer] here",
		} {
			assert.Contains(t, string(answer.Err), fault)
		}
	}
	assert.False(t, m.Unit("server.service").Loaded)
}

func TestUnitsThatSystemdRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"[Service]\nType=simple\n":                                    "no ExecStart=",
		"[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n":             "more than one ExecStart=",
		"[Service]\nType=oneshot\nExecStart=/bin/a\nRestart=always\n": "isn't allowed for Type=oneshot",
		"[Service]\nExecStart=/bin/a %n\n":                            `specifier "%n"`,
		"[Service]\nExecStart=/bin/a 'b\n":                            "no end",
		"[Service]\nExecStart=@/bin/a b\n":                            "prefix",
		"[Service]\nExecStart=/bin/a\nReadWritePaths=var/lib\n":       "no absolute path",
		"ExecStart=/bin/a\n":                                          "no assignment in a section",
		"[Service]\nExecStart=/bin/a\nKillSignal=SIGWINDOW\n":         "SIGWINDOW",
		"[Service]\nExecStart=-/bin/a\n":                              "prefix",
		"[Service]\nExecStart=/bin/a\nEnvironmentFile=-/etc/a\n":      "no absolute path",
		"[Service]\nExecStart=/bin/a\nRestart=on-failure\n":           "knows no, always",
		"[Service]\nExecStart=/bin/a\nRemainAfterExit=perhaps\n":      "no boolean",
		"[Service]\nExecStart=/bin/a\n[Install]\nAlso=b.service\n": "does not know the directive in section " +
			"[Install]",
		"[Service]\nExecStart=/bin/a\nStandardOutput=file:/var/log/a\n":  "knows journal",
		"[Service]\nExecStart=/bin/a\n[Unit]\nStartLimitIntervalSec=s\n": "does not know the directive",
		"[Service]\nExecStart=/bin/a\nExecStartPre=/bin/b\n":             "ExecStartPre=: this stand-in",
		"[Service]\nExecStart=/bin/a\nMemoryMax=1G\n":                    "MemoryMax=: this stand-in",
		"[Unit]\nRequires=b.service\n[Service]\nExecStart=/bin/a\n":      "Requires=: this stand-in",
	} {
		_, err := parseUnit("/etc/systemd/system/a.service", text)
		assert.ErrorContains(t, err, says, text)
	}
	for text, says := range map[string]string{
		"[Timer]\nAccuracySec=1s\n":     "lacks value setting",
		"[Timer]\nOnCalendar=weekly\n":  "OnCalendar=: this stand-in",
		"[Service]\nExecStart=/bin/a\n": "has no section [Service]",
	} {
		_, err := parseUnit("/etc/systemd/system/a.timer", text)
		assert.ErrorContains(t, err, says, text)
	}
}

func TestSyntaxOfUnitFiles(t *testing.T) {
	d, err := parseUnit("a.service", `# comment
[Unit]
Description=Some \
; a comment does not end the line
  service
After=one.service two.service
After=
After=three.service
[Service]
ExecStart=/bin/a "two words" 'it''s' x\x20
TimeoutStopSec=0
ProtectSystem=strict
`)
	require.ErrorContains(t, err, `\x`)
	assert.Equal(t, "Some    service", d.description)
	assert.Equal(t, []string{"three.service"}, d.after, "an empty value forgets those before (systemd.unit(5))")
	assert.Equal(t, forever, d.service.stopTimeout, "0 turns the limit off")
}

// The values are those of systemd-analyze timespan.
func TestTimeSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2min": 2 * time.Minute, "10s": 10 * time.Second, "1h 30min": 90 * time.Minute,
		"1h30min": 90 * time.Minute, "90": 90 * time.Second,
		"1.5s": 1500 * time.Millisecond, "100ms": 100 * time.Millisecond, "1us": time.Microsecond,
		"2 days": 48 * time.Hour,
		"1y":     31557600 * time.Second, "infinity": forever, "1month": 2630016 * time.Second,
	} {
		got, err := parseSpan(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "abc", "5 parsecs", "-1s", "1..5s"} {
		_, err := parseSpan(text)
		assert.Error(t, err, text)
	}
}

func TestAUnitStaysAsLoadedUntilDaemonReload(t *testing.T) {
	m := bootTest(t, "")
	unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo first >> order'\n", "")
	must(t, m, "systemctl", "start", "job")
	unitFile(t, m, "job.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo second >> order'\n", "")
	warned := call(t, m, "systemctl", "start", "job")
	assert.Contains(t, string(warned.Err), "changed on disk")
	must(t, m, "systemctl", "daemon-reload")
	must(t, m, "systemctl", "start", "job")
	assert.Equal(t, "first\nfirst\nsecond\n", content(m, "order"))
}

func TestSystemctl(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"server.service",
		"[Unit]\nDescription=A server\n[Service]\nExecStart=/opt/server.service\n[Install]\n"+
			"WantedBy=multi-user.target\n",
		runs,
	)
	missing := call(t, m, "systemctl", "start", "missing")
	assert.Equal(
		t,
		reply{Err: []byte("Failed to start missing.service: Unit missing.service not found.\n"), Status: 5},
		missing,
	)
	assert.Equal(t, reply{Out: []byte("inactive\n"), Status: 3}, call(t, m, "systemctl", "is-active", "server"))
	assert.False(t, m.Unit("server.service").Enabled)
	assert.Equal(t, 4, call(t, m, "systemctl", "status", "missing").Status)
	assert.Contains(t, string(call(t, m, "systemctl", "reload", "server").Err), "not applicable")

	must(t, m, "systemctl", "enable", "--now", "server.service")
	target, err := os.Readlink(m.path(unitFolder, "multi-user.target.wants/server.service"))
	require.NoError(t, err)
	assert.Equal(t, "../server.service", target)
	assert.Equal(t, "active\n", must(t, m, "systemctl", "is-active", "server"))
	first := m.Unit("server.service").MainPID
	assert.Contains(t, string(call(t, m, "systemctl", "mask", "server").Err), "does not know mask")
	eventually(
		t,
		m,
		"server.service",
		func() bool { return len(m.Journal("server.service")) > 0 },
		"the journal holds what the process says",
	)
	status := must(t, m, "systemctl", "status", "--no-pager", "server")
	assert.Contains(t, status, "server.service - A server")
	assert.Contains(t, status, "Active: active (running)")

	must(t, m, "systemctl", "start", "server")
	assert.Equal(t, first, m.Unit("server.service").MainPID, "starting what runs changes nothing")
	must(t, m, "systemctl", "restart", "server")
	assert.NotEqual(t, first, m.Unit("server.service").MainPID)
	assert.Equal(t, []string{"server.service"}, m.Units())
	must(t, m, "systemctl", "stop", "server")
	assert.Equal(t, UnitStatus{
		Loaded:   true,
		Enabled:  true,
		State:    "inactive",
		SubState: "dead",
		Result:   "success",
	}, m.Unit("server.service"))
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	long := string(make([]byte, 10<<10))
	for range 500 {
		j.note("a", long)
	}
	mark := j.mark()
	j.note("a", "the newest")
	assert.LessOrEqual(t, len(j.String()), journalSize)
	assert.Contains(t, j.String(), "the newest")
	assert.Regexp(t, `^\S+ a: the newest\n$`, j.since(mark))
}

// What a node does not use must not grow here.
func TestTheShippedUnitsLoadAndUseEveryDirectiveThatIsKnown(t *testing.T) {
	files, err := filepath.Glob("../../../assets/nats/units/*.*")
	require.NoError(t, err)
	used := map[string]bool{}
	collect := func(text string) {
		lines, faults := parseLines(text)
		require.Empty(t, faults)
		for _, a := range lines {
			used[a.section+"."+a.key] = true
		}
	}
	collect(userDataDefinition)
	for _, file := range files {
		if kind := filepath.Ext(file); kind != ".service" && kind != ".timer" {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = parseUnit(filepath.Base(file), string(text))
		assert.NoError(t, err)
		collect(string(text))
	}
	for name := range directives {
		assert.True(t, used[name], "no unit of a node uses %s=: this stand-in need not know it", name)
	}
	for name := range withoutEffect {
		assert.True(t, used["Service."+name], "no unit of a node uses %s=: this stand-in need not know it", name)
	}
}
