// Package drills lists every change, fault and recovery that can be played. Each registers itself
// and names the platform that it is played on.
package drills

import (
	"context"
	"fmt"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
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

// Drill is a scenario with the platform that it needs.
type Drill struct {
	stage.Scenario
	On Platform
	// Parts are played before it, each with a result of its own; it holds if they all do.
	Parts []stage.Scenario
	// Prepare does beforehand what takes long, while other drills are played. It may fail: the
	// drill then finds the same fault.
	Prepare func(ctx context.Context, root string) error
}

// All are all drills, in the order of their packages and files, which is the order in which
// they are played.
var All []Drill

// Register adds drills to those that can be played. Call it from init, in the file of the drills.
func Register(added ...Drill) {
	for _, d := range added {
		if d.ID == "" || d.Wanted == "" || (d.Play == nil) == (len(d.Parts) == 0) {
			panic(fmt.Sprintf("drill %q: it needs an ID, a text Wanted, and either Play or Parts", d.ID))
		}
		for _, known := range All {
			if known.ID == d.ID {
				panic(fmt.Sprintf("drill %q is registered twice", d.ID))
			}
		}
		All = append(All, d)
	}
}
