// When a timer starts its unit (systemd.timer(5)).

package machine

import (
	"math/rand/v2"
	"time"
)

// timerState is the state of an active timer.
type timerState struct {
	b           *boot
	definition  *timerDefinition
	unit        *unit
	activated   time.Duration
	triggered   bool
	lastTrigger time.Duration
}

// runTimer starts the timer's unit whenever its time has come, until the timer is stopped. The
// error is the reason why the timer did not start.
func (u *unit) runTimer(a *activation) error {
	d, err := u.loaded()
	if err != nil {
		return err
	}
	t := &timerState{
		b:          u.b,
		definition: d.timer,
		unit:       u.b.unit(d.timer.unit),
		activated:  u.b.monotonic(),
	}
	if _, err := t.unit.loaded(); err != nil {
		return wrapped("Failed to start %s: unit to trigger not loaded: %s", u.name, err)
	}
	u.log("Started %s.", u.title())
	for {
		t.unit.mu.Lock()
		changed := t.unit.changed
		t.unit.mu.Unlock()
		var due <-chan time.Time
		if wait, planned := t.next(); planned {
			u.set("active", "waiting")
			due = u.b.after(wait)
		} else {
			u.set("active", "elapsed")
		}
		a.attempt.settle(nil)
		select {
		case <-a.stop:
			u.log("Stopped %s.", u.title())
			return nil
		case <-u.b.off:
			return nil
		case <-changed:
		case <-due:
			u.set("active", "running")
			if !t.trigger(a, u) {
				return nil
			}
		}
	}
}

// trigger starts the unit and waits until it is inactive again; false: the timer shall stop.
func (t *timerState) trigger(a *activation, u *unit) bool {
	t.triggered, t.lastTrigger = true, t.b.monotonic()
	started := make(chan struct{})
	if !t.b.goAhead(func() {
		defer close(started)
		if err := t.b.startUnit(t.unit.name); err != nil {
			u.log("%s: %v", u.name, err)
		}
	}) {
		return false
	}
	select {
	case <-started:
	case <-a.stop:
		return false
	case <-t.b.off:
		return false
	}
	t.unit.mu.Lock()
	running := t.unit.current
	t.unit.mu.Unlock()
	if running == nil {
		return true
	}
	select {
	case <-running.ended:
		return true
	case <-a.stop:
		return false
	case <-t.b.off:
		return false
	}
}

// next returns how long to wait for the next elapse; false: there is none before the state of the
// unit changes.
func (t *timerState) next() (wait time.Duration, planned bool) {
	now := t.b.monotonic()
	var at time.Duration
	for _, m := range t.definition.monotonic {
		base, applies := t.base(m.base)
		if !applies || m.span == forever {
			continue
		}
		elapse := base + m.span
		once := m.base == "boot" || m.base == "timer"
		if once && t.triggered && elapse < now {
			continue
		}
		if !planned || elapse < at {
			at, planned = elapse, true
		}
	}
	at += t.randomDelay()
	return max(0, between(at, at+t.definition.accuracy, t.b.perturbation)-now), planned
}

// base returns the starting point of a monotonic trigger, if there is one yet.
func (t *timerState) base(name string) (time.Duration, bool) {
	switch name {
	case "boot":
		return 0, true
	case "timer":
		return t.activated, true
	}
	last := time.Duration(-1)
	if t.triggered {
		last = t.lastTrigger
	}
	t.unit.mu.Lock()
	defer t.unit.mu.Unlock()
	last = max(last, t.unit.becameInactive)
	return last, last >= 0
}

func (t *timerState) randomDelay() time.Duration {
	if t.definition.random <= 0 {
		return 0
	}
	return rand.N(t.definition.random + 1)
}

// between picks the moment within AccuracySec= after a timer's time. As systemd does it: the
// machine's own point of the minute if it is in the window, else that of ten seconds, of a second,
// of a quarter of a second, else the end of the window.
func between(from, to, perturbation time.Duration) time.Duration {
	if to <= from+time.Microsecond {
		return from
	}
	for _, step := range []time.Duration{time.Minute, 10 * time.Second, time.Second, 250 * time.Millisecond} {
		point := to.Truncate(step) + perturbation%step
		if point >= to {
			point -= step
		}
		if point >= from {
			return point
		}
	}
	return to
}
