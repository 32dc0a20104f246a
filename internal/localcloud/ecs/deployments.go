// How a deployment replaces the tasks of a service: new tasks are healthy before old ones stop, and
// the circuit breaker rolls back a deployment that fails.
package ecs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// deployment is what the tasks of a service are started from.
type deployment struct {
	service    cloud.Record
	definition cloud.Record // the revision
	container  containerDefinition
}

// revision returns the running revision; "" if no deployment has completed yet.
func (f *runningService) revision() string {
	f.changes.Lock()
	defer f.changes.Unlock()
	return f.running.definition.ID
}

// recordRollBack writes down what the circuit breaker did: the record of the service names the
// revision that runs (ECS developer guide, "How the Amazon ECS deployment circuit breaker detects
// failures").
func recordRollBack(c *cloud.Cloud, r cloud.Record, revision string, why error) {
	c.Update(func(tx *cloud.Tx) {
		if record := tx.Find(ServiceType, "", r.ID); record != nil {
			record.SetOutput("taskDefinition", revision)
			tx.Note("refuse", ServiceType, r.ID, "deployment failed: tasks failed to start: "+why.Error())
		}
	})
}

// deploy brings the service to what its record describes. New tasks are healthy before old ones
// stop (deploymentMinimumHealthyPercent 100). If new tasks do not come up, the old ones stay.
func (f *runningService) deploy(r cloud.Record, run func()) error {
	next, err := deploymentOf(f.cloud, r)
	if err != nil {
		return err
	}
	f.changes.Lock()
	defer f.changes.Unlock()
	if count := int(cloud.Number(r.Get("desiredCount"))); count != f.configured {
		f.configured, f.desired = count, count
	}
	return f.reconcile(next, run)
}

// reconcile starts and stops tasks until the desired number runs, all of one deployment.
func (f *runningService) reconcile(next deployment, run func()) error {
	f.mu.Lock()
	before := slices.Clone(f.tasks)
	f.mu.Unlock()
	kept := before
	if f.running.definition.ID != next.definition.ID {
		kept = nil
	}
	kept = slices.Clone(kept[:min(len(kept), f.desired)])
	fresh, err := f.start(next, f.desired-len(kept), run)
	if err != nil {
		return errors.Join(err, stopAll(fresh))
	}
	f.running = next
	f.mu.Lock()
	f.tasks = append(kept, fresh...)
	f.mu.Unlock()
	for _, t := range fresh {
		go f.replaceWhenDead(t)
	}
	return stopAll(slices.DeleteFunc(before, func(t *task) bool { return slices.Contains(kept, t) }))
}

// deploymentOf finds what the tasks of a service are started from.
func deploymentOf(c *cloud.Cloud, r cloud.Record) (deployment, error) {
	return cloud.View2(c, func(tx *cloud.Tx) (deployment, error) {
		found := Revision(tx, r.Str("taskDefinition"))
		if found == nil {
			return deployment{}, fmt.Errorf("ClientException: TaskDefinition not found.")
		}
		containers, err := readContainers(found.Str("containerDefinitions"))
		if err == nil && len(containers) != 1 {
			err = fmt.Errorf(
				"a task of %d containers: the embedded AWS runs tasks of one container only",
				len(containers),
			)
		}
		if err != nil {
			return deployment{}, err
		}
		return deployment{service: r, definition: *found, container: containers[0]}, nil
	})
}
