// Package verifying runs the verification of a deployed platform from outside: it starts the task that the program defines, waits for its
// end and reads the report from its log. It drives the AWS CLI and the Pulumi CLI, which whoever deploys has.
package verifying

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/bodybroker/platform/internal/results"
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
	if err := results.Write(filepath.Join(folder, file), report); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.HTML(&page); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(folder, Page), page.Bytes(), 0o644, renameio.WithTempDir(folder)); err != nil {
		return fmt.Errorf("writing the verification's page: %w", err)
	}
	return nil
}

// command runs a program and returns what it printed; tests put another in its place.
type command func(ctx context.Context, name string, arguments ...string) ([]byte, error)

func run(ctx context.Context, name string, arguments ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	var told bytes.Buffer
	c.Stderr = &told
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(told.String()))
	}
	return out, nil
}

// Stack verifies the platform of a Pulumi stack and tells what was seen.
func Stack(ctx context.Context, root, stack string, out io.Writer) error {
	report, err := inside(ctx, run, stack, out)
	if err != nil {
		return fmt.Errorf("verifying stack %s: %w", stack, err)
	}
	return errors.Join(Write(root, report), report.Table(out), report.Err())
}

// outputs of the stack that say where the task is.
type outputs struct {
	Cluster  string `json:"clusterName"`
	Service  string `json:"verificationService"`
	LogGroup string `json:"verificationLogGroup"`
}

// service is what ECS says of the service without tasks whose definition and network the task gets.
type service struct {
	Definition string          `json:"taskDefinition"`
	Network    json.RawMessage `json:"networkConfiguration"`
}

func inside(ctx context.Context, cli command, stack string, out io.Writer) (report verification.Report, err error) {
	var at outputs
	if err := ask(ctx, cli, &at, "pulumi", "stack", "output", "--stack", stack, "--json"); err != nil {
		return report, err
	}
	if at.Service == "" {
		return report, errors.New("it has no verification task: push the image of workload/Dockerfile to the gateway's repository, then " +
			"pulumi config set --stack " + stack + " verificationImage <its tag>, and make up")
	}
	var found []service
	if err := ask(ctx, cli, &found, "aws", "ecs", "describe-services", "--cluster", at.Cluster, "--services", at.Service, "--query", "services", "--output", "json"); err != nil {
		return report, err
	}
	if len(found) != 1 {
		return report, fmt.Errorf("ECS knows %d services %s in cluster %s, wanted one: run make up", len(found), at.Service, at.Cluster)
	}
	var task string
	if err := ask(ctx, cli, &task, "aws", "ecs", "run-task", "--cluster", at.Cluster, "--task-definition", found[0].Definition, "--launch-type", "FARGATE",
		"--network-configuration", string(found[0].Network), "--started-by", "make-verify", "--query", "tasks[0].taskArn", "--output", "json"); err != nil {
		return report, err
	}
	fmt.Fprintf(out, "The task %s runs; it takes about two minutes.\n", task)
	if _, err := cli(ctx, "aws", "ecs", "wait", "tasks-stopped", "--cluster", at.Cluster, "--tasks", task); err != nil {
		return report, err
	}
	log, err := logOf(ctx, cli, at, task)
	if err != nil {
		return report, err
	}
	return verification.Parse(log)
}

// logOf reads all that the task wrote: the awslogs driver calls a stream <prefix>/<container>/<task id>, and prefix and container are the
// service's name here.
func logOf(ctx context.Context, cli command, at outputs, task string) (string, error) {
	stream := at.Service + "/" + at.Service + "/" + task[strings.LastIndex(task, "/")+1:]
	var events []string
	err := ask(ctx, cli, &events, "aws", "logs", "filter-log-events", "--log-group-name", at.LogGroup, "--log-stream-names", stream,
		"--query", "events[].message", "--output", "json")
	return strings.Join(events, "\n"), err
}

// ask runs a program that prints JSON.
func ask(ctx context.Context, cli command, into any, name string, arguments ...string) error {
	printed, err := cli(ctx, name, arguments...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(printed, into); err != nil {
		return fmt.Errorf("%s %s printed no JSON of the kind wanted: %w", name, strings.Join(arguments, " "), err)
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
