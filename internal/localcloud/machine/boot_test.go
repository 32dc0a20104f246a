package machine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodeLike is user-data that does what a node's does: disk, user, mount, service.
const nodeLike = `
device=$(lsblk --nodeps --noheadings --paths --output NAME,SERIAL | awk -v serial=vol0a1b '$2 == serial {print $1}')
[ "$device" != /dev/nvme1n1 ]
[ -n "$(blkid --output value --match-tag TYPE "$device" || true)" ] || mkfs.xfs -L nats-data "$device"
id nats >/dev/null 2>&1 || useradd --system --home-dir /var/lib/nats --shell /usr/sbin/nologin nats
mkdir -p var/lib/nats
grep -q '^LABEL=nats-data ' etc/fstab || echo 'LABEL=nats-data /var/lib/nats xfs defaults,noatime 0 2' >> etc/fstab
mountpoint -q var/lib/nats || mount /var/lib/nats
install -d -o "$(id -u nats)" -g "$(id -g nats)" -m 750 var/lib/nats/jetstream
cat > opt/server <<'SERVER'
#!/bin/bash
trap 'echo reloaded' HUP
echo "start of $NODE in $PWD" >> var/lib/nats/jetstream/starts
while true; do sleep 0.01; done
SERVER
chmod 755 opt/server
echo 'NODE=nats-1' > etc/node.env
cat > etc/systemd/system/server.service <<'UNIT'
[Unit]
Description=A server
After=network-online.target
RequiresMountsFor=/var/lib/nats
[Service]
EnvironmentFile=/etc/node.env
ExecStart=/opt/server
ExecReload=/bin/kill -s HUP $MAINPID
User=nats
Restart=always
RestartSec=100ms
LimitNOFILE=4096
ReadWritePaths=/var/lib/nats
ProtectSystem=strict
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now server.service
systemctl is-active --quiet server
`

// bootNode boots a machine with a disk that it waits for.
func bootNode(t *testing.T, disk string) *Machine {
	t.Helper()
	wait := "until lsblk --nodeps --noheadings --paths --output NAME,SERIAL | grep -q vol0a1b; do sleep 0.01; done"
	m := bootTest(t, bash(wait, nodeLike))
	require.NoError(t, m.Attach("vol-0a1b", disk))
	return m
}

func TestUserDataBringsUpAService(t *testing.T) {
	m := bootNode(t, t.TempDir())
	ran(t, m)
	status := m.Unit("server.service")
	assert.True(t, status.Loaded && status.Enabled && status.Active, "%+v", status)
	assert.NotZero(t, status.MainPID)
	eventually(t, m, "server.service", func() bool {
		return content(m, "var/lib/nats/jetstream/starts") == "start of nats-1 in "+m.Dir()+"\n"
	}, "the server runs in the machine's folder with its environment")
	must(t, m, "systemctl", "reload", "server.service")
	eventually(
		t,
		m,
		"server.service",
		func() bool { return strings.Contains(m.Journal("server.service"), ": reloaded\n") },
		"ExecReload with $MAINPID reaches the process",
	)
	limits, err := os.ReadFile(filepath.Join("/proc", itoa(status.MainPID), "limits"))
	require.NoError(t, err)
	assert.Regexp(t, `Max open files\s+4096\s+4096`, string(limits))
}

func TestADiskKeepsItsFilesOverTwoMachines(t *testing.T) {
	disk := t.TempDir()
	first := bootNode(t, disk)
	ran(t, first)
	eventually(
		t,
		first,
		"server.service",
		func() bool { return content(first, "var/lib/nats/jetstream/starts") != "" },
		"the first server wrote",
	)
	require.ErrorContains(t, first.Detach("vol-0a1b"), "mounted")
	require.NoError(t, first.Shutdown(t.Context()))
	require.NoError(t, first.Detach("vol-0a1b"))
	assert.Empty(t, content(first, "var/lib/nats/jetstream/starts"), "what is on the disk is not on the machine")

	second := bootNode(t, disk)
	ran(t, second)
	eventually(
		t,
		second,
		"server.service",
		func() bool { return strings.Count(content(second, "var/lib/nats/jetstream/starts"), "start") == 2 },
		"the second machine found the file of the first and wrote into it",
	)
}

func TestStartBootsWhatIsEnabledWithoutUserData(t *testing.T) {
	m := bootNode(t, t.TempDir())
	ran(t, m)
	eventually(
		t,
		m,
		"server.service",
		func() bool { return content(m, "var/lib/nats/jetstream/starts") != "" },
		"the server started once",
	)
	m.PowerOff()
	assert.False(t, m.IsOn())
	assert.True(t, m.Unit("server.service").Enabled)
	require.NoError(t, m.Start())
	eventually(
		t,
		m,
		"server.service",
		func() bool { return strings.Count(content(m, "var/lib/nats/jetstream/starts"), "start") == 2 },
		"the disk was mounted by etc/fstab and the enabled unit started",
	)
	assert.Empty(t, m.Journal(userDataUnit), "user-data runs once per instance")
	require.ErrorContains(t, m.Start(), "on already")
}

func TestBootWithoutADiskOfTheMountTableEndsInEmergencyMode(t *testing.T) {
	m := bootTest(t, bash(nodeLike2), scale(1000))
	ran(t, m)
	require.NoError(t, m.Shutdown(t.Context()))
	require.NoError(t, m.Start())
	eventually(
		t,
		m,
		"some.service",
		func() bool { return strings.Contains(m.Console(), "emergency mode") },
		"a missing disk without nofail stops the boot",
	)
	assert.False(t, m.Unit("some.service").Active)
}

// nodeLike2 enables a service on a machine whose etc/fstab names a disk that is not there.
const nodeLike2 = `
printf '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n' > etc/systemd/system/some.service
systemctl enable --now some.service
echo 'LABEL=lost /var/lib/lost xfs defaults 0 2' >> etc/fstab
`

func TestPowerOffLeavesNoProcess(t *testing.T) {
	m := bootTest(t, bash(
		"(setsid sleep 1000 & setsid bash -c 'trap \"\" TERM INT HUP; sleep 1000 & sleep 1000') &",
		"printf '[Service]\\nExecStart=/bin/sleep 1000\\n' > etc/systemd/system/some.service",
		"systemctl start some.service", "touch ready", "sleep 1000"))
	b := m.running()
	eventually(
		t,
		m,
		"some.service",
		func() bool { return content(m, "ready") == "" && exists(m.path("ready")) && len(b.pids("")) >= 6 },
		"user-data and its children run",
	)
	m.PowerOff()
	assert.Empty(t, b.pids(""), "the power is off and these processes run")
	assert.False(t, m.IsOn())
	assert.NoDirExists(t, filepath.Dir(b.socket))
}

func TestShutdownPullsThePlugWhenItTakesTooLong(t *testing.T) {
	m := bootTest(t, "")
	unitFile(
		t,
		m,
		"slow.service",
		"[Service]\nExecStart=/opt/slow.service\nTimeoutStopSec=infinity\n",
		"trap '' TERM; touch up; while true; do sleep 0.1; done",
	)
	must(t, m, "systemctl", "start", "slow")
	eventually(
		t,
		m,
		"slow.service",
		func() bool { return exists(m.path("up")) },
		"the service ignores SIGTERM from now on",
	)
	b := m.running()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, m.Shutdown(ctx), "power was pulled")
	assert.Empty(t, b.pids(""))
	assert.False(t, m.IsOn())
	require.NoError(t, m.Shutdown(t.Context()), "a machine that is off stays off")
}

func TestShutdownStopsInReverseOrder(t *testing.T) {
	m := bootTest(t, "")
	script := "trap 'echo $0 | sed s:.*/:: >> stopped; exit 0' TERM; touch up-$(basename $0); while true; do sleep " +
		"0.01; done"
	unitFile(t, m, "disk.service", "[Service]\nExecStart=/opt/disk.service\n", script)
	unitFile(
		t,
		m,
		"server.service",
		"[Unit]\nAfter=disk.service\nWants=disk.service\n[Service]\nExecStart=/opt/server.service\n",
		script,
	)
	unitFile(
		t,
		m,
		"guest.service",
		"[Unit]\nAfter=server.service\nWants=server.service\n[Service]\nExecStart=/opt/guest.service\n",
		script,
	)
	must(t, m, "systemctl", "start", "guest")
	for _, name := range []string{"disk", "server", "guest"} {
		eventually(
			t,
			m,
			name+".service",
			func() bool { return exists(m.path("up-" + name + ".service")) },
			"%s runs, pulled in by the one that needs it",
			name,
		)
	}
	require.NoError(t, m.Shutdown(t.Context()))
	assert.Equal(t, "guest.service\nserver.service\ndisk.service\n", content(m, "stopped"))
}

func TestUserDataThatFailsSaysSo(t *testing.T) {
	m := bootTest(t, bash("echo looking for the disk", "echo no disk >&2", "exit 3"))
	err := m.UserData(t.Context())
	require.ErrorContains(t, err, "no disk")
	assert.Contains(t, m.Console(), "Failed to run module scripts-user")
	assert.Contains(t, m.Console(), "looking for the disk")
	assert.Equal(t, 3, m.Unit(userDataUnit).ExitStatus)
}

func TestBootRefuses(t *testing.T) {
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "file"), nil, 0o600))
	for name, row := range map[string]struct {
		options Options
		says    string
	}{
		"a folder with something in it": {options: Options{Dir: full, Tools: tools}, says: "not empty"},
		"user-data that is no script": {
			options: Options{Dir: filepath.Join(t.TempDir(), "m"), Tools: tools, UserData: "echo"},
			says:    "begins with",
		},
		"a folder of tools without a tool": {
			options: Options{Dir: filepath.Join(t.TempDir(), "m"), Tools: full},
			says:    "InstallTools",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Boot(row.options)
			require.ErrorContains(t, err, row.says)
		})
	}
}

func TestProcessesSeeTheMachineAndNotTheHost(t *testing.T) {
	t.Setenv("AWS_PROFILE", "of the person at the keyboard")
	m := bootTest(t, bash("env > environment", "awk '/^MemTotal/ {print $2}' proc/meminfo > memory"), func(o *Options) {
		o.Environment = map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
		o.Memory = 8 << 30
	})
	ran(t, m)
	seen := content(m, "environment")
	assert.NotContains(t, seen, "AWS_PROFILE")
	for _, line := range []string{
		"AWS_ENDPOINT_URL=http://127.0.0.1:1",
		"MACHINE_ROOT=" + m.Dir(),
		"HOME=" + m.Dir() + "/root",
		"TMPDIR=" + m.Dir() + "/tmp",
		"PATH=" + tools + ":" + searchPath,
	} {
		assert.Contains(t, seen, line+"\n")
	}
	assert.Equal(t, "8388608\n", content(m, "memory"))
}

func TestOtherCommandsAreAnsweredByTheOption(t *testing.T) {
	asked := make(chan []string, 1)
	m := bootTest(
		t,
		bash("cd opt", "echo body | aws s3 cp - s3://bucket/key > ../out 2> ../errors || echo $? > ../status"),
		func(o *Options) {
			o.Command = func(_ context.Context, _ *Machine, argv []string, stdin []byte) ([]byte, []byte, int) {
				asked <- append(argv, string(stdin))
				return []byte("said"), []byte("warned"), 7
			}
		},
	)
	ran(t, m)
	assert.Equal(t, []string{"aws", "s3", "cp", "-", "s3://bucket/key", "body\n"}, <-asked)
	assert.Equal(t, "said|warned|7\n", content(m, "out")+"|"+content(m, "errors")+"|"+content(m, "status"))

	none := bootTest(t, bash("aws sts || echo $? > status"))
	ran(t, none)
	assert.Equal(t, "127\n", content(none, "status"))
}

func TestSignalNeedsAMainProcess(t *testing.T) {
	m := bootTest(t, "")
	require.ErrorContains(t, m.Signal("nothing.service", syscall.SIGTERM), "no main process")
}
