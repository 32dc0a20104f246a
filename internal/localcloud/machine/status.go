// What a rehearsal reads and does on a machine: units, journals, signals, and timers fired by hand.

package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// UnitStatus is the status of a unit, as systemctl show reports it.
type UnitStatus struct {
	// Loaded: there is a unit file, and it is right. Enabled: it starts at boot. Active:
	// ActiveState is active.
	Loaded, Enabled, Active bool
	// State and SubState are ActiveState and SubState: active (running), inactive (dead), failed,
	// activating (auto-restart) …
	State, SubState string
	// MainPID is 0 if there is no main process; Restarts counts automatic ones since boot.
	MainPID, Restarts int
	// Result is systemd's: success, exit-code, signal, timeout, start-limit-hit …
	Result string
	// ExitStatus is the exit status or the signal behind Result.
	ExitStatus int
}

// Unit returns the status of a unit. For a machine that is off, only Loaded and Enabled are set.
func (m *Machine) Unit(name string) UnitStatus {
	b := m.running()
	if b == nil {
		text, err := os.ReadFile(m.path(unitFolder, name))
		d, parseErr := parseUnit(name, string(text))
		loaded := err == nil && parseErr == nil
		return UnitStatus{
			Loaded:   loaded,
			Enabled:  loaded && m.enabled(d),
			State:    "inactive",
			SubState: "dead",
		}
	}
	return b.unit(name).status()
}

func (u *unit) status() UnitStatus {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := UnitStatus{
		Loaded:     u.definition != nil,
		Enabled:    u.definition != nil && u.b.m.enabled(u.definition),
		Active:     u.active == "active",
		State:      u.active,
		SubState:   u.sub,
		Restarts:   u.restarts,
		Result:     u.result,
		ExitStatus: u.exitStatus,
	}
	if u.main != nil && !isClosed(u.main.ended) {
		s.MainPID = u.main.os.Pid
	}
	return s
}

// Units returns the names of the unit files in etc/systemd/system, sorted.
func (m *Machine) Units() []string {
	var names []string
	// A missing folder has no unit files.
	entries, _ := os.ReadDir(m.path(unitFolder))
	for _, entry := range entries {
		if kind := filepath.Ext(entry.Name()); !entry.IsDir() && (kind == ".service" || kind == ".timer") {
			names = append(names, entry.Name())
		}
	}
	return names
}

// Journal returns what a unit printed and what systemd logged about it since boot, the newest
// megabyte. If the machine is off, that is the journal of the last boot.
func (m *Machine) Journal(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u, known := m.units[name]; known {
		return u.journal.String()
	}
	return ""
}

// Signal sends a signal to a unit's main process.
func (m *Machine) Signal(name string, s syscall.Signal) error {
	b := m.running()
	if b == nil {
		return fmt.Errorf("sending %v to %s: %w", s, name, errOff)
	}
	u := b.unit(name)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.main == nil || isClosed(u.main.ended) {
		return fmt.Errorf(
			"sending %v to %s of %s: it has no main process; it is %s (%s)",
			s,
			name,
			m.options.Name,
			u.active,
			u.sub,
		)
	}
	if err := u.main.os.Signal(s); err != nil {
		return fmt.Errorf("sending %v to %s of %s: %w", s, name, m.options.Name, err)
	}
	return nil
}

// Fire starts a oneshot service now, as its timer would when its time has come, and waits for its
// end. A run in progress is waited for first. An error contains what the service printed.
// Firing more often than the start limit allows is allowed, because it represents time that
// has passed.
func (m *Machine) Fire(name string) error {
	b := m.running()
	if b == nil {
		return fmt.Errorf("firing %s: %w", name, errOff)
	}
	u := b.unit(name)
	d, err := u.loaded()
	if err != nil {
		return fmt.Errorf("firing %s on %s: %w", name, m.options.Name, err)
	}
	if d.service == nil || d.service.kind != "oneshot" {
		return fmt.Errorf("firing %s on %s: it is not a service of Type=oneshot", name, m.options.Name)
	}
	u.mu.Lock()
	under := u.current
	u.starts = nil
	u.mu.Unlock()
	if under != nil {
		select {
		case <-under.ended:
		case <-b.off:
			return fmt.Errorf("firing %s on %s: %w", name, m.options.Name, errOff)
		}
	}
	mark := u.journal.mark()
	if err := b.startUnit(name); err != nil {
		return fmt.Errorf("firing %s on %s: %w\n%s", name, m.options.Name, err, u.journal.since(mark))
	}
	return nil
}
