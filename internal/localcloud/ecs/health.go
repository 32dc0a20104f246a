// Whether a task is healthy: its container's own check, and the load balancers that it is behind.
package ecs

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

// waitUntilHealthy waits until the container's own check passes, as often as it is scheduled on the scaled
// clock. When it has failed as often in a row as its definition says, not counting the start
// period, the task is unhealthy (ECS API reference, HealthCheck).
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

// startPeriod is the check's, on the scaled clock, for each task that comes up beside this one: on
// AWS each has a CPU of its own, here dozens share a few.
func (t *task) startPeriod() time.Duration {
	period := time.Duration(t.container.HealthCheck.StartPeriod) * time.Second
	return t.cloud.Scaled(period) * time.Duration(max(services.Of(t.cloud).starting.Load(), 1))
}

// check runs the container's own check once, for as long as it may take.
func (t *task) check(ctx context.Context) (passed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(t.container.HealthCheck.Timeout)*time.Second)
	defer cancel()
	probe := exec.CommandContext(ctx, "/bin/sh", "-c", t.container.HealthCheck.Command[1])
	probe.Env = []string{"PATH=" + t.path}
	// A shell that is killed leaves its child, and with it the pipe that Wait would wait for; so
	// there is none.
	probe.SysProcAttr = cloud.DieWithParent()
	probe.Cancel = func() error { return killGroup(probe.Process) }
	if err := t.guard.Start(probe); err != nil {
		return false, err
	}
	return probe.Wait() == nil, nil
}

// unhealthy is closed when the container's check has failed as often in a row as its definition
// says, or a load balancer has given the task up. What runs is checked on the real clock: dozens of
// tasks, checked twenty times as often, would leave no time for what is rehearsed.
func (t *task) unhealthy() <-chan struct{} {
	sick := make(chan struct{})
	check := t.container.HealthCheck
	if check == nil {
		return sick
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
			case err != nil: // its guard is closed: it was stopped
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
		close(sick)
	}()
	return sick
}

// unhealthyAtBalancer says whether a load balancer holds the task unhealthy.
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

// joinTargetGroups registers a task with its target groups and waits until their load balancers hold it
// healthy.
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

// leaveTargetGroups takes a task off its target groups and waits as long as they let requests under way
// end.
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

// targetGroupPort is a target group that a task stands in, with its port there.
type targetGroupPort struct {
	group string
	port  int
}

// targetGroupsOf are the target groups of a service's tasks.
func targetGroupsOf(service cloud.Record) (found []targetGroupPort) {
	entries, _ := service.Get("loadBalancers").([]any)
	for _, item := range entries {
		entry, _ := item.(map[string]any)
		group, _ := entry["targetGroupArn"].(string)
		found = append(found, targetGroupPort{group, int(cloud.Number(entry["containerPort"]))})
	}
	return found
}
