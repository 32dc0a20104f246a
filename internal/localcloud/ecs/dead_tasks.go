// What happens when a task dies or turns unhealthy: its service starts another in its place. While
// none comes up, the service tries again, as often as ECS's throttle lets it. With a maximum above
// 100 percent a replacement starts before an unhealthy task stops (ECS developer guide, "Amazon ECS
// services").
package ecs

import (
	"fmt"
	"slices"
	"time"
)

// replaceWhenDead waits until a task dies or turns unhealthy, and then starts another in its place.
func (f *runningService) replaceWhenDead(t *task) {
	select {
	case <-t.ended:
	case <-t.unhealthy():
	}
	f.changes.Lock()
	defer f.changes.Unlock()
	if !f.drop(t) {
		return // the service stopped it
	}
	fresh, err := f.start(f.running, 1, func() {})
	// An unhealthy task may use its whole stop timeout.
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

// throttle is the pause before ECS tries again to start tasks that did not come up. On AWS the
// pause grows (ECS developer guide, "Amazon ECS service throttle logic").
const throttle = time.Minute

// retryMissing tries to start the missing tasks, until it succeeds or the service stops.
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
	if f.context.Err() != nil { // the service stopped meanwhile
		return nil
	}
	return f.reconcile(f.running, func() {})
}

// drop removes a task from the list. It returns false if the list does not hold the task.
func (f *runningService) drop(t *task) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.tasks, t)
	if at >= 0 {
		f.tasks = slices.Delete(f.tasks, at, at+1)
	}
	return at >= 0
}
