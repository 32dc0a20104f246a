// How one task starts and stops. A task is a process with exactly the environment and secrets of
// its task definition. It has its own address in the VPC and the security groups of its service.
// health.go says when it is healthy, dead_tasks.go what happens when it dies.
package ecs

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// task is one running task: a process of one container.
type task struct {
	cloud        *cloud.Cloud
	name         string
	container    containerDefinition
	address      netip.Addr
	path         string
	guard        *flowguard.Guard
	process      *exec.Cmd
	output       *os.File
	log          string
	ended        chan struct{}
	outcome      error // of the process, after ended
	targetGroups []targetGroupPort
}

// start places the task in a subnet and starts its process there.
func (t *task) start(definition cloud.Record, image cloud.Image, subnet string, groups []string) (err error) {
	variables, err := taskEnvironment(t.cloud, definition, t.container)
	if err != nil {
		return err
	}
	if t.address, err = ec2.Attach(t.cloud, "ECS task "+t.name, subnet, groups); err != nil {
		return err
	}
	if t.guard, err = taskGuard(t.cloud, t.address); err != nil {
		return err
	}
	t.log, t.path = filepath.Join(t.cloud.Runtime().Dir, "tasks", t.name+".log"), image.Path
	if err := os.MkdirAll(filepath.Dir(t.log), 0o755); err != nil {
		return err
	}
	if t.output, err = os.Create(t.log); err != nil {
		return err
	}
	t.process = exec.Command(image.Program)
	// PATH and the certificate roots come from the image.
	t.process.Env = append(variables, "PATH="+image.Path, "SSL_CERT_FILE="+acm.RootStore(t.cloud))
	t.process.Stdout, t.process.Stderr = t.output, t.output
	t.process.SysProcAttr = cloud.DieWithParent()
	if err := t.guard.Start(t.process); err != nil {
		return fmt.Errorf("CannotStartContainerError: %w", err)
	}
	go func() {
		t.outcome = t.process.Wait()
		close(t.ended)
	}()
	return nil
}

// exitError is what ECS reports about a task that ended by itself.
func (t *task) exitError() error {
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

// stop lets the load balancers drain the task and sends SIGTERM. It kills a process that still runs
// after the stop timeout.
func (t *task) stop() error {
	var errs []error
	t.leaveTargetGroups()
	if t.process != nil && t.process.Process != nil {
		// It may have ended.
		_ = terminate(t.process.Process)
		select {
		case <-t.ended:
		case <-time.After(time.Duration(t.container.StopTimeout) * time.Second):
			_ = t.process.Process.Kill() // it may have ended by now
			<-t.ended
		}
	}
	if t.output != nil {
		errs = append(errs, t.output.Close())
	}
	if t.guard != nil {
		errs = append(errs, t.guard.Close())
	}
	ec2.Detach(t.cloud, "ECS task "+t.name)
	return errors.Join(errs...)
}
