// The life cycle of a running ECS service: it starts with as many tasks as are desired, changes
// with its record, and stops. deployments.go says how a new revision replaces the old one,
// dead_tasks.go how a task that died is replaced, scaling.go how the number of tasks follows the
// load.
package ecs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// runningServices are the running services of a cloud, by ARN.
type runningServices struct {
	cloud.ByID[*runningService]
	// starting counts the tasks that are starting right now.
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
	configured int          // the number of tasks that the program configures
	desired    int          // the number of tasks that autoscaling chose
	count      atomic.Int64 // the number of tasks ever started
	leaving    sync.WaitGroup

	mu    sync.Mutex
	tasks []*task
}

// startService brings up the first deployment of a service. It returns when the processes run, as
// the provider does.
func startService(c *cloud.Cloud, r cloud.Record) error {
	if !c.RunsTasks() || r.Get("desiredCount") == nil {
		return nil // without running tasks a service is a record only
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
	// statusServiceWaitForStable). A first deployment has them before any task is healthy.
	running, outcome := make(chan struct{}), make(chan error, 1)
	go func() { outcome <- f.deploy(r, sync.OnceFunc(func() { close(running) })) }()
	select {
	case err := <-outcome:
		if err != nil {
			c.Remove(ServiceType, r.ID) // AWS keeps it; here the next update can create it again
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
	// Until a deployment has completed, there is nothing to roll back to.
	if rollback, _ := r.Get("deploymentCircuitBreaker.rollback").(bool); err != nil && rollback && f.revision() != "" {
		recordRollBack(c, r, f.revision(), err)
		return nil // the provider reports success too (pulumi-aws#4487)
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

func (f *runningService) note(operation, what string) {
	f.cloud.Update(func(tx *cloud.Tx) {
		tx.Note(operation, ServiceType, f.name, what)
	})
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

// Task describes a running task for callers outside this package.
type Task struct {
	Name    string
	Address netip.Addr
	Process int
	Log     string // the path of the file with everything that the task wrote
}

// Tasks returns the running tasks of the service with a name.
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
