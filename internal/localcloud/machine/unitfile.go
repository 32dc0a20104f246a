// How unit files (systemd.syntax(7)) are read into definitions. The table of directives is in
// unitdirectives.go.

package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// definition is one unit file as it was when it was loaded.
type definition struct {
	name, text, description string
	after, wants            []string
	mountsFor, wantedBy     []string
	service                 *serviceDefinition
	timer                   *timerDefinition
}

// serviceDefinition is the section [Service].
type serviceDefinition struct {
	kind, restart, killMode       string
	remainAfterExit, toConsole    bool
	start, reload                 []commandLine
	restartDelay, stopTimeout     time.Duration
	killSignal                    syscall.Signal
	environmentFiles              []string
	workingDirectory, user, group string
	openFiles                     int
	neededPaths                   []string
}

// timerDefinition is the section [Timer].
type timerDefinition struct {
	unit             string
	monotonic        []monotonicTrigger
	accuracy, random time.Duration
}

// monotonicTrigger is OnBootSec= and its like: a span after a starting point.
type monotonicTrigger struct {
	base string
	span time.Duration
}

// assignment is one line KEY=VALUE of a unit file.
type assignment struct {
	line                int
	section, key, value string
}

// parseLines cuts a unit file into its assignments.
func parseLines(text string) (found []assignment, faults []error) {
	section, pending, pendingLine := "", "", 0
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		// A comment inside a continued line does not end it (systemd.syntax(7)).
		if trimmed == "" && pending == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
			continue
		}
		if pending == "" {
			pendingLine = i + 1
		}
		if continued, more := strings.CutSuffix(line, `\`); more {
			pending += continued + " "
			continue
		}
		text := strings.TrimSpace(pending + line)
		pending = ""
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			section = text[1 : len(text)-1]
			continue
		}
		key, value, isAssignment := strings.Cut(text, "=")
		if !isAssignment || section == "" {
			faults = append(faults, fmt.Errorf("%d: %q is no assignment in a section", pendingLine, text))
			continue
		}
		found = append(found, assignment{
			line:    pendingLine,
			section: section,
			key:     strings.TrimSpace(key),
			value:   strings.TrimSpace(value),
		})
	}
	return found, faults
}

// parseUnit reads a unit file. All faults come at once, each with file and line. systemd only warns
// of a directive that it does not know; here it is a fault, because what has no effect in a
// rehearsal must have been thought of.
func parseUnit(file, text string) (*definition, error) {
	name := filepath.Base(file)
	d := &definition{name: name, text: text, description: name}
	sections := map[string]bool{"Unit": true, "Install": true}
	switch filepath.Ext(name) {
	case ".service":
		sections["Service"] = true
		d.service = &serviceDefinition{
			kind:         "simple",
			restart:      "no",
			killMode:     "control-group",
			restartDelay: 100 * time.Millisecond,
			stopTimeout:  90 * time.Second,
			killSignal:   syscall.SIGTERM,
		}
	case ".timer":
		sections["Timer"] = true
		d.timer = &timerDefinition{unit: strings.TrimSuffix(name, ".timer") + ".service", accuracy: time.Minute}
	default:
		return nil, fmt.Errorf("%s: this stand-in for systemd knows services and timers only", file)
	}
	found, faults := parseLines(text)
	for _, a := range found {
		if !sections[a.section] {
			faults = append(
				faults,
				fmt.Errorf("%d: a %s has no section [%s] here", a.line, filepath.Ext(name), a.section),
			)
		} else if err := d.assign(a); err != nil {
			faults = append(faults, fmt.Errorf("%d: %s=: %w", a.line, a.key, err))
		}
	}
	if len(faults) == 0 {
		if err := d.complete(); err != nil {
			faults = append(faults, fmt.Errorf(" %w", err))
		}
	}
	for i, fault := range faults {
		faults[i] = fmt.Errorf("%s:%w", file, fault)
	}
	return d, errors.Join(faults...)
}

// assign applies one assignment through the tables of unitdirectives.go.
func (d *definition) assign(a assignment) error {
	name := a.section + "." + a.key
	if set, known := directives[name]; known {
		return set(d, a.value)
	}
	if _, known := withoutEffect[a.key]; known && a.section == "Service" {
		return nil
	}
	return fmt.Errorf("this stand-in for systemd does not know the directive in section [%s]", a.section)
}

// complete checks what systemd refuses to load (systemd.service(5): Type=, ExecStart=, Restart=).
func (d *definition) complete() error {
	if d.timer != nil {
		if len(d.timer.monotonic) == 0 {
			return fmt.Errorf("Timer unit lacks value setting. Refusing.")
		}
		return nil
	}
	s := d.service
	oneshot := s.kind == "oneshot"
	switch {
	case len(s.start) == 0:
		return fmt.Errorf("Service has no ExecStart= setting. Refusing.")
	case len(s.start) > 1 && !oneshot:
		return fmt.Errorf(
			"Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.",
		)
	case oneshot && s.restart == "always":
		return fmt.Errorf(
			"Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot " +
				"services. Refusing.",
		)
	}
	return nil
}
