// A stand-in answers in place of the AWS CLI and the Pulumi CLI, for a test has no account. The
// tests check which commands run, and what becomes of every answer that a deployment may give.
package verifying

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/workload/verification"
)

// replies are what the programs answer, by the words that a command begins with: one after the
// other, and the last again and again.
type replies map[string][]string

// refused in replies is a program that fails.
const refused = "refused"

const (
	outputsOf = "pulumi stack output --stack prod --json"
	regionOf  = "pulumi config get aws:region --stack prod"
	services  = "aws ecs describe-services --cluster game --services verification"
	runTask   = "aws ecs run-task --cluster game"
	tasks     = "aws ecs describe-tasks --cluster game --tasks " + task
	events    = "aws logs filter-log-events --log-group-name /prod/verification --log-stream-names " +
		"verification/verification/0123"
	task   = "arn:aws:ecs:us-east-1:123456789012:task/game/0123"
	exited = `{"status": "STOPPED", "reason": "Essential container in task exited", "container": {"exitCode": 1}}`
)

// healthy is a stack whose verification goes as it should.
func healthy(t *testing.T) replies {
	t.Helper()
	log, err := os.ReadFile(filepath.Join("testdata", "log.json"))
	require.NoError(t, err)
	return replies{
		outputsOf: {
			`{"clusterName": "game", "verificationService": "verification", "verificationLogGroup": ` +
				`"/prod/verification"}`,
		},
		regionOf: {"eu-west-1\n"},
		services: {
			`[{"taskDefinition": "prod-verification:3", "networkConfiguration": {"awsvpcConfiguration": ` +
				`{"subnets": ["subnet-1"]}}}]`,
		},
		runTask: {`{"task": "` + task + `", "failures": []}`},
		tasks:   {exited},
		events:  {string(log)},
	}
}

// verified is what comes of a stack, and the commands that were run for it.
func verified(ctx context.Context, answers replies) (report verification.Report, commands []string, err error) {
	run := func(_ context.Context, name string, arguments ...string) ([]byte, error) {
		line := name + " " + strings.Join(arguments, " ")
		for begin, all := range answers {
			if !strings.HasPrefix(line, begin) {
				continue
			}
			answer := all[min(times(commands, begin), len(all)-1)]
			commands = append(commands, line)
			if answer == refused {
				return nil, errors.New(refused)
			}
			return []byte(answer), nil
		}
		return nil, errors.New("there is no answer to " + line)
	}
	report, err = client{run: run}.verify(ctx, "prod", io.Discard)
	return report, commands, err
}

// times is how often a command was run.
func times(commands []string, begin string) (n int) {
	for _, line := range commands {
		if strings.HasPrefix(line, begin) {
			n++
		}
	}
	return n
}

func TestTheTaskGetsDefinitionAndNetworkOfItsServiceAndItsLogIsRead(t *testing.T) {
	report, commands, err := verified(t.Context(), healthy(t))
	require.NoError(t, err)
	assert.Equal(t, "a sample", report.Environment)
	all := strings.Join(commands, "\n")
	for _, line := range commands {
		assert.Equal(t, strings.HasPrefix(line, "aws "), strings.HasSuffix(line, " --region eu-west-1"), line)
	}
	assert.Contains(t, all, `{"name":"VERIFY_COMMANDS","value":"false"}`, "nothing is done that was not ordered")
	assert.Contains(
		t,
		all,
		`--task-definition prod-verification:3 --launch-type FARGATE --network-configuration `+
			`{"awsvpcConfiguration": {"subnets": ["subnet-1"]}}`,
	)
	assert.Contains(t, all, "--query {task: tasks[0].taskArn, failures: failures[].reason}")
	assert.Contains(
		t,
		all,
		"--query tasks[0].{status: lastStatus, reason: stoppedReason, container: containers[?name=='verification'] "+
			"| [0]}",
	)
}

func TestWhatComesLateIsAskedForAgain(t *testing.T) {
	log := healthy(t)[events][0]
	for name, c := range map[string]struct {
		command string
		answers []string
	}{
		"a task that ECS does not know yet, then runs": {
			command: tasks,
			answers: []string{"null", `{"status": "RUNNING", "container": {}}`, exited},
		},
		"a log of which nothing is there, then a part": {
			command: events,
			answers: []string{refused, `["the task begins"]`, log},
		},
	} {
		t.Run(name, func(t *testing.T) {
			answers := healthy(t)
			answers[c.command] = c.answers
			report, commands, err := verified(t.Context(), answers)
			require.NoError(t, err)
			assert.Equal(t, "a sample", report.Environment)
			assert.Equal(t, len(c.answers), times(commands, c.command))
		})
	}
}

func TestAVerificationWithoutAReportSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		command, answer string
		runs            int // how often
		texts           []string
	}{
		"no task in the program": {
			command: outputsOf,
			answer:  `{"clusterName": "game"}`,
			runs:    1,
			texts:   []string{"pulumi config set --stack prod verificationImage"},
		},
		"no service in ECS": {
			command: services,
			answer:  "[]",
			runs:    1,
			texts:   []string{"0 services verification in cluster game", "make up"},
		},
		"no task started": {
			command: runTask,
			answer:  `{"task": null, "failures": ["RESOURCE:ENI", "AGENT"]}`,
			runs:    1,
			texts:   []string{"service verification in cluster game", "ECS started none: RESOURCE:ENI; AGENT"},
		},
		"no task started, for no reason": {
			command: runTask,
			answer:  `{"task": null, "failures": null}`,
			runs:    1,
			texts:   []string{"ECS started none: it gave no reason"},
		},
		"a task that nobody may look at": {
			command: tasks,
			answer:  refused,
			runs:    1,
			texts:   []string{task, "still runs", refused},
		},
		"a task that never ends": {
			command: tasks,
			answer:  `{"status": "RUNNING", "container": {}}`,
			runs:    taskLooks,
			texts: []string{
				task,
				`"RUNNING"`,
				"/prod/verification",
				"aws ecs stop-task --cluster game --task " + task,
			},
		},
		"a task that could not start": {
			command: tasks,
			answer: `{"status": "STOPPED", "reason": "Task failed to start", "container": {"exitCode": null, ` +
				`"reason": "CannotPullContainerError"}}`,
			runs:  1,
			texts: []string{task, "its container never ran: Task failed to start; CannotPullContainerError"},
		},
		"a log that never is there": {
			command: events,
			answer:  refused,
			runs:    logLooks,
			texts:   []string{refused, task + " has ended: Essential container in task exited; exit code 1"},
		},
		"a log without a report": {
			command: events,
			answer:  `["the task could not connect"]`,
			runs:    logLooks,
			texts: []string{
				"the task could not connect",
				task + " has ended: Essential container in task exited; exit code 1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			answers := healthy(t)
			answers[c.command] = []string{c.answer}
			_, commands, err := verified(t.Context(), answers)
			for _, part := range c.texts {
				assert.ErrorContains(t, err, part)
			}
			assert.Equal(t, c.runs, times(commands, c.command))
			assert.True(t, strings.HasPrefix(commands[len(commands)-1], c.command), "nothing is run after it")
		})
	}
}

func TestWhoInterruptsDoesNotWait(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	end()
	done, err := client{pause: time.Hour}.until(ctx, 2, func() (bool, error) { return false, nil })
	assert.False(t, done)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestTheReportIsWrittenForProgramsAndAsAPage(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, Write(root, verification.Report{Environment: "a sample"}))
	var read verification.Report
	text, err := os.ReadFile(filepath.Join(root, "out", file))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, "a sample", read.Environment)
	page, err := os.ReadFile(filepath.Join(root, "out", Page))
	require.NoError(t, err)
	assert.True(t, bytes.Contains(page, []byte("a sample")))
}
