package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tools is the folder of stand-ins for all tests of the package, in a folder that every user may
// read.
var tools string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if os.Getenv(holderFolder) != "" {
		holdMachine()
	}
	if tools = os.Getenv(toolsFolder); tools != "" {
		return m.Run()
	}
	folder, err := os.MkdirTemp("", "stand-ins-")
	if err == nil {
		err = os.Chmod(folder, 0o755)
	}
	tools = filepath.Join(folder, "bin")
	if err == nil {
		err = InstallTools(context.Background(), "../../..", tools)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder) //nolint:errcheck // what is left lies in the temporary folder
	return m.Run()
}

// patience is how long a test waits for what is bound to come.
const patience = 20 * time.Second

// bootTest boots a machine, and takes its power when the test ends. change may change the options.
func bootTest(t *testing.T, userData string, change ...func(*Options)) *Machine {
	t.Helper()
	o := Options{
		Name:     "i-0123456789abcdef0",
		Dir:      filepath.Join(t.TempDir(), "machine"),
		UserData: userData,
		Tools:    tools,
	}
	for _, c := range change {
		c(&o)
	}
	m, err := Boot(o)
	require.NoError(t, err)
	t.Cleanup(m.PowerOff)
	if userData == "" {
		// The boot is over: what a test does now does not meet it.
		ran(t, m)
	}
	return m
}

// scale makes the machine's waiting times so many times shorter.
func scale(by float64) func(*Options) { return func(o *Options) { o.Scale = by } }

// bash is a user-data script that ends at the first error.
func bash(lines ...string) string {
	return "#!/bin/bash\nset -euo pipefail\ncd \"${MACHINE_ROOT:-/}\"\n" + strings.Join(lines, "\n") + "\n"
}

// ran waits for the end of user-data, and requires that it was good.
func ran(t *testing.T, m *Machine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, m.UserData(ctx))
}

// eventually polls until the condition holds, and shows what the unit said if it never does.
func eventually(t *testing.T, m *Machine, unit string, condition func() bool, format string, values ...any) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			require.Failf(
				t,
				fmt.Sprintf(format, values...),
				"%s is %+v; journal:\n%s\nconsole:\n%s",
				unit,
				m.Unit(unit),
				m.Journal(unit),
				m.Console(),
			)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// put writes a file of the machine.
func put(t *testing.T, m *Machine, path, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(m.path(path)), 0o755))
	require.NoError(t, os.WriteFile(m.path(path), []byte(text), mode))
}

// unitFile writes a unit file and a script opt/NAME that its service runs.
func unitFile(t *testing.T, m *Machine, name, text, script string) {
	t.Helper()
	put(t, m, filepath.Join(unitFolder, name), text, 0o644)
	if script != "" {
		put(t, m, "opt/"+name, "#!/bin/bash\n"+script+"\n", 0o755)
	}
}

// call runs a stand-in as a process of the machine would.
func call(t *testing.T, m *Machine, argv ...string) reply {
	t.Helper()
	b := m.running()
	require.NotNil(t, b, "the machine is off")
	return b.runCommand(t.Context(), request{Argv: argv, Directory: m.Dir()})
}

// must is call, and requires exit status 0.
func must(t *testing.T, m *Machine, argv ...string) string {
	t.Helper()
	answer := call(t, m, argv...)
	require.Zero(t, answer.Status, "%v: %s%s", argv, answer.Out, answer.Err)
	return string(answer.Out)
}

// content reads a file of the machine; "" if it is not there.
func content(m *Machine, path string) string {
	text, err := os.ReadFile(m.path(path))
	if err != nil {
		return ""
	}
	return string(text)
}
