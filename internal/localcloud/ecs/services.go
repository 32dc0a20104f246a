// ECS services that run: as many tasks as are desired, new ones healthy before old ones stop, and
// others in the place of those that end or turn unhealthy (ECS developer guide, "Amazon ECS
// services": with a maximum above 100 percent a replacement starts before an unhealthy task stops).
package ecs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// runningServices are those of a cloud, by ARN.
type runningServices struct {
	cloud.ByID[*runningService]
	// starting counts the tasks that come up right now.
	starting atomic.Int64
}

var services = cloud.NewState(cloud.StopTasks, nil, func(held *runningServices) error {
	var errs []error
	for _, f := range held.TakeAll() {
		errs = append(errs, f.stop())
	}
	return errors.Join(errs...)
})

// runningService is the running side of an ECS service.
type runningService struct {
	cloud   *cloud.Cloud
	name    string
	end     context.CancelFunc
	context context.Context //nolint:containedctx // until end

	changes    sync.Mutex // one change at a time
	running    deployment
	configured int          // tasks, as the program has it
	desired    int          // tasks, as autoscaling has it
	count      atomic.Int64 // of tasks that were ever started
	leaving    sync.WaitGroup

	mu    sync.Mutex
	tasks []*task
}

func startService(c *cloud.Cloud, r cloud.Record) error {
	if !c.RunsTasks() || r.Get("desiredCount") == nil {
		return nil // tasks stay records, as enliven says of connections
	}
	ctx, end := context.WithCancel(context.Background())
	f := &runningService{
		cloud:   c,
		name:    r.Str("name"),
		end:     end,
		context: ctx,
	}
	services.Of(c).Set(r.ID, f)
	// The provider waits for one deployment with as many running tasks as are desired
	// (hashicorp/terraform-provider-aws, internal/service/ecs/service.go,
	// statusServiceWaitForStable), which a first one has before any of them is healthy.
	running, outcome := make(chan struct{}), make(chan error, 1)
	go func() { outcome <- f.deploy(r, sync.OnceFunc(func() { close(running) })) }()
	select {
	case err := <-outcome:
		if err != nil {
			c.Remove(ServiceType, r.ID) // AWS keeps it; here the next update can make it again
			return errors.Join(fmt.Errorf("waiting for ECS Service (%s) create: %w", f.name, err), stopService(c, r))
		}
	case <-running:
		go func() {
			if err := <-outcome; err != nil {
				f.note("refuse", "deployment failed: tasks failed to start: "+err.Error())
			}
		}()
	}
	go f.followLoad(ctx, r)
	return nil
}

// changeService deploys another revision, or another number of tasks.
func changeService(c *cloud.Cloud, r cloud.Record) error {
	f := services.Of(c).Get(r.ID)
	if f == nil {
		return startService(c, r)
	}
	err := f.deploy(r, func() {})
	// There is nothing to go back to while no deployment has completed.
	if rollback, _ := r.Get("deploymentCircuitBreaker.rollback").(bool); err != nil && rollback && f.revision() != "" {
		recordRollBack(c, r, f.revision(), err)
		return nil // and so says the provider (pulumi-aws#4487)
	}
	if err != nil {
		return fmt.Errorf("waiting for ECS Service (%s) update: %w", f.name, err)
	}
	return nil
}

func stopService(c *cloud.Cloud, r cloud.Record) error {
	f := services.Of(c).Take(r.ID)
	if f == nil {
		return nil
	}
	return f.stop()
}

// replaceWhenDead starts another task when one ends that should run, or turns unhealthy.
func (f *runningService) replaceWhenDead(t *task) {
	select {
	case <-t.ended:
	case <-t.unhealthy():
	}
	f.changes.Lock()
	defer f.changes.Unlock()
	if !f.drop(t) {
		return // it was stopped
	}
	fresh, err := f.start(f.running, 1, func() {})
	// One that is unhealthy may take all of its time to end.
	f.leaving.Go(func() {
		if err := t.stop(); err != nil {
			f.note("refuse", fmt.Sprintf("stopping task %s: %v", t.name, err))
		}
	})
	if err != nil {
		f.note("refuse", fmt.Sprintf("replacing task %s: %v", t.name, err))
		go f.retryMissing()
	}
	for _, t := range fresh {
		f.mu.Lock()
		f.tasks = append(f.tasks, t)
		f.mu.Unlock()
		go f.replaceWhenDead(t)
	}
}

// throttle is the pause before ECS tries again to start tasks that did not come up; on AWS it grows
// (ECS developer guide, "Amazon ECS service throttle logic").
const throttle = time.Minute

// retryMissing brings up what is missing.
func (f *runningService) retryMissing() {
	for {
		select {
		case <-f.context.Done():
			return
		case <-time.After(f.cloud.Scaled(throttle)):
		}
		err := f.reconcileAgain()
		if err == nil {
			return
		}
		f.note("refuse", "starting tasks again: "+err.Error())
	}
}

func (f *runningService) reconcileAgain() error {
	f.changes.Lock()
	defer f.changes.Unlock()
	if f.context.Err() != nil { // meanwhile
		return nil
	}
	return f.reconcile(f.running, func() {})
}

func (f *runningService) note(operation, what string) {
	f.cloud.Update(func(tx *cloud.Tx) {
		tx.Note(operation, ServiceType, f.name, what)
	})
}

// drop takes a task off the list, if it is there.
func (f *runningService) drop(t *task) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.tasks, t)
	if at >= 0 {
		f.tasks = slices.Delete(f.tasks, at, at+1)
	}
	return at >= 0
}

func (f *runningService) stop() error {
	f.end()
	f.changes.Lock()
	defer f.changes.Unlock()
	f.mu.Lock()
	tasks := f.tasks
	f.tasks = nil
	f.mu.Unlock()
	defer f.leaving.Wait()
	return stopAll(tasks)
}

func stopAll(tasks []*task) error {
	errs := make([]error, len(tasks))
	var stopping sync.WaitGroup
	for i, t := range tasks {
		stopping.Go(func() { errs[i] = t.stop() })
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// Task is a running one, for who looks.
type Task struct {
	Name    string
	Address netip.Addr
	Process int
	Log     string // a file with all that it wrote
}

// Tasks are the running tasks of a service, by the service's name.
func Tasks(c *cloud.Cloud, service string) (found []Task) {
	for _, f := range services.Of(c).All() {
		if f.name != service {
			continue
		}
		f.mu.Lock()
		for _, t := range f.tasks {
			found = append(found, Task{
				Name:    t.name,
				Address: t.address,
				Process: t.process.Process.Pid,
				Log:     t.log,
			})
		}
		f.mu.Unlock()
	}
	return found
}
