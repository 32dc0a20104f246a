// The state of a unit of the service manager, and the jobs that start and stop it.

package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// unit is a service or a timer that was named since boot.
type unit struct {
	b    *boot
	name string

	mu sync.Mutex
	// definition is nil while there is no unit file; loadError is the fault of the file.
	definition *definition
	loadError  error
	// active and sub are systemd's ActiveState and SubState; result is Result.
	active, sub, result string
	main                *process
	invocation          string
	restarts            int
	exitStatus          int
	// starts are the times of the last starts, on the machine's clock.
	starts []time.Duration
	// becameInactive is the last such time, -1 before the first.
	becameInactive time.Duration
	current        *activation
	// changed is closed at the next change of state.
	changed chan struct{}

	reloading sync.Mutex
	journal   journal
}

// activation is a unit's time from the start until it is inactive again, restarts included.
type activation struct {
	// stop is closed when the unit shall stop, ended when it is inactive.
	stop, ended chan struct{}
	stopOnce    sync.Once
	attempt     *attempt
	// end is the result for a start job that still waits when the unit is inactive.
	end error
}

// attempt is one start, which a start job waits for.
type attempt struct {
	settled chan struct{}
	once    sync.Once
	err     error
}

func newAttempt() *attempt { return &attempt{settled: make(chan struct{})} }

func (a *attempt) settle(err error) {
	a.once.Do(func() {
		a.err = err
		close(a.settled)
	})
}

// unit finds a unit by its name, and loads its file if it was not named before.
func (b *boot) unit(name string) *unit {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	u, known := b.m.units[name]
	if !known {
		u = &unit{
			b:              b,
			name:           name,
			active:         "inactive",
			sub:            "dead",
			result:         "success",
			becameInactive: -1,
			changed:        make(chan struct{}),
		}
		b.m.units[name] = u
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.definition == nil {
		u.load()
	}
	return u
}

// load reads the unit's file. A unit whose file is missing or wrong stays without a definition.
func (u *unit) load() {
	file := filepath.Join("/", unitFolder, u.name)
	text, err := os.ReadFile(u.b.m.path(file))
	if u.name == userDataUnit {
		text, err = []byte(userDataDefinition), nil
	}
	u.loadError = nil
	if errors.Is(err, fs.ErrNotExist) {
		u.definition = nil
		return
	}
	if err == nil && exists(u.b.m.path(file+".d")) {
		err = fmt.Errorf("%s.d: this stand-in for systemd knows no drop-in folders", file)
	}
	var loaded *definition
	if err == nil {
		loaded, err = parseUnit(file, string(text))
	}
	if err != nil {
		u.definition, u.loadError = nil, err
		return
	}
	u.definition = loaded
}

// loaded returns the definition, or the reason why there is none, in the words of systemctl.
func (u *unit) loaded() (*definition, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.definition != nil:
		return u.definition, nil
	case u.loadError != nil:
		return nil, refuse(1, "Unit %s has a bad unit file setting.\n%v", u.name, u.loadError)
	}
	return nil, refuse(5, "Unit %s not found.", u.name)
}

// set changes the state and wakes the goroutines that wait for a change.
func (u *unit) set(active, sub string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.change(active, sub)
}

// change is set for callers that hold u.mu.
func (u *unit) change(active, sub string) {
	inactive := func(state string) bool { return state == "inactive" || state == "failed" }
	if !inactive(u.active) && inactive(active) {
		u.becameInactive = u.b.monotonic()
	}
	u.active, u.sub = active, sub
	close(u.changed)
	u.changed = make(chan struct{})
}

// log writes a message of systemd about the unit into its journal.
func (u *unit) log(format string, values ...any) {
	u.journal.note("systemd", fmt.Sprintf(format, values...))
}

// title is the name of the unit in systemd's messages for people.
func (u *unit) title() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.definition == nil || u.definition.description == u.name {
		return u.name
	}
	return u.name + " - " + u.definition.description
}

// start is a start job: it ends when the unit has started, or could not.
func (u *unit) start() error {
	for {
		if _, err := u.loaded(); err != nil {
			return err
		}
		u.mu.Lock()
		a := u.current
		if a != nil && isClosed(a.stop) {
			// It is being stopped: the start comes after that.
			u.mu.Unlock()
			<-a.ended
			continue
		}
		if a != nil && u.active == "deactivating" {
			changed := u.changed
			u.mu.Unlock()
			select {
			case <-changed:
			case <-u.b.off:
				return errOff
			}
			continue
		}
		if a == nil {
			a = &activation{stop: make(chan struct{}), ended: make(chan struct{}), attempt: newAttempt()}
			if !u.b.goAhead(func() { u.activate(a) }) {
				u.mu.Unlock()
				return refuse(1, "Refusing to start %s: the machine is shutting down.", u.name)
			}
			u.current = a
		}
		current := a.attempt
		u.mu.Unlock()
		select {
		case <-current.settled:
			return current.err
		case <-u.b.off:
			return errOff
		}
	}
}

// activate runs an activation to its end.
func (u *unit) activate(a *activation) {
	u.mu.Lock()
	u.restarts = 0
	u.mu.Unlock()
	failed := false
	if d, err := u.loaded(); err != nil {
		a.end = err
	} else if d.timer != nil {
		a.end = u.runTimer(a)
	} else {
		failed = u.supervise(a)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.main, u.current = nil, nil
	if failed {
		u.change("failed", "failed")
	} else {
		u.change("inactive", "dead")
	}
	// This comes last: whoever starts the unit again must find it inactive.
	a.attempt.settle(a.end)
	close(a.ended)
}

// stop is a stop job: it ends when the unit is inactive.
func (u *unit) stop() {
	u.mu.Lock()
	a := u.current
	u.mu.Unlock()
	if a == nil {
		return
	}
	a.stopOnce.Do(func() { close(a.stop) })
	select {
	case <-a.ended:
	case <-u.b.off:
	}
}

// knownUnits returns the units that were named since boot, in the order of their names.
func (b *boot) knownUnits() []*unit {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	var units []*unit
	for _, u := range b.m.units {
		units = append(units, u)
	}
	slices.SortFunc(units, func(x, y *unit) int { return strings.Compare(x.name, y.name) })
	return units
}

func (b *boot) isStopping() bool {
	select {
	case <-b.stopping:
		return true
	case <-b.off:
		return true
	default:
		return false
	}
}
