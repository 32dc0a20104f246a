// What a start pulls in, what is enabled, and the order in which everything stops
// (systemd.unit(5)).

package machine

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// targets are the targets that units may name. true: reached at boot, with the units that they
// want.
var targets = map[string]bool{
	"basic.target": false, "cloud-init.target": false, "local-fs.target": false, "network-online.target": false,
	"network.target": false, "sysinit.target": false, "time-sync.target": false,
	"multi-user.target": true, "timers.target": true,
}

// given are units of other kinds that exist on the real image. Here they are always active, and
// nothing starts them.
func given(name string) bool {
	_, target := targets[name]
	return target || strings.HasSuffix(name, ".mount") || name == "cloud-init.service" || name == "chronyd.service"
}

// startUnit starts a unit and the units that it wants.
func (b *boot) startUnit(name string) error {
	return b.startWith(name, nil)
}

func (b *boot) startWith(name string, path []string) error {
	if given(name) || slices.Contains(path, name) {
		return nil
	}
	u := b.unit(name)
	d, err := u.loaded()
	if err != nil {
		return wrapped("Failed to start %s: %s", name, err)
	}
	path = append(slices.Clone(path), name)
	var starting sync.WaitGroup
	defer starting.Wait()
	for _, dependency := range d.wants {
		// Wanted units may fail (systemd.unit(5), Wants=).
		if slices.Contains(d.after, dependency) {
			_ = b.startWith(dependency, path)
		} else {
			starting.Go(func() { _ = b.startWith(dependency, path) })
		}
	}
	for _, path := range d.mountsFor {
		if err := b.requireMount(filepath.Clean(path)); err != nil {
			u.log("Dependency failed for %s: %v", u.title(), err)
			return refuse(1, "A dependency job for %s failed: %v", name, err)
		}
	}
	b.waitForEarlier(d)
	return u.start()
}

// waitForEarlier waits until no unit that this one is ordered after is in the middle of its start.
func (b *boot) waitForEarlier(d *definition) {
	for _, other := range b.knownUnits() {
		earlier, err := other.loaded()
		if err != nil || !orderedAfter(d, earlier) || orderedAfter(earlier, d) || earlier.timer != nil {
			continue
		}
		other.mu.Lock()
		a := other.current
		if a == nil {
			other.mu.Unlock()
			continue
		}
		under := a.attempt
		other.mu.Unlock()
		select {
		case <-under.settled:
		case <-a.ended:
		case <-b.off:
		}
	}
}

// startAll starts units in parallel, each after those that it is ordered after.
func (b *boot) startAll(names []string) []error {
	left := map[*unit]*definition{}
	var faults []error
	for _, name := range names {
		if given(name) {
			continue
		}
		u := b.unit(name)
		d, err := u.loaded()
		if err != nil {
			faults = append(faults, wrapped("Failed to start %s: %s", name, err))
			continue
		}
		left[u] = d
	}
	for _, layer := range layers(left, orderedAfter) {
		var starts sync.WaitGroup
		results := make([]error, len(layer))
		for i, u := range layer {
			starts.Go(func() { results[i] = b.startUnit(u.name) })
		}
		starts.Wait()
		faults = append(faults, slices.DeleteFunc(results, func(err error) bool { return err == nil })...)
	}
	return faults
}

// layers sorts units so that each comes in a later layer than those that it must wait for. Units
// of a cycle share a layer: systemd breaks ordering cycles too.
func layers(units map[*unit]*definition, waitsFor func(u, other *definition) bool) [][]*unit {
	left := maps.Clone(units)
	var sorted [][]*unit
	for len(left) > 0 {
		var layer []*unit
		for u, d := range left {
			free := true
			for other, definition := range left {
				free = free && (other == u || !waitsFor(d, definition))
			}
			if free {
				layer = append(layer, u)
			}
		}
		if len(layer) == 0 {
			layer = slices.Collect(maps.Keys(left))
		}
		for _, u := range layer {
			delete(left, u)
		}
		sorted = append(sorted, layer)
	}
	return sorted
}

// wrapped adds words to the message of an error and keeps its exit status.
func wrapped(format, name string, err error) error {
	var refused *commandError
	if errors.As(err, &refused) {
		return refuse(refused.status, format, name, refused.message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// installed returns the links that enabling a unit creates, relative to the machine's folder.
func (d *definition) installed() []string {
	var links []string
	for _, target := range d.wantedBy {
		links = append(links, filepath.Join(unitFolder, target+".wants", d.name))
	}
	slices.Sort(links)
	return links
}

// enabled reports whether all links of the unit exist.
func (m *Machine) enabled(d *definition) bool {
	links := d.installed()
	for _, link := range links {
		if _, err := os.Lstat(m.path(link)); err != nil {
			return false
		}
	}
	return len(links) > 0
}

// wantedAtBoot returns the units that the targets of boot want, in the order of their names.
func (m *Machine) wantedAtBoot() []string {
	var names []string
	for target, reached := range targets {
		if !reached {
			continue
		}
		// A missing folder means that the target wants nothing.
		entries, _ := os.ReadDir(m.path(unitFolder, target+".wants"))
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// orderedAfter reports whether u starts after other, and so stops before it. A service is after the
// timer that starts it (systemd.timer(5)).
func orderedAfter(u, other *definition) bool {
	return slices.Contains(u.after, other.name) || other.timer != nil && other.timer.unit == u.name
}

// stopAll stops all units, each after those that are ordered after it.
func (b *boot) stopAll() {
	left := map[*unit]*definition{}
	for _, u := range b.knownUnits() {
		if d, err := u.loaded(); err == nil {
			left[u] = d
		}
	}
	for _, layer := range layers(left, func(u, other *definition) bool { return orderedAfter(other, u) }) {
		var stops sync.WaitGroup
		for _, u := range layer {
			stops.Go(u.stop)
		}
		stops.Wait()
	}
}
