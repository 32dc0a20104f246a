// Package drills knows every change, fault and recovery that can be played: each registers itself,
// and names what it is played on.
package rehearsal

import (
	"context"
	"fmt"
)

// Platform is what a drill is played on.
type Platform int

const (
	// SharedRecords is a platform that several drills use and leave as they found it. It is
	// records: nothing runs.
	SharedRecords Platform = iota
	// SharedMachines is another one, whose machines run.
	SharedMachines
	// SharedTasks is another one, in which the services' tasks run too.
	SharedTasks
	// OwnRecords is an empty cloud of the drill's own. What it makes is records.
	OwnRecords
	// OwnMachines is an empty cloud of the drill's own in which machines run.
	OwnMachines
	// OwnTasks is an empty cloud of the drill's own in which the services' tasks run too.
	OwnTasks
	// OwnCheckpoints is an empty cloud of the drill's own. The engine writes its state at every
	// step, for it will be killed.
	OwnCheckpoints
)

// drill is a scenario with the platform that it needs.
type drill struct {
	scenario
	on Platform
	// parts are played before it, each with a result of its own; it holds if they all do.
	parts []scenario
	// prepare does beforehand what takes long, while other drills are played. It may fail: the drill
	// then finds the same fault.
	prepare func(ctx context.Context, root string) error
}

// registered are all drills, in the order of their packages and files, which is the order in which
// they are played.
var registered []drill

// register adds drills to those that can be played. Call it from init, in the file of the drills.
func register(added ...drill) {
	for _, d := range added {
		if d.id == "" || d.wanted == "" || (d.play == nil) == (len(d.parts) == 0) {
			panic(fmt.Sprintf("drill %q: it needs an id, what it wants, and either play or parts", d.id))
		}
		for _, known := range registered {
			if known.id == d.id {
				panic(fmt.Sprintf("drill %q is registered twice", d.id))
			}
		}
		registered = append(registered, d)
	}
}
