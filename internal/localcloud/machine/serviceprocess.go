// The processes of a service: what they start with, and what their end means.

package machine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// setupError is a step before the program that failed; status and step are those of
// systemd.exec(5), "Process Exit Codes".
type setupError struct {
	status int
	step   string
	err    error
}

func (e *setupError) Error() string { return fmt.Sprintf("Failed at step %s: %v", e.step, e.err) }

// environment is that of the service's processes; files are read at every start (systemd.exec(5),
// EnvironmentFile=).
func (u *unit) environment(s *serviceDefinition) (map[string]string, error) {
	values := u.b.environment()
	u.mu.Lock()
	values["INVOCATION_ID"] = u.invocation
	if u.main != nil && !isClosed(u.main.ended) {
		values["MAINPID"] = strconv.Itoa(u.main.os.Pid)
	}
	u.mu.Unlock()
	if entry := u.b.m.entryOf("etc/passwd", s.user); s.user != "" && len(entry) == 7 {
		values["USER"], values["LOGNAME"], values["SHELL"], values["HOME"] = s.user, s.user, entry[6], u.b.m.path(
			entry[5],
		)
	}
	for _, file := range s.environmentFiles {
		text, err := os.ReadFile(u.b.m.fileOf(file))
		var more map[string]string
		if err == nil {
			more, err = environmentFile(string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("loading the environment file %s: %w", file, err)
		}
		maps.Copy(values, more)
	}
	return values, nil
}

// setUp does what systemd does between fork and the program, as far as it has an effect here.
func (u *unit) setUp(s *serviceDefinition) *setupError {
	m := u.b.m
	if s.user != "" && !m.hasUser(s.user) {
		return &setupError{status: 217, step: "USER", err: fmt.Errorf("there is no user %s", s.user)}
	}
	if s.group != "" && !m.hasGroup(s.group) {
		return &setupError{status: 216, step: "GROUP", err: fmt.Errorf("there is no group %s", s.group)}
	}
	for _, path := range s.neededPaths {
		if !exists(m.path(path)) {
			return &setupError{status: 226, step: "NAMESPACE", err: fmt.Errorf("%s does not exist", path)}
		}
	}
	if s.workingDirectory != "" && !exists(m.path(s.workingDirectory)) {
		return &setupError{status: 200, step: "CHDIR", err: fmt.Errorf("%s does not exist", s.workingDirectory)}
	}
	return nil
}

// spawn starts one command of the service. A step that fails before the program is an exit code of
// systemd's.
func (u *unit) spawn(s *serviceDefinition, line commandLine) (*process, outcome) {
	environment, err := u.environment(s)
	if err != nil {
		u.log("%s: Failed with %v", u.name, err)
		return nil, outcome{result: "resources"}
	}
	failed := u.setUp(s)
	argv, err := line.expand(environment)
	if failed == nil && err == nil {
		argv[0], err = u.b.find(line[0])
	}
	var started *process
	if failed == nil && err == nil {
		journals := []*journal{&u.journal}
		if s.toConsole {
			journals = append(journals, &u.b.m.console)
		}
		started, err = u.b.start(program{
			argv:        argv,
			environment: environment,
			directory:   u.b.m.path(s.workingDirectory),
			openFiles:   s.openFiles,
			source:      filepath.Base(line[0]),
			journals:    journals,
		})
	}
	if err == errOff { //nolint:errorlint // start returns it as it is
		return nil, interrupted
	}
	if failed == nil && err != nil {
		failed = &setupError{status: 203, step: "EXEC", err: err}
	}
	if failed != nil {
		u.log("%s: %v", u.name, failed)
		u.log("%s: Main process exited, code=exited, status=%d/%s", u.name, failed.status, failed.step)
		return nil, outcome{"exit-code", failed.status}
	}
	return started, success
}

// controlLimit is for one command of ExecReload=: DefaultTimeoutStartSec= (systemd-system.conf(5)).
const controlLimit = 90 * time.Second

// controls runs commands one after the other, while the main process runs.
func (u *unit) controls(s *serviceDefinition, lines []commandLine) outcome {
	for _, line := range lines {
		control, started := u.spawn(s, line)
		if !started.good() {
			return started
		}
		ended := u.await(s, control, line, time.After(controlLimit), nil)
		if !isClosed(control.ended) {
			// Nothing of a command stays behind when it was cut off.
			_ = syscall.Kill(-control.os.Pid, syscall.SIGKILL)
		}
		control.finishOutput()
		if !ended.good() {
			return ended
		}
	}
	return success
}

// expiry fires after a real time, never for infinity.
func expiry(limit time.Duration) <-chan time.Time {
	if limit == forever {
		return nil
	}
	return time.After(limit)
}

// await waits for the end of one command.
func (u *unit) await(
	s *serviceDefinition,
	p *process,
	line commandLine,
	limit <-chan time.Time,
	stop <-chan struct{},
) outcome {
	select {
	case <-p.ended:
	case <-stop:
		return interrupted
	case <-u.b.off:
		return interrupted
	case <-limit:
		u.log("%s: %s timed out. Terminating.", u.name, line[0])
		return outcome{result: "timeout"}
	}
	return u.endOf(s, p)
}

// cleanSignals end a service cleanly that is no oneshot (systemd.service(5), SuccessExitStatus=).
var cleanSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE}

// endOf interprets the exit status of a process, and notes a failure in the journal.
func (u *unit) endOf(s *serviceDefinition, p *process) outcome {
	status, _ := p.state.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		if s.kind != "oneshot" && slices.Contains(cleanSignals, status.Signal()) {
			return success
		}
		u.log(
			"%s: Process %d exited, code=killed, status=%d/%s",
			u.name,
			p.os.Pid,
			status.Signal(),
			signalName(status.Signal()),
		)
		if status.CoreDump() {
			return outcome{"core-dump", int(status.Signal())}
		}
		return outcome{"signal", int(status.Signal())}
	}
	code := status.ExitStatus()
	if code == 0 {
		return success
	}
	u.log("%s: Process %d exited, code=exited, status=%d", u.name, p.os.Pid, code)
	return outcome{"exit-code", code}
}

func signalName(s syscall.Signal) string {
	for name, known := range signals {
		if known == s {
			return name
		}
	}
	return s.String()
}
