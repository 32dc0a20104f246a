// Package verifying runs the verification of a deployed platform from outside: it starts the task
// that the program defines, waits for its end and reads the report from its log. It drives the AWS
// CLI and the Pulumi CLI, which whoever deploys has.
package verifying

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/workload/verification"
)

// Page and the report's JSON are files of the folder out.
const (
	Page = "verify.html"
	file = "verify.json"
)

// Write writes a report into the folder out of the repository at root: for programs, and as a page.
func Write(root string, report verification.Report) error {
	folder := filepath.Join(root, "out")
	if err := cli.WriteResults(filepath.Join(folder, file), report); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.HTML(&page); err != nil {
		return err
	}
	if err := renameio.WriteFile(
		filepath.Join(folder, Page),
		page.Bytes(),
		0o644,
		renameio.WithTempDir(folder),
	); err != nil {
		return fmt.Errorf("writing the verification's page: %w", err)
	}
	return nil
}

// command runs a program and returns what it printed; tests put another in its place.
type command func(ctx context.Context, name string, arguments ...string) ([]byte, error)

func run(ctx context.Context, name string, arguments ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf(
			"%s %s: %w: %s",
			name,
			strings.Join(arguments, " "),
			err,
			strings.TrimSpace(stderr.String()),
		)
	}
	return out, nil
}

// How says what a verification may do to the platform, and what fails it.
type How struct {
	// Commands sends requests that may change something, hundreds of times: where services are real
	// they do what it says.
	Commands bool
	// Targets fails where a target of latency or throughput is missed.
	Targets bool
}

// client asks a stack through the command lines of Pulumi and AWS; tests replace both, and do not
// pause.
type client struct {
	run   command
	pause time.Duration
	how   How
	// region is the stack's: that of the credentials may be another.
	region string
}

const (
	// pause is that of the AWS CLI's own waiters.
	pause = 6 * time.Second
	// taskLooks make half an hour: the waiter tasks-stopped gives up after ten minutes, and a
	// platform that answers slowly may take longer.
	taskLooks = 300
	// logLooks make a minute: CloudWatch may show a log's last lines some seconds after the task
	// has ended.
	logLooks = 10
)

// Stack verifies the platform of a Pulumi stack and reports what was seen.
func Stack(ctx context.Context, root, stack string, how How, out io.Writer) error {
	report, err := client{run: run, pause: pause, how: how}.verify(ctx, stack, out)
	if err != nil {
		return fmt.Errorf("verifying stack %s: %w", stack, err)
	}
	return errors.Join(Write(root, report), report.Table(out), report.Err())
}

func (c client) verify(ctx context.Context, stack string, out io.Writer) (report verification.Report, err error) {
	at, err := c.find(ctx, stack)
	if err != nil {
		return report, err
	}
	region, err := c.run(ctx, "pulumi", "config", "get", "aws:region", "--stack", stack)
	if err != nil {
		return report, err
	}
	c.region = strings.TrimSpace(string(region))
	task, err := c.start(ctx, at)
	if err != nil {
		return report, err
	}
	fmt.Fprintf(out, "The task %s runs; it takes about two minutes.\n", task)
	why, err := c.end(ctx, at, task)
	if err != nil {
		return report, err
	}
	if report, err = c.read(ctx, at, task); err != nil {
		return report, fmt.Errorf("%w\nThe task %s has ended: %s", err, task, why)
	}
	return report, nil
}

// outputs of the stack that say where the task is.
type outputs struct {
	Cluster  string `json:"clusterName"`
	Service  string `json:"verificationService"`
	LogGroup string `json:"verificationLogGroup"`
}

func (c client) find(ctx context.Context, stack string) (at outputs, err error) {
	if err := c.ask(ctx, &at, "pulumi", "stack", "output", "--stack", stack, "--json"); err != nil {
		return at, err
	}
	if at.Service == "" {
		return at, errors.New(
			"it has no verification task: push the image of workload/Dockerfile to the gateway's repository, then " +
				"pulumi config set --stack " + stack + " verificationImage <its tag>, and make up",
		)
	}
	return at, nil
}

// start runs a task with the definition and the network of the service, which has no tasks itself.
func (c client) start(ctx context.Context, at outputs) (task string, err error) {
	var found []struct {
		Definition string          `json:"taskDefinition"`
		Network    json.RawMessage `json:"networkConfiguration"`
	}
	if err := c.ask(
		ctx,
		&found,
		"aws",
		"ecs",
		"describe-services",
		"--cluster",
		at.Cluster,
		"--services",
		at.Service,
		"--query",
		"services",
		"--output",
		"json",
	); err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf(
			"ECS knows %d services %s in cluster %s, expected one: run make up",
			len(found),
			at.Service,
			at.Cluster,
		)
	}
	var started struct {
		Task     string   `json:"task"`
		Failures []string `json:"failures"`
	}
	if err := c.ask(
		ctx,
		&started,
		"aws",
		"ecs",
		"run-task",
		"--cluster",
		at.Cluster,
		"--task-definition",
		found[0].Definition,
		"--launch-type",
		"FARGATE",
		"--network-configuration",
		string(found[0].Network),
		"--overrides",
		c.overrides(at),
		"--started-by",
		"make-verify",
		"--query",
		"{task: tasks[0].taskArn, failures: failures[].reason}",
		"--output",
		"json",
	); err != nil {
		return "", err
	}
	if started.Task == "" {
		return "", fmt.Errorf(
			"starting a task of service %s in cluster %s: ECS started none: %s: mend that, and run make verify again",
			at.Service,
			at.Cluster,
			cmp.Or(strings.Join(started.Failures, "; "), "it gave no reason"),
		)
	}
	return started.Task, nil
}

// overrides are the variables of this one task; its container has the service's name.
func (c client) overrides(at outputs) string {
	return fmt.Sprintf(
		`{"containerOverrides":[{"name":%q,"environment":[{"name":"VERIFY_COMMANDS","value":"%t"},`+
			`{"name":"JUDGE_TARGETS","value":"%t"}]}]}`,
		at.Service,
		c.how.Commands,
		c.how.Targets,
	)
}

// state is what ECS says of a task.
type state struct {
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	Container struct {
		ExitCode *int   `json:"exitCode"` // null if it never ran
		Reason   string `json:"reason"`
	} `json:"container"`
}

// why is for what reason the task ended.
func (s state) why() string {
	text := cmp.Or(s.Reason, "ECS gives no reason")
	if s.Container.ExitCode != nil {
		text += fmt.Sprintf("; exit code %d", *s.Container.ExitCode)
	}
	if s.Container.Reason != "" {
		text += "; " + s.Container.Reason
	}
	return text
}

// end waits until the task has ended, and returns why it has. A task whose container never ran has
// no log, so that is an error at once.
func (c client) end(ctx context.Context, at outputs, task string) (why string, err error) {
	var seen state
	// AWS may add containers of its own to a task, so the task's is found by its name, which is the
	// service's.
	query := "tasks[0].{status: lastStatus, reason: stoppedReason, container: containers[?name=='" + at.Service +
		"'] | [0]}"
	stopped, err := c.until(ctx, taskLooks, func() (bool, error) {
		seen = state{}
		err := c.ask(
			ctx,
			&seen,
			"aws",
			"ecs",
			"describe-tasks",
			"--cluster",
			at.Cluster,
			"--tasks",
			task,
			"--query",
			query,
			"--output",
			"json",
		)
		return seen.Status == "STOPPED", err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf(
			"waiting for the end of task %s in cluster %s, which still runs: %w",
			task,
			at.Cluster,
			err,
		)
	case !stopped:
		return "", fmt.Errorf(
			"waiting for the end of task %s: after %v its state is %q: see what delays it in log group %s, and "+
				"end it by aws ecs stop-task --cluster %s --task %s",
			task,
			taskLooks*c.pause,
			seen.Status,
			at.LogGroup,
			at.Cluster,
			task,
		)
	case seen.Container.ExitCode == nil:
		return "", fmt.Errorf(
			"running task %s in cluster %s: its container never ran: %s: mend that, and run make verify again",
			task,
			at.Cluster,
			seen.why(),
		)
	}
	return seen.why(), nil
}

// read reads the report from all that the task wrote: the awslogs driver calls a stream
// <prefix>/<container>/<task id>, and prefix and container are the service's name here.
func (c client) read(ctx context.Context, at outputs, task string) (report verification.Report, err error) {
	stream := at.Service + "/" + at.Service + "/" + task[strings.LastIndex(task, "/")+1:]
	_, ended := c.until(ctx, logLooks, func() (bool, error) {
		var events []string
		err = c.ask(
			ctx,
			&events,
			"aws",
			"logs",
			"filter-log-events",
			"--log-group-name",
			at.LogGroup,
			"--log-stream-names",
			stream,
			"--query",
			"events[].message",
			"--output",
			"json",
		)
		if err == nil {
			report, err = verification.Parse(strings.Join(events, "\n"))
		}
		return err == nil, nil
	})
	return report, errors.Join(err, ended)
}

// until repeats a look until it is done or the number of looks is reached, with a pause after each.
func (c client) until(ctx context.Context, looks int, look func() (done bool, err error)) (done bool, err error) {
	for range looks {
		if done, err := look(); done || err != nil {
			return done, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(c.pause):
		}
	}
	return false, nil
}

// ask runs a program that prints JSON.
func (c client) ask(ctx context.Context, into any, name string, arguments ...string) error {
	if name == "aws" {
		arguments = append(arguments, "--region", c.region)
	}
	printed, err := c.run(ctx, name, arguments...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(printed, into); err != nil {
		return fmt.Errorf("%s %s printed no JSON of the expected kind: %w", name, strings.Join(arguments, " "), err)
	}
	return nil
}

// Tools says which of the programs that it drives are missing.
func Tools() error {
	var errs []error
	for _, name := range []string{"aws", "pulumi"} {
		if _, err := exec.LookPath(name); err != nil {
			errs = append(errs, fmt.Errorf("%w: verifying a stack in AWS drives it", err))
		}
	}
	return errors.Join(errs...)
}
