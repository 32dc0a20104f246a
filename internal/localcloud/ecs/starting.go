// How the tasks of a deployment start. A task that fails to start is replaced, until so many have
// failed that the whole deployment has.
package ecs

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	// steadyLimit is generous: the computer of a rehearsal starts dozens of tasks at once.
	steadyLimit = 2 * time.Minute
	// A deployment has failed when as many tasks have failed as half of the desired number, within
	// these bounds (ECS developer guide, "How the Amazon ECS deployment circuit breaker detects
	// failures", "Failure threshold").
	fewestFailures, mostFailures = 3, 200
)

// start starts tasks over the service's subnets and returns when each is healthy, also for its load
// balancers. The tasks that it returns with an error run too. It calls run as soon as all processes
// run.
func (f *runningService) start(d deployment, count int, run func()) ([]*task, error) {
	image, known := f.cloud.Runtime().Images(d.container.Image)
	if !known {
		return nil, fmt.Errorf(
			"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref %s: "+
				"%s: not found",
			d.container.Image,
			d.container.Image,
		)
	}
	if image.Program == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(f.context, steadyLimit)
	defer cancel()
	threshold := int64(min(max(f.desired/2, fewestFailures), mostFailures))
	var failures, running atomic.Int64
	var starting sync.WaitGroup
	places, errs := make([]*task, count), make([]error, count)
	for i := range count {
		began := sync.OnceFunc(func() {
			if running.Add(1) == int64(count) {
				run()
			}
		})
		starting.Go(func() {
			for {
				places[i], errs[i] = f.startOne(ctx, d, image, began)
				if errs[i] == nil || failures.Add(1) >= threshold || ctx.Err() != nil {
					return
				}
			}
		})
	}
	starting.Wait()
	var started []*task
	for _, t := range places {
		if t != nil {
			started = append(started, t)
		}
	}
	return started, errors.Join(errs...)
}

// startOne starts a task with the next number. A task that does not come up is stopped.
func (f *runningService) startOne(ctx context.Context, d deployment, image cloud.Image, began func()) (*task, error) {
	number := int(f.count.Add(1)) - 1
	starting := &services.Of(f.cloud).starting
	starting.Add(1)
	defer starting.Add(-1)
	subnets, _ := d.service.Get("networkConfiguration.subnets").([]any)
	groups, _ := d.service.Get("networkConfiguration.securityGroups").([]any)
	t := &task{
		cloud:        f.cloud,
		name:         fmt.Sprintf("%s-%d", f.name, number),
		container:    d.container,
		ended:        make(chan struct{}),
		targetGroups: targetGroupsOf(d.service),
	}
	err := t.start(
		d.definition,
		image,
		cloud.Strings(subnets)[(firstSubnet(f.name)+number)%len(subnets)],
		cloud.Strings(groups),
	)
	if err == nil {
		began()
		err = t.waitUntilHealthy(ctx)
	}
	if err == nil {
		err = t.joinTargetGroups(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, t.stop())
	}
	return t, nil
}

// firstSubnet is the index of the subnet for a service's first task. ECS spreads the tasks of each
// service over the zones and begins with any of them.
func firstSubnet(service string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(service)) // writing to a hash never fails
	return int(sum.Sum32() >> 1)
}
