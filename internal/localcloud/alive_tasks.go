// Tasks that run: each is a process with exactly the environment and secrets of its task
// definition, its own address in the VPC, behind the security groups of its service, and healthy
// when its definition's check says so.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// task is one process.
type task struct {
	cloud     *Cloud
	alive     *alive
	name      string
	container containerDefinition
	address   netip.Addr
	path      string
	guard     *flowguard.Guard
	process   *exec.Cmd
	output    *os.File
	log       string
	ended     chan struct{}
	outcome   error // of the process, after ended
	behind    []balanced
}

// balanced is a target group that a task stands in, with its port there.
type balanced struct {
	group string
	port  int
}

// behindOf are the target groups of a service's tasks.
func behindOf(service Record) (found []balanced) {
	entries, _ := service.Get("loadBalancers").([]any)
	for _, item := range entries {
		entry, _ := item.(map[string]any)
		group, _ := entry["targetGroupArn"].(string)
		found = append(found, balanced{group, int(number(entry["containerPort"]))})
	}
	return found
}

func (t *task) start(definition Record, image Image, subnet string, groups []string) (err error) {
	variables, err := t.cloud.taskEnvironment(definition, t.container)
	if err != nil {
		return err
	}
	if t.address, err = t.cloud.Visit("ECS task "+t.name, subnet, groups); err != nil {
		return err
	}
	if t.guard, err = t.cloud.taskGuard(t.address); err != nil {
		return err
	}
	t.log, t.path = filepath.Join(t.alive.Dir, "tasks", t.name+".log"), image.Path
	if err := os.MkdirAll(filepath.Dir(t.log), 0o755); err != nil {
		return err
	}
	if t.output, err = os.Create(t.log); err != nil {
		return err
	}
	t.process = exec.Command(image.Program)
	// Where an image has its programs and its roots.
	t.process.Env = append(variables, "PATH="+image.Path, "SSL_CERT_FILE="+t.alive.rootStore())
	t.process.Stdout, t.process.Stderr = t.output, t.output
	t.process.SysProcAttr = dieWithParent()
	if err := t.guard.Start(t.process); err != nil {
		return fmt.Errorf("CannotStartContainerError: %w", err)
	}
	go func() {
		t.outcome = t.process.Wait()
		close(t.ended)
	}()
	return nil
}

// healthy waits until the container's own check passes, as often as it is scheduled on the scaled
// clock. When it has failed as often in a row as its definition says, not counting the start
// period, the task is unhealthy (ECS API reference, HealthCheck).
func (t *task) healthy(ctx context.Context) error {
	check := t.container.HealthCheck
	if check == nil {
		return nil
	}
	if len(check.Command) != 2 || check.Command[0] != "CMD-SHELL" {
		return fmt.Errorf("the health check %q: the embedded AWS runs CMD-SHELL only", check.Command)
	}
	interval := scaled(time.Duration(check.Interval)*time.Second, t.alive.Scale)
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
			return t.stopped()
		case <-ctx.Done():
		case <-time.After(interval):
		}
	}
	return fmt.Errorf("task %s failed container health checks\n%s", t.name, t.tail())
}

// startPeriod is the check's, on the scaled clock, for each task that comes up beside this one: on
// AWS each has a CPU of its own, here dozens share a few.
func (t *task) startPeriod() time.Duration {
	return scaled(
		time.Duration(t.container.HealthCheck.StartPeriod)*time.Second,
		t.alive.Scale,
	) * time.Duration(
		max(t.alive.starting.Load(), 1),
	)
}

// check runs the container's own check once, for as long as it may take.
func (t *task) check(ctx context.Context) (passed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(t.container.HealthCheck.Timeout)*time.Second)
	defer cancel()
	probe := exec.CommandContext(ctx, "/bin/sh", "-c", t.container.HealthCheck.Command[1])
	probe.Env = []string{"PATH=" + t.path}
	// A shell that is killed leaves its child, and with it the pipe that Wait would wait for; so
	// there is none.
	probe.SysProcAttr = dieWithParent()
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
			if t.givenUp() {
				break
			}
		}
		close(sick)
	}()
	return sick
}

// givenUp says whether a load balancer holds the task unhealthy.
func (t *task) givenUp() bool {
	for _, b := range t.behind {
		for _, p := range t.cloud.pools(b.group) {
			for _, one := range p.snapshot() {
				if one.address == t.address && !one.healthy && !one.initial {
					return true
				}
			}
		}
	}
	return false
}

// inService registers a task with its target groups and waits until their load balancers hold it
// healthy.
func (t *task) inService(ctx context.Context) error {
	for _, b := range t.behind {
		t.cloud.register(b.group, t.address, b.port)
	}
	for _, b := range t.behind {
		for !t.cloud.inService(b.group, t.address) {
			select {
			case <-t.ended:
				return t.stopped()
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

// leaveService takes a task off its target groups and waits as long as they let requests under way
// end.
func (t *task) leaveService() {
	var longest time.Duration
	for _, b := range t.behind {
		t.cloud.deregister(b.group, t.address)
		longest = max(longest, t.cloud.deregistrationDelay(b.group))
	}
	select {
	case <-t.ended:
	case <-time.After(longest):
	}
}

// deregistrationDelay is a target group's, on the scaled clock; none where no load balancer runs
// that would drain.
func (c *Cloud) deregistrationDelay(group string) time.Duration {
	if len(c.pools(group)) == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.find(targetGroupType, "arn", group)
	if found == nil {
		return 0
	}
	return scaled(time.Duration(number(found.Get("deregistrationDelay")))*time.Second, c.alive.Scale)
}

// stopped is what ECS says of a task that ended by itself.
func (t *task) stopped() error {
	return fmt.Errorf(
		"task %s stopped: essential container %s exited: %s\n%s",
		t.name,
		t.container.Name,
		t.process.ProcessState,
		t.tail(),
	)
}

// tail is the end of what the task wrote.
func (t *task) tail() string {
	text, err := os.ReadFile(t.log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-2000):]))
}

// stop lets the load balancers drain the task, sends SIGTERM and kills what still runs at the stop
// timeout.
func (t *task) stop() error {
	var errs []error
	t.leaveService()
	if t.process != nil && t.process.Process != nil {
		// It may have ended.
		_ = terminate(t.process.Process)
		select {
		case <-t.ended:
		case <-time.After(time.Duration(t.container.StopTimeout) * time.Second):
			_ = t.process.Process.Kill() // as before
			<-t.ended
		}
	}
	if t.output != nil {
		errs = append(errs, t.output.Close())
	}
	if t.guard != nil {
		errs = append(errs, t.guard.Close())
	}
	t.cloud.Leave("ECS task " + t.name)
	return errors.Join(errs...)
}
