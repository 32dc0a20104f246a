package localcloud

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
)

// taskRole makes this test's binary play a container, or its health check.
const taskRole = "LOCALCLOUD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(taskRole) {
	case "task":
		serveTask()
	case "check":
		response, err := http.Get("http://127.0.0.1:8080/health")
		if err != nil {
			os.Exit(1)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// serveTask writes its environment, answers its health check, and ends on SIGTERM.
func serveTask() {
	fmt.Println(strings.Join(os.Environ(), "\n"))
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	server := &http.Server{
		Addr:              ":8080",
		ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
		),
	}
	go func() { <-ended; fmt.Println("asked to end"); os.Exit(0) }()
	fmt.Println(server.ListenAndServe())
	os.Exit(1)
}

// town is a running cloud in which a service may run.
type town struct {
	bench
	images                               map[string]cloud.Image
	cluster, subnet, group, secret, role string
}

// script is a program of its own.
func script(t *testing.T, text string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	return program
}

func newTown(t *testing.T) town {
	t.Helper()
	b := newBench(t)
	container := func(program string) cloud.Image { return cloud.Image{Program: program, Path: "/nowhere"} }
	images := map[string]cloud.Image{
		"app:1": container(os.Args[0]), "app:2": container(os.Args[0]), "app:broken": container("/bin/false"),
		"app:mute": container(script(t, "exec /bin/sleep 600")),
	}
	require.NoError(
		t,
		b.Start(cloud.Runtime{Dir: t.TempDir(), Scale: 100, Images: func(image string) (cloud.Image, bool) {
			found, pushed := images[image]
			return found, pushed
		}}),
	)
	t.Cleanup(func() { assert.NoError(t, b.Stop()) })
	vpc, _ := b.make(ec2.VpcType, "vpc", map[string]any{"cidrBlock": "127.33.0.0/16"})
	subnet, _ := b.make(
		ec2.SubnetType,
		"subnet",
		map[string]any{"vpcId": vpc, "cidrBlock": "127.33.0.0/24", "availabilityZone": "us-east-1a"},
	)
	cluster, _ := b.make(ecs.ClusterType, "game", map[string]any{"name": "game"})
	secret, _ := b.make("aws:secretsmanager/secret:Secret", "seed", map[string]any{"name": "seed"})
	b.make(
		"aws:secretsmanager/secretVersion:SecretVersion",
		"seed",
		map[string]any{"secretId": secret, "secretString": "the seed"},
	)
	town := town{
		bench:   b,
		images:  images,
		cluster: cluster,
		subnet:  subnet,
		group:   b.group(vpc),
		secret:  secret,
		role:    b.role("execution", "ecs-tasks.amazonaws.com"),
	}
	b.make("aws:iam/rolePolicy:RolePolicy", "secrets", map[string]any{"role": "execution", "policy": fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue",`+
			`"Resource":%q}]}`,
		secret,
	)})
	return town
}

// inputs are a service's, with a new revision of an image.
func (b town) inputs(image string, tasks float64) map[string]any {
	definition := fmt.Sprintf(
		`[{"name":"app","image":%q,"stopTimeout":10,"environment":[{"name":%q,"value":"task"}],
		"secrets":[{"name":"SEED","valueFrom":%q}],
		"healthCheck":{"command":["CMD-SHELL","%s=check exec %s"],
		"interval":5,"timeout":5,"retries":3,"startPeriod":100}}]`,
		image,
		taskRole,
		b.secret,
		taskRole,
		os.Args[0],
	)
	_, made := b.make(
		ecs.TaskDefinitionType,
		"chat",
		taskInputs(map[string]any{"executionRoleArn": b.role, "containerDefinitions": definition}),
	)
	return map[string]any{
		"name":                     "chat",
		"cluster":                  b.cluster,
		"taskDefinition":           made["arn"].StringValue(),
		"launchType":               "FARGATE",
		"desiredCount":             tasks,
		"deploymentCircuitBreaker": map[string]any{"enable": true, "rollback": true},
		"networkConfiguration":     map[string]any{"subnets": []any{b.subnet}, "securityGroups": []any{b.group}},
	}
}

func processes(tasks []ecs.Task) (ids []int) {
	for _, t := range tasks {
		ids = append(ids, t.Process)
	}
	slices.Sort(ids)
	return ids
}

func TestTasksRunWithTheirDefinitionsEnvironmentAndNothingElse(t *testing.T) {
	b := newTown(t)
	id := b.running(b.inputs("app:1", 2), 2)
	tasks := ecs.Tasks(b.Cloud, "chat")
	assert.NotEqual(t, tasks[0].Address, tasks[1].Address)
	for _, task := range tasks {
		said, err := os.ReadFile(task.Log)
		require.NoError(t, err)
		var names []string
		for _, line := range strings.Split(strings.TrimSpace(string(said)), "\n") {
			name, _, _ := strings.Cut(line, "=")
			names = append(names, name)
		}
		slices.Sort(names)
		assert.Equal(t, []string{"FLOW_GUARD", taskRole, "PATH", "SEED", "SSL_CERT_FILE"}, names)
		assert.Contains(t, string(said), "SEED=the seed")
	}
	require.NoError(t, b.end(ecs.ServiceType, id))
	for _, task := range tasks {
		said, err := os.ReadFile(task.Log)
		require.NoError(t, err)
		assert.Contains(t, string(said), "asked to end")
	}
}

func TestATaskWhoseRoleMayNotReadItsSecretDoesNotStart(t *testing.T) {
	b := newTown(t)
	b.role = b.bench.role("another", "ecs-tasks.amazonaws.com")
	b.refused(
		"ResourceInitializationError: unable to pull secrets or registry auth",
		ecs.ServiceType,
		"chat",
		b.inputs("app:1", 1),
	)
	b.refused(
		"is not authorized to perform: secretsmanager:GetSecretValue",
		ecs.ServiceType,
		"chat",
		b.inputs("app:1", 1),
	)
}

func TestAnImageThatNobodyPushedIsToldAtOnce(t *testing.T) {
	b := newTown(t)
	b.refused("CannotPullContainerError", ecs.ServiceType, "chat", b.inputs("app:none", 1))
}

// The provider waits for running tasks; whether they are healthy is not asked of a first
// deployment.
func TestAFirstDeploymentIsSteadyWhenItsTasksRun(t *testing.T) {
	b := newTown(t)
	for image, says := range map[string]string{
		"app:mute":   "failed container health checks",
		"app:broken": "essential container app exited: exit status 1",
	} {
		id, _ := b.make(ecs.ServiceType, "chat", b.inputs(image, 2))
		require.Eventually(
			t,
			func() bool { return strings.Contains(fmt.Sprint(b.Events()), says) },
			20*time.Second,
			20*time.Millisecond,
			image,
		)
		assert.Empty(t, ecs.Tasks(b.Cloud, "chat"))
		assert.ErrorContains(
			t,
			b.change(ecs.ServiceType, id, b.inputs("app:broken", 2)),
			"update",
			"there is no revision to go back to",
		)
		assert.NotEmpty(t, b.CopyOf(ecs.ServiceType, "", id).Str("taskDefinition"))
		require.NoError(t, b.end(ecs.ServiceType, id))
	}
}

// running makes a service and waits until its tasks are healthy.
func (b town) running(inputs map[string]any, tasks int) (id string) {
	b.Helper()
	id, _ = b.make(ecs.ServiceType, "chat", inputs)
	require.Eventually(
		b,
		func() bool { return len(ecs.Tasks(b.Cloud, "chat")) == tasks },
		20*time.Second,
		5*time.Millisecond,
	)
	return id
}

func TestANewRevisionTakesOverAndABrokenOneDoesNot(t *testing.T) {
	b := newTown(t)
	id := b.running(b.inputs("app:1", 2), 2)
	first := processes(ecs.Tasks(b.Cloud, "chat"))
	require.NoError(t, b.change(ecs.ServiceType, id, b.inputs("app:2", 2)))
	second := processes(ecs.Tasks(b.Cloud, "chat"))
	require.Len(t, second, 2)
	for _, process := range first {
		assert.NotContains(t, second, process)
	}
	runs := b.CopyOf(ecs.ServiceType, "", id).Str("taskDefinition")
	for _, image := range []string{"app:broken", "app:mute"} {
		require.NoError(
			t,
			b.change(ecs.ServiceType, id, b.inputs(image, 2)),
			"ECS rolls back, and the provider calls that a success",
		)
		assert.Equal(t, second, processes(ecs.Tasks(b.Cloud, "chat")), image)
		assert.Equal(t, runs, b.CopyOf(ecs.ServiceType, "", id).Str("taskDefinition"), "the revision that runs")
	}
	assert.Contains(t, fmt.Sprint(b.Events()), "failed container health checks")
}

// One that fails is started again before the deployment has failed.
func TestADeploymentOutlivesATaskThatFails(t *testing.T) {
	b := newTown(t)
	once := filepath.Join(t.TempDir(), "once")
	b.images["app:once"] = cloud.Image{
		Program: script(t, fmt.Sprintf("test -e %s && exec %s; >%s; exit 1", once, os.Args[0], once)),
		Path:    "/nowhere",
	}
	b.running(b.inputs("app:once", 2), 2)
}

func TestATaskThatEndsIsReplaced(t *testing.T) {
	b := newTown(t)
	b.running(b.inputs("app:1", 2), 2)
	before := processes(ecs.Tasks(b.Cloud, "chat"))
	require.NoError(t, syscall.Kill(before[0], syscall.SIGKILL))
	require.Eventually(t, func() bool {
		now := processes(ecs.Tasks(b.Cloud, "chat"))
		return len(now) == 2 && !slices.Contains(now, before[0]) && slices.Contains(now, before[1])
	}, 20*time.Second, 20*time.Millisecond)
}

// ECS never stops trying.
func TestATaskThatCannotBeReplacedIsWhenItCan(t *testing.T) {
	b := newTown(t)
	good := filepath.Join(t.TempDir(), "good")
	require.NoError(t, os.WriteFile(good, nil, 0o600))
	b.images["app:sometimes"] = cloud.Image{
		Program: script(t, fmt.Sprintf("test -e %s && exec %s; exit 1", good, os.Args[0])),
		Path:    "/nowhere",
	}
	b.running(b.inputs("app:sometimes", 2), 2)
	require.NoError(t, os.Remove(good))
	require.NoError(t, syscall.Kill(processes(ecs.Tasks(b.Cloud, "chat"))[0], syscall.SIGKILL))
	require.Eventually(
		t,
		func() bool { return strings.Contains(fmt.Sprint(b.Events()), "replacing task") },
		20*time.Second,
		20*time.Millisecond,
	)
	assert.Len(t, ecs.Tasks(b.Cloud, "chat"), 1)
	require.NoError(t, os.WriteFile(good, nil, 0o600))
	require.Eventually(
		t,
		func() bool { return len(ecs.Tasks(b.Cloud, "chat")) == 2 },
		20*time.Second,
		20*time.Millisecond,
	)
}

func TestTheNameServerAnswersWhatTheVPCKnows(t *testing.T) {
	b := newTown(t)
	question := func(name string) dnsmessage.Message {
		asked := dnsmessage.Message{
			Header: dnsmessage.Header{ID: 7},
			Questions: []dnsmessage.Question{
				{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
			},
		}
		packed, err := ecs.AnswerQuery(b.Cloud, asked, "us-east-1a")
		require.NoError(t, err)
		var answer dnsmessage.Message
		require.NoError(t, answer.Unpack(packed))
		return answer
	}
	assert.Equal(t, dnsmessage.RCodeNameError, question("nats.nowhere.").RCode)
	assert.EqualValues(t, 7, question("nats.nowhere.").ID)
}
