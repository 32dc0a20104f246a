// How a service starts, runs, ends and restarts (systemd.service(5)).

package machine

import (
	"slices"
	"time"
)

// outcome describes how a step of a service ended: systemd's Result, and the exit status of the
// process that decided it.
type outcome struct {
	result string
	status int
}

var success = outcome{result: "success"}

func (o outcome) good() bool { return o.result == "success" }

// interrupted is the outcome of steps that a stop job or the end of the machine ended.
var interrupted = outcome{result: "interrupted"}

// At most startLimitBurst starts within startLimitInterval: the defaults of StartLimitBurst= and
// StartLimitIntervalSec= (systemd.unit(5)).
const (
	startLimitBurst    = 5
	startLimitInterval = 10 * time.Second
)

// supervise runs a service until it is stopped, or has ended and is not restarted. It returns
// whether the service failed.
func (u *unit) supervise(a *activation) (failed bool) {
	for {
		d, err := u.loaded()
		if err != nil {
			a.end = err
			return true
		}
		if u.tooManyStarts() {
			u.log("%s: Start request repeated too quickly.", u.name)
			return u.finish(a, outcome{result: "start-limit-hit"})
		}
		ended := u.once(a)
		if ended == interrupted {
			return u.finish(a, success)
		}
		if isClosed(a.stop) || u.b.isStopping() || d.service.restart != "always" {
			return u.finish(a, ended)
		}
		u.noteResult(ended)
		if !u.holdOff(a, d.service.restartDelay, u.jobError(ended)) {
			return u.finish(a, success)
		}
	}
}

// holdOff ends the previous start job and waits RestartSec= before a restart; false: the unit was
// stopped meanwhile.
func (u *unit) holdOff(a *activation, delay time.Duration, result error) bool {
	u.mu.Lock()
	before := a.attempt
	a.attempt = newAttempt()
	u.main = nil
	u.change("activating", "auto-restart")
	u.mu.Unlock()
	before.settle(result)
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

// tooManyStarts counts a start, and reports whether there were too many.
func (u *unit) tooManyStarts() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.b.monotonic()
	u.starts = slices.DeleteFunc(u.starts, func(at time.Duration) bool { return now-at > startLimitInterval })
	if len(u.starts) >= startLimitBurst {
		return true
	}
	u.starts = append(u.starts, now)
	return false
}

// once runs the service one time, until none of its processes is left.
func (u *unit) once(a *activation) outcome {
	u.mu.Lock()
	u.invocation, u.main, u.result = randomHex(32), nil, "success"
	u.mu.Unlock()
	u.set("activating", "start")
	d, err := u.loaded()
	if err != nil {
		return outcome{result: "resources"}
	}
	ended := u.run(a, d.service)
	if isClosed(u.b.off) {
		return interrupted
	}
	if ended == interrupted {
		// A stop job came: how the processes end under it decides.
		ended = success
	}
	if isClosed(a.stop) {
		u.log("Stopping %s...", u.title())
	}
	u.set("deactivating", "stop-sigterm")
	if left := u.endProcesses(d.service); ended.good() && !left.good() {
		ended = left
	}
	u.mu.Lock()
	main := u.main
	u.mu.Unlock()
	if main != nil {
		main.finishOutput()
	}
	if isClosed(u.b.off) {
		return interrupted
	}
	return ended
}

// run starts the service and stays until its main process has ended or it shall stop. The
// caller ends the remaining processes.
func (u *unit) run(a *activation, s *serviceDefinition) outcome {
	if s.kind == "oneshot" {
		return u.runOneshot(a, s)
	}
	main, started := u.spawn(s, s.start[0])
	if !started.good() {
		if started.result == "exit-code" {
			// For Type=simple a program that cannot be executed is a failure after the start
			// (systemd.service(5), Type=).
			a.attempt.settle(nil)
		}
		return started
	}
	u.mu.Lock()
	u.main = main
	u.mu.Unlock()
	u.set("active", "running")
	u.log("Started %s.", u.title())
	a.attempt.settle(nil)
	select {
	case <-main.ended:
		return u.endOf(s, main)
	case <-a.stop:
		return success
	case <-u.b.off:
		return interrupted
	}
}

// runOneshot runs the commands of Type=oneshot one after the other; their end is the end of the
// start, for which there is no limit (systemd.service(5), TimeoutStartSec=).
func (u *unit) runOneshot(a *activation, s *serviceDefinition) outcome {
	for _, line := range s.start {
		main, started := u.spawn(s, line)
		if !started.good() {
			return started
		}
		u.mu.Lock()
		u.main = main
		u.mu.Unlock()
		if ended := u.await(s, main, line, nil, a.stop); !ended.good() {
			return ended
		}
	}
	if !s.remainAfterExit {
		return success
	}
	u.set("active", "exited")
	u.log("Finished %s.", u.title())
	a.attempt.settle(nil)
	select {
	case <-a.stop:
		return success
	case <-u.b.off:
		return interrupted
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
