// The stand-in for systemctl (systemctl(1)). Messages and exit statuses are those of systemd 252,
// Amazon Linux 2023's.

package machine

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// systemctlOptions are known to all verbs.
var systemctlOptions = []option{
	{long: "quiet", short: "q", takesValue: false},
	{long: "no-pager", short: "", takesValue: false},
	{long: "full", short: "l", takesValue: false},
	{long: "lines", short: "n", takesValue: true},
	{long: "now", short: "", takesValue: false},
	{long: "no-block", short: "", takesValue: false},
}

// systemctlVerbs are the verbs that take units, and daemon-reload.
var systemctlVerbs map[string]func(b *boot, given arguments, names []string) reply

func init() {
	systemctlVerbs = map[string]func(*boot, arguments, []string) reply{
		"daemon-reload": func(b *boot, _ arguments, _ []string) reply { return replyFor(b.daemonReload()) },
		"enable":        enable,
		"is-active":     isActive,
		"reload":        job(func(b *boot, name string) error { return b.unit(name).reload() }),
		"restart":       job((*boot).restart),
		"start":         startVerb,
		"status":        status,
		"stop":          job((*boot).stop),
	}
}

// systemctl runs one call of systemctl.
func systemctl(b *boot, call request) reply {
	given, err := read(call.Argv, systemctlOptions...)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) == 0 {
		return failure(
			1,
			"stand-in for systemctl: write systemctl VERB UNIT...; it knows %s",
			strings.Join(slices.Sorted(maps.Keys(systemctlVerbs)), ", "),
		)
	}
	verb, known := systemctlVerbs[given.rest[0]]
	if !known {
		return failure(1, "stand-in for systemctl does not know %s", given.rest[0])
	}
	names := slices.Clone(given.rest[1:])
	for i, name := range names {
		if filepath.Ext(name) == "" {
			names[i] = name + ".service"
		}
	}
	if (len(names) == 0) != (given.rest[0] == "daemon-reload") {
		return failure(1, "stand-in for systemctl: %s with %d units", given.rest[0], len(names))
	}
	return verb(b, given, names)
}

// replyFor turns an error into a reply; nil is success.
func replyFor(err error) reply {
	if err == nil {
		return reply{}
	}
	status := 1
	var refused *commandError
	if errors.As(err, &refused) {
		status = refused.status
	}
	return failure(status, "%v", err)
}

// job turns an action on one unit into a verb for several, one after the other. With --no-block the
// reply does not wait.
func job(do func(b *boot, name string) error) func(*boot, arguments, []string) reply {
	return func(b *boot, given arguments, names []string) reply {
		run := func() error {
			var faults []error
			for _, name := range names {
				faults = append(faults, do(b, name))
			}
			return errors.Join(faults...)
		}
		return b.withWarnings(names, b.perhapsLater(given, run))
	}
}

func (b *boot) perhapsLater(given arguments, run func() error) reply {
	if !given.has("no-block") {
		return replyFor(run())
	}
	// No caller waits for a failure; it is in the journal of the unit.
	b.goAhead(func() { _ = run() })
	return reply{}
}

// withWarnings adds systemctl's warning about a unit file that has changed since it was loaded.
func (b *boot) withWarnings(names []string, result reply) reply {
	for _, name := range names {
		d, err := b.unit(name).loaded()
		text, readErr := os.ReadFile(b.m.path(unitFolder, name))
		if err == nil && readErr == nil && d.text != string(text) {
			result.Err = append(
				fmt.Appendf(
					nil,
					"Warning: The unit file, source configuration file or drop-ins of %s changed on disk. Run "+
						"'systemctl daemon-reload' to reload units.\n",
					name,
				),
				result.Err...)
		}
	}
	return result
}

func startVerb(b *boot, given arguments, names []string) reply {
	return b.withWarnings(names, b.perhapsLater(given, func() error { return errors.Join(b.startAll(names)...) }))
}

func (b *boot) stop(name string) error {
	u := b.unit(name)
	if _, err := u.loaded(); err != nil {
		return wrapped("Failed to stop %s: %s", name, err)
	}
	u.stop()
	return nil
}

func (b *boot) restart(name string) error {
	if err := b.stop(name); err != nil {
		return err
	}
	return b.startUnit(name)
}

// daemonReload reads all unit files again. Unlike systemd it fails if one of them is wrong, and
// reports all faults.
func (b *boot) daemonReload() error {
	for _, u := range b.knownUnits() {
		u.mu.Lock()
		u.load()
		u.mu.Unlock()
	}
	var faults []error
	for _, name := range b.m.Units() {
		if _, err := b.unit(name).loaded(); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// enable creates the links of [Install] and, as systemctl does, reloads; --now starts as well.
func enable(b *boot, given arguments, names []string) reply {
	var said strings.Builder
	for _, name := range names {
		d, err := b.unit(name).loaded()
		if err != nil {
			return failure(1, "Failed to enable unit: Unit file %s does not exist or is wrong: %v", name, err)
		}
		links := d.installed()
		if len(links) == 0 {
			fmt.Fprintf(
				&said,
				"The unit files have no installation config (WantedBy=) and are not meant to be "+
					"enabled: %s\n",
				name,
			)
		}
		for _, link := range links {
			if _, err := os.Lstat(b.m.path(link)); err == nil {
				continue
			}
			if err := errors.Join(
				os.MkdirAll(filepath.Dir(b.m.path(link)), 0o755),
				os.Symlink("../"+name, b.m.path(link)),
			); err != nil {
				return failure(1, "Failed to enable unit %s: %v", name, err)
			}
			fmt.Fprintf(&said, "Created symlink /%s → /%s/%s.\n", link, unitFolder, name)
		}
	}
	result := replyFor(b.daemonReload())
	if result.Status == 0 && given.has("now") {
		result = startVerb(b, given, names)
	}
	result.Err = append([]byte(said.String()), result.Err...)
	return result
}
