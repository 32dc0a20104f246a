// What runs: a cloud only keeps records until Start. From then on instances boot, load balancers
// pass connections on, schedules fire. Each service keeps its own state while things run.
package cloud

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// Runtime is what a cloud needs so that things run in it.
type Runtime struct {
	// Dir holds machines and disks; it is made, and whoever made the cloud removes it.
	Dir string
	// Tools is the folder of a machine's stand-ins (machine.InstallTools).
	Tools string
	// Scale divides the waiting times of AWS and of systemd's timers: health checks, propagation,
	// schedules. 1, the default, is real time.
	Scale float64
	// Images finds what a container image runs, by its full reference; false: nobody has pushed it.
	// nil: tasks are records.
	Images func(reference string) (Image, bool)
	// RedisServer is the program of Redis's server, for replication groups where tasks run; "": a
	// stand-in in this process.
	RedisServer string
}

// Image is what a container runs here.
type Image struct {
	// Program is the container's entry point, an executable of this computer; "": services with
	// this image stay records.
	Program string
	// Path is where the container finds programs, for its health check among others.
	Path string
}

// running is the runtime of a cloud and what each service keeps in it.
type running struct {
	Runtime
	states map[*stateHooks]any
}

// StopOrder is when Stop ends a service's state. All that a task uses is there until it has ended.
type StopOrder int

const (
	// StopRequests is for what leads requests to tasks, so that no task waits for them to drain.
	StopRequests StopOrder = iota
	StopTasks
	// StopSchedules is for what calls others by the clock.
	StopSchedules
	StopServers
	// StopAPI is for what all others call.
	StopAPI
)

// stateHooks make and end the state of one service.
type stateHooks struct {
	order StopOrder
	begin func(*Cloud, Runtime) (any, error)
	end   func(any) error
}

var allStates []*stateHooks

// State is what one service keeps while things run: Start makes it, Stop ends it.
type State[T any] struct{ hooks *stateHooks }

// NewState registers a service's state when the package loads. begin may be nil: the state then
// starts as T's zero value.
func NewState[T any](order StopOrder, begin func(*Cloud, Runtime) (*T, error), end func(*T) error) State[T] {
	hooks := &stateHooks{
		order: order,
		begin: func(c *Cloud, r Runtime) (any, error) {
			if begin == nil {
				return new(T), nil
			}
			return begin(c, r)
		},
		end: func(made any) error { return end(made.(*T)) },
	}
	allStates = append(allStates, hooks)
	return State[T]{hooks}
}

// Of is the state in a cloud; nil where things do not run.
func (s State[T]) Of(c *Cloud) *T {
	r := c.running.Load()
	if r == nil {
		return nil
	}
	return r.states[s.hooks].(*T)
}

// Start makes everything run that is created from now on. Call Stop at the end.
func (c *Cloud) Start(runtime Runtime) error {
	if runtime.Scale == 0 {
		runtime.Scale = 1
	}
	r := &running{Runtime: runtime, states: map[*stateHooks]any{}}
	for _, hooks := range allStates {
		made, err := hooks.begin(c, runtime)
		if err != nil {
			return errors.Join(fmt.Errorf("starting the embedded AWS in %s: %w", runtime.Dir, err), r.stop())
		}
		r.states[hooks] = made
	}
	c.running.Store(r)
	return nil
}

// Stop ends every process, listener and schedule: the tasks while all that they use still runs.
func (c *Cloud) Stop() error {
	r := c.running.Load()
	if r == nil {
		return nil
	}
	defer c.running.Store(nil)
	return r.stop()
}

func (r *running) stop() error {
	inOrder := slices.SortedStableFunc(
		slices.Values(allStates),
		func(a, b *stateHooks) int { return int(a.order - b.order) },
	)
	var errs []error
	for _, hooks := range inOrder {
		if made, begun := r.states[hooks]; begun {
			errs = append(errs, hooks.end(made))
		}
	}
	return errors.Join(errs...)
}

// Runtime is what Start was given; nothing in a cloud that only keeps records.
func (c *Cloud) Runtime() Runtime {
	if r := c.running.Load(); r != nil {
		return r.Runtime
	}
	return Runtime{Scale: 1}
}

// runs says whether things run; without, the cloud only keeps records.
func (c *Cloud) runs() bool { return c.running.Load() != nil }

// RunsTasks says whether tasks run here, and with them what they need and what leads to them.
func (c *Cloud) RunsTasks() bool { return c.Runtime().Images != nil && flowguard.Supported() == nil }

// Scaled is a waiting time of AWS on the scaled clock.
func (c *Cloud) Scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.Runtime().Scale)
}
