package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Environment of this test's binary when a test runs it as another process.
const (
	// holderFolder makes it boot a machine there, tell its service's process, and wait.
	holderFolder = "MACHINE_TEST_HOLDER"
	// toolsFolder is where the stand-ins are already.
	toolsFolder = "MACHINE_TEST_TOOLS"
)

// holdMachine is what the process does that holdMachineWith starts.
func holdMachine() {
	m, err := Boot(Options{Name: "i-0", Dir: os.Getenv(holderFolder), Tools: os.Getenv(toolsFolder)})
	if err == nil {
		err = os.WriteFile(
			m.path(unitFolder, "server.service"),
			[]byte("[Service]\nExecStart=/bin/sleep 1000\n"),
			0o600,
		)
	}
	if err == nil {
		err = m.running().startUnit("server.service")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(m.Unit("server.service").MainPID)
	select {}
}

// holdMachineWith starts such a process, which ends with the test, and returns the id of its
// service's process.
func holdMachineWith(t *testing.T, holder *exec.Cmd) int {
	t.Helper()
	holder.Env = append(
		os.Environ(),
		holderFolder+"="+filepath.Join(t.TempDir(), "machine"),
		toolsFolder+"="+tools,
		"TMPDIR="+t.TempDir(),
	)
	holder.Stderr = os.Stderr
	output, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	t.Cleanup(func() {
		_ = holder.Process.Kill() // it may have ended
		_ = holder.Wait()         // the error says that it was killed
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0), "the service's process runs")
	return pid
}

func TestNothingOutlivesTheRehearsal(t *testing.T) {
	holder := exec.Command(os.Args[0])
	pid := holdMachineWith(t, holder)
	require.NoError(t, holder.Process.Kill())
	assert.Eventually(
		t,
		func() bool { return !alive(pid) },
		patience,
		5*time.Millisecond,
		"the service's process outlived the rehearsal",
	)
}

// systemd starts a service with the default action for every signal. A rehearsal under nohup
// ignores SIGHUP, and one in the background of a shell SIGINT.
func TestAServiceIgnoresNoSignalThatTheRehearsalIgnores(t *testing.T) {
	pid := holdMachineWith(
		t,
		exec.Command("bash", "-c", `trap "" HUP INT QUIT PIPE TERM TSTP TTIN TTOU USR1; exec "$0"`, os.Args[0]),
	)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	// 32 and above are left out: the C library keeps some for itself (signal(7)), and Go cannot
	// catch those.
	assert.Regexp(t, `\nSigIgn:\t[0-9a-f]{8}[08]0000000\n`, string(status))
}

// alive says whether a process runs; one that has ended and was not asked for its end does not.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z")
}

// TestUnprivileged runs a whole machine as a user without rights. Run by such a user, all tests of
// the package do.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		TestUserDataBringsUpAService(t)
		return
	}
	const nobody = 65534
	folder := t.TempDir()
	// The folder above it is closed to others.
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755))
	require.NoError(t, os.Chown(folder, nobody, nobody))
	binary := filepath.Join(folder, "tests")
	copyFile(t, os.Args[0], binary)
	command := exec.Command(
		binary,
		"-test.v",
		"-test.run",
		"^(TestUnprivileged|TestADiskKeepsItsFilesOverTwoMachines|TestPowerOffLeavesNoProcess)$",
	)
	command.Dir = folder
	command.Env = []string{"TMPDIR=" + folder, toolsFolder + "=" + tools}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	assert.Equal(t, 3, strings.Count(string(output), "--- PASS: "), "%s", output)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	require.NoError(t, err)
	defer source.Close() //nolint:errcheck // it was only read
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(target, source)
	require.NoError(t, err)
	require.NoError(t, target.Close())
}
