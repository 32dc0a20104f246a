// The real Pulumi engine, run against an embedded AWS in a folder of its own.

package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// engine runs Pulumi commands. It is the Automation API's own runner but for two things: it
// keeps all that the engine printed, to be searched for secrets, and it can be killed.
type engine struct {
	binary  string
	version semver.Version

	mu      sync.Mutex
	printed bytes.Buffer
	running *os.Process
}

var _ auto.PulumiCommand = (*engine)(nil)

// Version is the CLI's.
func (e *engine) Version() semver.Version { return e.version }

// Run runs one command to its end.
func (e *engine) Run(ctx context.Context, workdir string, stdin io.Reader, out, errOut []io.Writer,
	env []string, args ...string,
) (string, string, int, error) {
	command := exec.CommandContext(ctx, e.binary, append(args, "--non-interactive")...)
	command.Dir = workdir
	command.Env = append(append(os.Environ(), env...), "PULUMI_AUTOMATION_API=true")
	command.Stdin = stdin
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	var stdout, stderr bytes.Buffer
	command.Stdout = io.MultiWriter(append(out, &stdout, lockedWriter{e})...)
	command.Stderr = io.MultiWriter(append(errOut, &stderr, lockedWriter{e})...)
	if err := command.Start(); err != nil {
		return "", "", -1, fmt.Errorf("starting %s: %w", e.binary, err)
	}
	e.mu.Lock()
	e.running = command.Process
	e.mu.Unlock()
	err := command.Wait()
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	return stdout.String(), stderr.String(), code, err
}

// kill ends the running command as the kernel would: SIGKILL, nothing is written any more.
func (e *engine) kill() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == nil {
		return errors.New("killing the engine: it does not run")
	}
	return e.running.Kill()
}

// KillEngine kills the engine that runs at the moment, as the kernel would.
func (s *Stage) KillEngine() error { return s.engine.kill() }

// output is all that was printed so far.
func (e *engine) output() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	return bytes.Clone(e.printed.Bytes())
}

type lockedWriter struct{ e *engine }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	return w.e.printed.Write(p)
}

// environment is all that the engine is given besides the embedded AWS: a home and a state
// folder of its own, so that nothing of the user's is read or written, and no network.
func environment(dir string, cloud map[string]string, checkpoints bool) (map[string]string, error) {
	env := map[string]string{
		"PULUMI_HOME":              filepath.Join(dir, "home"),
		"PULUMI_BACKEND_URL":       "file://" + filepath.Join(dir, "state"),
		"PULUMI_CONFIG_PASSPHRASE": "a passphrase for rehearsals",
		"PULUMI_SKIP_UPDATE_CHECK": "true",
		// The engine writes the whole state twice per resource, which is nearly all of an update's
		// time here. The embedded cloud dies with this process, so a state that is complete only at
		// the end loses nothing; in AWS it would (docs/adr/0008-checkpoints.md). Drills that kill
		// the engine write every checkpoint.
		"PULUMI_SKIP_CHECKPOINTS":                       strconv.FormatBool(!checkpoints),
		"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
		// A developer's own credentials must not even be looked at.
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "",
	}
	for _, folder := range []string{"home", "state", "work"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, fmt.Errorf("preparing a folder for the engine: %w", err)
		}
	}
	// The engine keeps a diagnostic log of every property under its home, which costs a fifth of
	// its time and dies with this folder. It has no switch; it does without where the folder cannot
	// be made.
	if err := os.WriteFile(filepath.Join(dir, "home", "logs"), nil, 0o600); err != nil {
		return nil, fmt.Errorf("preparing a folder for the engine: %w", err)
	}
	maps.Copy(env, cloud)
	return env, nil
}
