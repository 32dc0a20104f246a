// When a task is healthy: the health check of its container passes, and so do the health checks of
// the load balancers in front of it.
package ecs

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

// waitUntilHealthy waits until the health check of the container passes. The check runs at its
// interval, on the scaled clock. When it has failed as often in a row as its definition allows, not
// counting the start period, the task is unhealthy (ECS API reference, HealthCheck).
func (t *task) waitUntilHealthy(ctx context.Context) error {
	check := t.container.HealthCheck
	if check == nil {
		return nil
	}
	if len(check.Command) != 2 || check.Command[0] != "CMD-SHELL" {
		return fmt.Errorf("the health check %q: the embedded AWS runs CMD-SHELL only", check.Command)
	}
	interval := t.cloud.Scaled(time.Duration(check.Interval) * time.Second)
	begun := time.Now()
	for failed := 0; failed < max(check.Retries, 1) && ctx.Err() == nil; {
		passed, err := t.check(ctx)
		if passed || err != nil {
			return err
		}
		if time.Since(begun) > t.startPeriod() {
			failed++
		}
		select {
		case <-t.ended:
			return t.exitError()
		case <-ctx.Done():
		case <-time.After(interval):
		}
	}
	return fmt.Errorf("task %s failed container health checks\n%s", t.name, t.tail())
}

// startPeriod is the start period of the check on the scaled clock, multiplied by the number of
// tasks that are starting: on AWS each has a CPU of its own, here dozens share a few.
func (t *task) startPeriod() time.Duration {
	period := time.Duration(t.container.HealthCheck.StartPeriod) * time.Second
	return t.cloud.Scaled(period) * time.Duration(max(services.Of(t.cloud).starting.Load(), 1))
}

// check runs the health check of the container once, within its timeout.
func (t *task) check(ctx context.Context) (passed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(t.container.HealthCheck.Timeout)*time.Second)
	defer cancel()
	probe := exec.CommandContext(ctx, "/bin/sh", "-c", t.container.HealthCheck.Command[1])
	probe.Env = []string{"PATH=" + t.path}
	// The probe gets no pipe: the child of a killed shell would hold it open, and Wait would wait
	// for that child.
	probe.SysProcAttr = cloud.DieWithParent()
	probe.Cancel = func() error { return killGroup(probe.Process) }
	if err := t.guard.Start(probe); err != nil {
		return false, err
	}
	return probe.Wait() == nil, nil
}

// unhealthy returns a channel that is closed when the health check of the container has failed as
// often in a row as its definition allows, or a load balancer finds the task unhealthy. Running
// tasks are checked on the real clock: twenty times as many checks of dozens of tasks would leave
// no CPU time for the rehearsal.
func (t *task) unhealthy() <-chan struct{} {
	unhealthy := make(chan struct{})
	check := t.container.HealthCheck
	if check == nil {
		return unhealthy
	}
	go func() {
		for failed := 0; failed < max(check.Retries, 1); {
			select {
			case <-t.ended:
				return
			case <-time.After(time.Duration(check.Interval) * time.Second):
			}
			passed, err := t.check(context.Background())
			switch {
			case err != nil: // its guard is closed: the task was stopped
				return
			case passed:
				failed = 0
			default:
				failed++
			}
			if t.unhealthyAtBalancer() {
				break
			}
		}
		close(unhealthy)
	}()
	return unhealthy
}

// unhealthyAtBalancer reports whether a load balancer finds the task unhealthy.
func (t *task) unhealthyAtBalancer() bool {
	for _, b := range t.targetGroups {
		for _, p := range elbv2.RunningTargetGroups(t.cloud, b.group) {
			for _, one := range p.Snapshot() {
				if one.Address == t.address && !one.Healthy && !one.Initial {
					return true
				}
			}
		}
	}
	return false
}

// joinTargetGroups registers a task with its target groups and waits until their load balancers
// find it healthy.
func (t *task) joinTargetGroups(ctx context.Context) error {
	for _, b := range t.targetGroups {
		elbv2.Register(t.cloud, b.group, t.address, b.port)
	}
	for _, b := range t.targetGroups {
		for !elbv2.HealthyEverywhere(t.cloud, b.group, t.address) {
			select {
			case <-t.ended:
				return t.exitError()
			case <-ctx.Done():
				return fmt.Errorf(
					"task %s failed ELB health checks in (target-group %s)\n%s",
					t.name,
					b.group,
					t.tail(),
				)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// leaveTargetGroups deregisters a task from its target groups and waits for their longest
// deregistration delay, in which open requests end.
func (t *task) leaveTargetGroups() {
	var longest time.Duration
	for _, b := range t.targetGroups {
		elbv2.Deregister(t.cloud, b.group, t.address)
		longest = max(longest, elbv2.DeregistrationDelay(t.cloud, b.group))
	}
	select {
	case <-t.ended:
	case <-time.After(longest):
	}
}

// targetGroupPort is a target group of a task, and the port of the task there.
type targetGroupPort struct {
	group string
	port  int
}

// targetGroupsOf reads the target groups for the tasks of a service.
func targetGroupsOf(service cloud.Record) (found []targetGroupPort) {
	entries, _ := service.Get("loadBalancers").([]any)
	for _, item := range entries {
		entry, _ := item.(map[string]any)
		group, _ := entry["targetGroupArn"].(string)
		found = append(found, targetGroupPort{group, int(cloud.Number(entry["containerPort"]))})
	}
	return found
}
