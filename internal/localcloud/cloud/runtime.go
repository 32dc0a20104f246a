// What runs. A cloud only keeps records until Start: most tests need no more. From Start on
// instances boot, load balancers pass connections on, schedules fire, and each service keeps its
// own state.
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
	// Dir is the folder of machines and disks. Start creates it; the caller removes it after Stop.
	Dir string
	// Tools is the folder of a machine's stand-ins (machine.InstallTools).
	Tools string
	// Scale divides the waiting times of AWS and of systemd's timers: health checks, propagation,
	// schedules. The default is 1, real time.
	Scale float64
	// Images finds what a container image runs, by its full reference; false where there is no such
	// image. Without Images tasks are only records.
	Images func(reference string) (Image, bool)
	// RedisServer is the path of Redis's server, for replication groups where tasks run. Without it
	// a stand-in runs in this process.
	RedisServer string
}

// Image is what a container runs in place of its image.
type Image struct {
	// Program is the container's entry point, an executable of this computer. Without it, services
	// with this image are only records.
	Program string
	// Path is where the container finds programs, for its health check among others.
	Path string
}

// running is the runtime of a cloud and what each service keeps in it.
type running struct {
	Runtime
	states map[*stateHooks]any
}

// StopOrder is when Stop ends a service's state. What a task uses ends after the task.
type StopOrder int

const (
	// StopRequests is for what sends requests to tasks: a task waits until its requests are done.
	StopRequests StopOrder = iota
	// StopTasks is for tasks.
	StopTasks
	// StopSchedules is for what calls functions at fixed times.
	StopSchedules
	// StopServers is for what tasks and functions use.
	StopServers
	// StopAPI is for the API, which all others call.
	StopAPI
)

// stateHooks create and end the state of one service.
type stateHooks struct {
	order StopOrder
	begin func(*Cloud, Runtime) (any, error)
	end   func(any) error
}

var allStates []*stateHooks

// State is what one service keeps while things run. Start creates it, Stop ends it.
type State[T any] struct{ hooks *stateHooks }

// NewState registers a service's state when its package loads. begin may be nil: the state then
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

// Of returns the state in a cloud; nil where things do not run.
func (s State[T]) Of(c *Cloud) *T {
	r := c.running.Load()
	if r == nil {
		return nil
	}
	return r.states[s.hooks].(*T)
}

// Start lets everything run that is created from now on. Call Stop at the end, unless Start fails.
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

// Stop ends every process, listener and schedule, in the order of StopOrder. It does nothing where
// things do not run.
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

// Runtime returns what Start was called with; in a cloud that only keeps records, a Scale of 1
// alone.
func (c *Cloud) Runtime() Runtime {
	if r := c.running.Load(); r != nil {
		return r.Runtime
	}
	return Runtime{Scale: 1}
}

// runs says whether things run; otherwise the cloud only keeps records.
func (c *Cloud) runs() bool { return c.running.Load() != nil }

// RunsTasks says whether tasks run here, and with them what they use and what sends them requests.
func (c *Cloud) RunsTasks() bool { return c.Runtime().Images != nil && flowguard.Supported() == nil }

// Scaled returns a waiting time of AWS divided by Runtime.Scale.
func (c *Cloud) Scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.Runtime().Scale)
}
