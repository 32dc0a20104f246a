// The life of a service: start, run, stop, restart (systemd.service(5)).

package machine

import (
	"slices"
	"time"
)

// outcome is how a step of a service ended: systemd's Result, and the exit status of the process
// that decided it.
type outcome struct {
	result string
	status int
}

var success = outcome{result: "success"}

func (o outcome) good() bool { return o.result == "success" }

// interrupted are steps that a stop job or the end of the machine cut off.
var interrupted = outcome{result: "interrupted"}

// restarts says which results each Restart= restarts (systemd.service(5), table "Exit causes and
// the effect of the Restart= settings").
var restarts = map[string][]string{
	"always":      {"success", "exit-code", "signal", "core-dump", "timeout", "resources"},
	"on-success":  {"success"},
	"on-failure":  {"exit-code", "signal", "core-dump", "timeout", "resources"},
	"on-abnormal": {"signal", "core-dump", "timeout"},
	"on-abort":    {"signal", "core-dump"},
}

// supervise runs a service until it is stopped, or has ended and is not restarted. It says whether
// it failed.
func (u *unit) supervise(a *activation) (failed bool) {
	for {
		d, err := u.loaded()
		if err != nil {
			a.end = err
			return true
		}
		if u.tooManyStarts(d) {
			u.log("%s: Start request repeated too quickly.", u.name)
			return u.finish(a, outcome{result: "start-limit-hit"})
		}
		if !u.conditionsHold(d) {
			return false
		}
		ended := u.once(a)
		if ended == interrupted {
			return u.finish(a, success)
		}
		stopped := isClosed(a.stop) || u.b.isStopping()
		if stopped || !slices.Contains(restarts[d.service.restart], ended.result) {
			return u.finish(a, ended)
		}
		u.noteResult(ended)
		if !u.holdOff(a, d.service.restartDelay, u.jobError(ended)) {
			return u.finish(a, success)
		}
	}
}

// holdOff waits RestartSec= before a restart, after answering who waited for the start before;
// false: it was stopped meanwhile.
func (u *unit) holdOff(a *activation, delay time.Duration, answer error) bool {
	u.mu.Lock()
	before := a.attempt
	a.attempt = newAttempt()
	u.main = nil
	u.change("activating", "auto-restart")
	u.mu.Unlock()
	before.settle(answer)
	select {
	case <-a.stop:
		return false
	case <-u.b.off:
		return false
	case <-u.b.after(delay):
	}
	u.mu.Lock()
	u.restarts++
	count := u.restarts
	u.mu.Unlock()
	u.log("%s: Scheduled restart job, restart counter is at %d.", u.name, count)
	return true
}

// finish records how an activation ended, for activate to answer a start job that still waits.
func (u *unit) finish(a *activation, ended outcome) (failed bool) {
	u.noteResult(ended)
	a.end = u.jobError(ended)
	if isClosed(a.stop) {
		u.log("Stopped %s.", u.title())
		a.end = refuse(1, "Job for %s canceled.", u.name)
	}
	return !ended.good()
}

func (u *unit) noteResult(ended outcome) {
	u.mu.Lock()
	u.result, u.exitStatus = ended.result, ended.status
	u.mu.Unlock()
	if !ended.good() {
		u.log("%s: Failed with result '%s'.", u.name, ended.result)
	}
}

// tooManyStarts counts a start, and says whether there were more than StartLimitBurst= within
// StartLimitIntervalSec=.
func (u *unit) tooManyStarts(d *definition) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.b.monotonic()
	u.starts = slices.DeleteFunc(u.starts, func(at time.Duration) bool { return now-at > d.startLimitInterval })
	if d.startLimitInterval > 0 && d.startLimitBurst > 0 && len(u.starts) >= d.startLimitBurst {
		return true
	}
	u.starts = append(u.starts, now)
	return false
}

// conditionsHold checks ConditionPathExists=: a unit whose condition fails is not started and has
// not failed.
func (u *unit) conditionsHold(d *definition) bool {
	for _, path := range d.pathsRequired {
		wanted := path[0] != '!'
		if !wanted {
			path = path[1:]
		}
		if exists(u.b.m.path(path)) != wanted {
			u.log("%s was skipped because of an unmet condition check (ConditionPathExists=%s).", u.title(), path)
			return false
		}
	}
	return true
}

// once runs the service one time, from ExecStartPre= to ExecStopPost=.
func (u *unit) once(a *activation) outcome {
	u.mu.Lock()
	u.invocation, u.main, u.result = randomHex(32), nil, "success"
	u.mu.Unlock()
	u.set("activating", "start-pre")
	ended := u.run(a)
	if isClosed(u.b.off) {
		return interrupted
	}
	if ended == interrupted {
		// A stop job came: how the processes end under it decides.
		ended = success
	}
	d, err := u.loaded()
	if err != nil {
		return outcome{result: "resources"}
	}
	u.set("deactivating", "stop-sigterm")
	if left := u.endProcesses(d.service); ended.good() && !left.good() {
		ended = left
	}
	u.mu.Lock()
	main := u.main
	u.mu.Unlock()
	if main != nil && d.service.killMode != "none" {
		main.finishOutput()
	}
	if post := u.controls(d.service.stopPost, d.service.stopTimeout, nil); ended.good() && !post.good() {
		ended = post
	}
	if isClosed(u.b.off) {
		return interrupted
	}
	return ended
}

// run starts the service and stays until its main process has ended or it shall stop, after
// ExecStop=. What is left of its processes is the caller's.
func (u *unit) run(a *activation) outcome {
	d, err := u.loaded()
	if err != nil {
		return outcome{result: "resources"}
	}
	s := d.service
	if s.kind == "oneshot" {
		return u.runOneshot(a, s)
	}
	if pre := u.prepare(a, s); !pre.good() {
		return pre
	}
	main, started := u.spawn(s, s.start[0])
	if !started.good() {
		if s.kind == "simple" && started.result == "exit-code" {
			// For Type=simple a program that cannot be executed is a failure after the start
			// (systemd.service(5), Type=).
			a.attempt.settle(nil)
		}
		return started
	}
	if main == nil {
		return u.runStop(a)
	}
	u.mu.Lock()
	u.main = main
	u.mu.Unlock()
	if post := u.controls(s.startPost, s.startTimeout, a.stop); !post.good() {
		return post
	}
	u.set("active", "running")
	u.log("Started %s.", u.title())
	a.attempt.settle(nil)
	select {
	case <-main.ended:
		if ended := u.endOf(s, main); !ended.good() && !s.start[0].mayFail {
			return ended
		}
	case <-a.stop:
	case <-u.b.off:
		return interrupted
	}
	return u.runStop(a)
}

// prepare runs ExecStartPre=; what its commands left running is killed before the service's own
// process starts.
func (u *unit) prepare(a *activation, s *serviceDefinition) outcome {
	if ended := u.controls(s.startPre, s.startTimeout, a.stop); !ended.good() {
		return ended
	}
	if len(s.startPre) > 0 {
		if err := u.b.killAll(u.invocation); err != nil {
			u.log("%v", err)
		}
	}
	u.set("activating", "start")
	return success
}

// runOneshot runs the commands of Type=oneshot one after the other; their end is the end of the
// start.
func (u *unit) runOneshot(a *activation, s *serviceDefinition) outcome {
	// Not on the machine's clock: what the commands do takes its real time.
	limit := expiry(s.startTimeout)
	if pre := u.prepare(a, s); !pre.good() {
		return pre
	}
	for _, line := range s.start {
		main, started := u.spawn(s, line)
		if !started.good() {
			return started
		}
		if main == nil {
			continue
		}
		u.mu.Lock()
		u.main = main
		u.mu.Unlock()
		if ended := u.await(s, main, line, limit, a.stop); !ended.good() {
			return ended
		}
	}
	if post := u.controls(s.startPost, s.startTimeout, a.stop); !post.good() {
		return post
	}
	if s.remainAfterExit {
		u.set("active", "exited")
		u.log("Finished %s.", u.title())
		a.attempt.settle(nil)
		select {
		case <-a.stop:
		case <-u.b.off:
			return interrupted
		}
	}
	return u.runStop(a)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
