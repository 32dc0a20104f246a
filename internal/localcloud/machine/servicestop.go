// How a service stops: the signals to its processes and the waiting between them (systemd.kill(5)).

package machine

import "time"

// endProcesses ends the remaining processes of the service: KillSignal=, then SIGKILL after
// TimeoutStopSec= (systemd.kill(5)). The main process's end then counts as the service's.
func (u *unit) endProcesses(s *serviceDefinition) outcome {
	u.mu.Lock()
	main, invocation := u.main, u.invocation
	u.mu.Unlock()
	alive := main != nil && !isClosed(main.ended)
	if !alive && (s.killMode == "process" || len(u.b.pids(invocation)) == 0) {
		return success
	}
	if s.killMode == "control-group" {
		u.b.signalAll(invocation, s.killSignal)
	} else if alive {
		// The process may have ended since: then the signal has no receiver.
		_ = main.os.Signal(s.killSignal)
	}
	ended := u.awaitEnd(s, main, invocation)
	if alive && isClosed(main.ended) && ended.good() {
		return u.endOf(s, main)
	}
	return ended
}

// awaitEnd waits TimeoutStopSec= for the processes' end, then kills them. The time is real,
// because the work of a server before it ends takes real time.
func (u *unit) awaitEnd(s *serviceDefinition, main *process, invocation string) outcome {
	limit := expiry(s.stopTimeout)
	expired := false
	if main != nil {
		select {
		case <-main.ended:
		case <-limit:
			expired = true
		case <-u.b.off:
			return interrupted
		}
	}
	if s.killMode == "mixed" && !expired {
		// The others are killed as soon as the main process has ended.
		_ = u.b.killAll(invocation)
	}
	for wait := time.Millisecond; s.killMode == "control-group" && !expired &&
		len(u.b.pids(invocation)) > 0; wait = min(2*wait, 100*time.Millisecond) {
		select {
		case <-time.After(wait):
		case <-limit:
			expired = true
		case <-u.b.off:
			return interrupted
		}
	}
	if !expired {
		return success
	}
	u.log("%s: State 'stop-sigterm' timed out. Killing.", u.name)
	if s.killMode == "process" {
		_ = main.os.Kill()
	} else if err := u.b.killAll(invocation); err != nil {
		u.log("%v", err)
	}
	if main != nil {
		<-main.ended
	}
	return outcome{result: "timeout"}
}
