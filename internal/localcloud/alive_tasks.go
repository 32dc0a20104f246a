// Tasks that run: each is a process with exactly the environment and secrets of its task definition, its own address in
// the VPC, behind the security groups of its service, and healthy when its definition's check says so.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// Image is what a container runs here.
type Image struct {
	// Program is the container's entry point, an executable of this computer; "": services with this image stay records.
	Program string
	// Path is where the container finds programs, for its health check among others.
	Path string
}

// fleet is the running side of an ECS service.
type fleet struct {
	cloud *Cloud
	name  string

	mu      sync.Mutex
	running deployment
	tasks   []*task
	count   int // of tasks that were ever started
}

// deployment is what the tasks of a service are made from.
type deployment struct {
	service    Record
	definition Record // the revision
	container  containerDefinition
}

// steadyLimit is for tasks that start on a computer that starts dozens at once.
const steadyLimit = 2 * time.Minute

func startService(c *Cloud, r Record) error {
	a := c.life()
	if a.Images == nil || r.Get("desiredCount") == nil {
		return nil
	}
	if err := flowguard.Supported(); err != nil {
		return nil // tasks stay records, as enliven says of connections
	}
	f := &fleet{cloud: c, name: r.str("name")}
	if err := f.deploy(r); err != nil {
		c.Remove(serviceType, r.ID) // AWS keeps it; here the next update can make it again
		return fmt.Errorf("waiting for ECS Service (%s) create: %w", f.name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fleets[r.ID] = f
	return nil
}

// changeService deploys another revision, or another number of tasks.
func changeService(c *Cloud, r Record) error {
	a := c.life()
	a.mu.Lock()
	f := a.fleets[r.ID]
	a.mu.Unlock()
	if f == nil {
		return startService(c, r)
	}
	err := f.deploy(r)
	if rollback, _ := r.Get("deploymentCircuitBreaker.rollback").(bool); err != nil && rollback {
		c.rolledBack(r, f.running.definition.ID, err)
		return nil // and so says the provider (pulumi-aws#4487)
	}
	if err != nil {
		return fmt.Errorf("waiting for ECS Service (%s) update: %w", f.name, err)
	}
	return nil
}

// rolledBack is what the circuit breaker leaves: the service names the revision that runs (ECS developer guide, "How the
// Amazon ECS deployment circuit breaker detects failures").
func (c *Cloud) rolledBack(r Record, revision string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if record := c.find(serviceType, "", r.ID); record != nil {
		record.setOutput("taskDefinition", revision)
		c.note("refuse", serviceType, r.ID, "deployment failed: tasks failed to start: "+why.Error())
	}
}

func stopService(c *Cloud, r Record) error {
	a := c.life()
	a.mu.Lock()
	f := a.fleets[r.ID]
	delete(a.fleets, r.ID)
	a.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.stop()
}

// deploy brings the service to what its record asks for: new tasks are healthy before old ones stop
// (deploymentMinimumHealthyPercent 100). What cannot be brought up leaves the old ones as they are.
func (f *fleet) deploy(r Record) error {
	next, err := f.cloud.deploymentOf(r)
	if err != nil {
		return err
	}
	desired, _ := r.Get("desiredCount").(float64)
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.tasks
	if f.running.definition.ID != next.definition.ID {
		kept = nil
	}
	kept = kept[:min(len(kept), int(desired))]
	fresh, err := f.start(next, int(desired)-len(kept))
	if err != nil {
		return errors.Join(err, stopAll(fresh))
	}
	old := slices.DeleteFunc(slices.Clone(f.tasks), func(t *task) bool { return slices.Contains(kept, t) })
	f.tasks, f.running = append(slices.Clone(kept), fresh...), next
	for _, t := range fresh {
		go f.watch(t)
	}
	return stopAll(old)
}

// watch starts another task when one ends that should run.
func (f *fleet) watch(t *task) {
	<-t.ended
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.tasks, t)
	if at < 0 {
		return // it was stopped
	}
	f.tasks = slices.Delete(f.tasks, at, at+1)
	_ = t.stop() // its process has ended, and its log says why
	fresh, err := f.start(f.running, 1)
	if err != nil {
		_ = stopAll(fresh)
		f.cloud.mu.Lock()
		f.cloud.note("refuse", serviceType, f.name, "starting a task: "+err.Error())
		f.cloud.mu.Unlock()
		return
	}
	f.tasks = append(f.tasks, fresh...)
	go f.watch(fresh[0])
}

// start starts tasks over the service's subnets and waits until each is healthy.
func (f *fleet) start(d deployment, count int) (started []*task, err error) {
	image, known := f.cloud.life().Images(d.container.Image)
	if !known {
		return nil, fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref %s: %s: not found", d.container.Image, d.container.Image)
	}
	if image.Program == "" {
		return nil, nil
	}
	subnets, _ := d.service.Get("networkConfiguration.subnets").([]any)
	groups, _ := d.service.Get("networkConfiguration.securityGroups").([]any)
	for range count {
		t := &task{cloud: f.cloud, name: fmt.Sprintf("%s-%d", f.name, f.count), container: d.container, ended: make(chan struct{})}
		subnet := texts(subnets)[f.count%len(subnets)]
		f.count++
		started = append(started, t)
		if err := t.start(d.definition, image, subnet, texts(groups)); err != nil {
			return started, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), steadyLimit)
	defer cancel()
	for _, t := range started {
		if err := t.healthy(ctx); err != nil {
			return started, err
		}
	}
	return started, nil
}

func (f *fleet) stop() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	tasks := f.tasks
	f.tasks = nil
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

// deploymentOf finds what a service's tasks are made from.
func (c *Cloud) deploymentOf(r Record) (deployment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.revision(r.str("taskDefinition"))
	if found == nil {
		return deployment{}, fmt.Errorf("ClientException: TaskDefinition not found.")
	}
	containers, err := readContainers(found.str("containerDefinitions"))
	if err == nil && len(containers) != 1 {
		err = fmt.Errorf("a task of %d containers: the embedded AWS runs tasks of one", len(containers))
	}
	if err != nil {
		return deployment{}, err
	}
	return deployment{r, *found, containers[0]}, nil
}

// Task is a running one, for who looks.
type Task struct {
	Name    string
	Address netip.Addr
	Process int
	Log     string // a file with all that it wrote
}

// Tasks are the running tasks of a service, by the service's name.
func (c *Cloud) Tasks(service string) (found []Task) {
	a := c.life()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.fleets {
		if f.name != service {
			continue
		}
		f.mu.Lock()
		for _, t := range f.tasks {
			found = append(found, Task{t.name, t.address, t.process.Process.Pid, t.log})
		}
		f.mu.Unlock()
	}
	return found
}

// task is one process.
type task struct {
	cloud     *Cloud
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
	t.log, t.path = filepath.Join(t.cloud.life().Dir, "tasks", t.name+".log"), image.Path
	if err := os.MkdirAll(filepath.Dir(t.log), 0o755); err != nil {
		return err
	}
	if t.output, err = os.Create(t.log); err != nil {
		return err
	}
	t.process = exec.Command(image.Program)
	// Where an image has its programs and its roots.
	t.process.Env = append(variables, "PATH="+image.Path, "SSL_CERT_FILE="+t.cloud.RootStore())
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

// healthy waits until the container's own check passes, as often as it is scheduled on the scaled clock.
func (t *task) healthy(ctx context.Context) error {
	check := t.container.HealthCheck
	if check == nil {
		return nil
	}
	if len(check.Command) != 2 || check.Command[0] != "CMD-SHELL" {
		return fmt.Errorf("the health check %q: the embedded AWS runs CMD-SHELL only", check.Command)
	}
	interval := scaled(time.Duration(check.Interval)*time.Second, t.cloud.life().Scale)
	for {
		probe := exec.CommandContext(ctx, "/bin/sh", "-c", check.Command[1])
		probe.Env = []string{"PATH=" + t.path}
		if err := t.guard.Start(probe); err != nil {
			return err
		}
		if probe.Wait() == nil {
			return nil
		}
		select {
		case <-t.ended:
			return fmt.Errorf("task %s stopped: essential container %s exited: %w\n%s", t.name, t.container.Name, t.outcome, t.tail())
		case <-ctx.Done():
			return fmt.Errorf("task %s failed container health checks\n%s", t.name, t.tail())
		case <-time.After(interval):
		}
	}
}

// tail is the end of what the task wrote.
func (t *task) tail() string {
	text, err := os.ReadFile(t.log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-2000):]))
}

// stop sends SIGTERM and kills what still runs at the stop timeout.
func (t *task) stop() error {
	var errs []error
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
