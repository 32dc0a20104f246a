package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deviceOf is the name of a disk by its serial number.
func deviceOf(t *testing.T, m *Machine, serial string) string {
	t.Helper()
	for _, line := range strings.Split(
		must(t, m, "lsblk", "--nodeps", "--noheadings", "--paths", "--output", "NAME,SERIAL"),
		"\n",
	) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[1] == serial {
			return fields[0]
		}
	}
	return ""
}

func TestNamesOfDisksMoveBetweenBoots(t *testing.T) {
	m := bootTest(t, "")
	require.NoError(t, m.Attach("vol-0a1b", t.TempDir()))
	require.ErrorContains(t, m.Attach("vol-0a1b", t.TempDir()), "attached already")
	seen := map[string]bool{}
	for len(seen) < 2 {
		name := deviceOf(t, m, "vol0a1b")
		require.Regexp(t, `^/dev/nvme[2-9]n1$`, name)
		seen[name] = true
		m.PowerOff()
		require.NoError(t, m.Start())
	}
	require.NoError(t, m.Detach("vol-0a1b"))
	assert.Empty(t, deviceOf(t, m, "vol0a1b"))
	require.ErrorContains(t, m.Detach("vol-0a1b"), "not attached")
}

func TestFileSystems(t *testing.T) {
	m := bootTest(t, "")
	folder := t.TempDir()
	require.NoError(t, m.Attach("vol-0a1b", folder))
	device := deviceOf(t, m, "vol0a1b")
	empty := call(t, m, "blkid", "--output", "value", "--match-tag", "TYPE", device)
	assert.Equal(t, reply{Status: 2}, empty, "an empty disk answers nothing, with status 2")
	assert.Contains(t, string(call(t, m, "mkfs.xfs", "-L", "longer-than-12", device).Err), "12 characters")
	must(t, m, "mkfs.xfs", "-L", "nats-data", device)
	assert.Equal(t, "xfs\n", must(t, m, "blkid", "--output", "value", "--match-tag", "TYPE", device))

	put(t, m, "etc/fstab", "# none\nLABEL=nats-data /var/lib/nats xfs defaults 0 2\n", 0o644)
	assert.Contains(t, string(call(t, m, "mount", "/var/lib/nats").Err), "mount point does not exist")
	put(t, m, "var/lib/nats/below", "was here before", 0o644)
	assert.Equal(t, 32, call(t, m, "mountpoint", "-q", "/var/lib/nats").Status)
	must(t, m, "mount", "var/lib/nats")
	must(t, m, "mountpoint", "-q", "/var/lib/nats")
	assert.Equal(t, 32, call(t, m, "mount", "/var/lib/nats").Status, "a mount point takes one file system")
	assert.Contains(t, string(call(t, m, "mkfs.xfs", "-f", device).Err), "mounted")
	assert.Empty(t, content(m, "var/lib/nats/below"), "the mount hides what lay there")
	put(t, m, "var/lib/nats/kept", "on the disk", 0o644)

	must(t, m, "umount", "/var/lib/nats")
	assert.Equal(t, 32, call(t, m, "umount", "/var/lib/nats").Status)
	assert.Equal(t, "was here before", content(m, "var/lib/nats/below"))
	onDisk, err := os.ReadFile(filepath.Join(folder, contentFolder, "kept"))
	require.NoError(t, err)
	assert.Equal(t, "on the disk", string(onDisk))

	again := call(t, m, "mkfs.xfs", "-L", "nats-data", device)
	assert.Equal(t, 1, again.Status, "a file system is not overwritten without -f")
	assert.Contains(t, string(again.Err), "existing filesystem (xfs)")
	must(t, m, "mkfs.xfs", "-f", "-L", "nats-data", device)
	must(t, m, "mount", "/var/lib/nats")
	assert.Empty(t, content(m, "var/lib/nats/kept"))
}

func TestAMountInUseIsNotTaken(t *testing.T) {
	m := bootTest(t, "")
	require.NoError(t, m.Attach("vol-0a1b", t.TempDir()))
	must(t, m, "mkfs.xfs", "-L", "data", deviceOf(t, m, "vol0a1b"))
	put(t, m, "etc/fstab", "LABEL=data /data xfs defaults 0 2\n", 0o644)
	require.NoError(t, os.Mkdir(m.path("data"), 0o755))
	must(t, m, "mount", "/data")
	unitFile(t, m, "user.service", "[Service]\nWorkingDirectory=/data\nExecStart=/bin/sleep 1000\n", "")
	must(t, m, "systemctl", "start", "user")
	busy := call(t, m, "umount", "/data")
	assert.Equal(t, 32, busy.Status)
	assert.Contains(t, string(busy.Err), "target is busy")
	must(t, m, "systemctl", "stop", "user")
	must(t, m, "umount", "/data")
}

func TestMountWithoutItsDisk(t *testing.T) {
	m := bootTest(t, "")
	put(t, m, "etc/fstab", "LABEL=lost /var/lib/lost xfs defaults 0 2\n", 0o644)
	require.NoError(t, os.Mkdir(m.path("var/lib/lost"), 0o755))
	answer := call(t, m, "mount", "/var/lib/lost")
	assert.Equal(t, reply{Err: []byte("mount: /var/lib/lost: can't find LABEL=lost.\n"), Status: 1}, answer)
	unitFile(
		t,
		m,
		"needs.service",
		"[Unit]\nRequiresMountsFor=/var/lib/lost/deep\n[Service]\nExecStart=/bin/sleep 1000\n",
		"",
	)
	refused := call(t, m, "systemctl", "start", "needs")
	assert.Equal(t, 1, refused.Status)
	assert.Contains(t, string(refused.Err), "dependency job for needs.service failed")
}

func TestUsers(t *testing.T) {
	m := bootTest(t, "")
	assert.Equal(t, reply{Err: []byte("id: ‘nats’: no such user\n"), Status: 1}, call(t, m, "id", "-u", "nats"))
	must(t, m, "useradd", "--system", "--home-dir", "/var/lib/nats", "--shell", "/usr/sbin/nologin", "nats")
	assert.Equal(t, 9, call(t, m, "useradd", "--system", "nats").Status)
	assert.Equal(t, itoa(os.Getuid())+"\n", must(t, m, "id", "-u", "nats"))
	assert.Equal(t, itoa(os.Getgid())+"\n", must(t, m, "id", "-g", "nats"))
	assert.Contains(t, content(m, "etc/passwd"), ":/var/lib/nats:/usr/sbin/nologin\n")
}

func TestOptionsThatAreNotKnownAreRefused(t *testing.T) {
	m := bootTest(t, "")
	for _, argv := range [][]string{
		{"lsblk", "--json"},
		{"blkid", "--garbage"},
		{"mkfs.xfs", "-n", "size=64k", "/dev/nvme2n1"},
		{"useradd", "--uid", "12", "x"},
		{"id", "-z"},
		{"mount", "--bind", "/a", "/b"},
		{"umount", "-l", "/a"},
		{"mountpoint", "-x", "/a"},
		{"systemctl", "--root", "/", "start", "x"},
	} {
		t.Run(argv[0], func(t *testing.T) {
			answer := call(t, m, argv...)
			assert.Equal(t, 1, answer.Status)
			assert.Equal(t, "stand-in for "+argv[0]+" does not know "+argv[1]+"\n", string(answer.Err))
		})
	}
}
