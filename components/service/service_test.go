package service

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
)

const revisions = "arn:aws:ecs:us-east-1:123456789012:task-definition/test-quest-system:"

// containerService answers as ECS does: new task definitions are revision 4, and the service
// runs the revision that the test says.
type containerService struct {
	running string
	absent  bool

	lock sync.Mutex
	seen map[string]pulumi.MockResourceArgs
}

func (m *containerService) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.seen == nil {
		m.seen = map[string]pulumi.MockResourceArgs{}
	}
	m.seen[args.TypeToken] = args
	outputs := args.Inputs.Copy()
	outputs["arn"] = resource.NewProperty("arn:" + args.Name)
	switch args.TypeToken {
	case "aws:ecs/taskDefinition:TaskDefinition":
		outputs["arn"] = resource.NewProperty(revisions + "4")
	case "aws:iam/role:Role":
		outputs["name"] = resource.NewProperty(args.Name + "-1234567")
	}
	return args.Name + "-id", outputs, nil
}

func (m *containerService) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if args.Token != "aws:ecs/getService:getService" || m.absent {
		return nil, errors.New("couldn't find resource")
	}
	return resource.PropertyMap{"taskDefinition": resource.NewProperty(m.running)}, nil
}

func arguments() Args {
	known := func(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }
	return Args{
		Stack: platform.Stack{
			Environment:      "test",
			Region:           "us-east-1",
			Account:          "123456789012",
			LogRetentionDays: 30,
			Keys:             platform.Keys{Logs: known("arn:aws:kms:us-east-1:123456789012:key/1")},
		},
		Settings:     Settings{TaskCount: 2, CPU: 256, Memory: 512},
		MaxTaskCount: 10,
		Name:         "quest-system",
		Cluster: containercluster.Handle{
			Arn:              known("arn:aws:ecs:us-east-1:123456789012:cluster/test"),
			Name:             known("test"),
			ExecutionRoleArn: known("arn:aws:iam::123456789012:role/execution"),
			ExecLogGroupArn:  known("arn:aws:logs:us-east-1:123456789012:log-group:/test/cluster/exec"),
		},
		Placement: network.Placement{
			PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}).ToStringArrayOutput(),
			SecurityGroupID:  known("sg-1"),
		},
		Image:     pulumi.String("repository/quest-system:1.4.0"),
		Variables: map[string]pulumi.StringInput{"NATS_URL": pulumi.String("tls://nats.test.internal:4222")},
		Secrets: map[string]pulumi.StringInput{
			"NATS_SEED": pulumi.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:seed"),
		},
	}
}

// deploy runs a program that makes one service, and says what it learned was deployed.
func deploy(mocks *containerService, args Args, preview bool) (deployed string, err error) {
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		s, err := New(ctx, "quest-system", args)
		if err != nil {
			return err
		}
		s.Deployed.ApplyT(func(arn string) string {
			deployed = arn
			return arn
		})
		return nil
	}, pulumi.WithMocks("platform", "test", mocks), func(info *pulumi.RunInfo) { info.DryRun = preview })
	return deployed, err
}

func TestRollbackFailsTheUpdate(t *testing.T) {
	_, err := deploy(&containerService{running: revisions + "3"}, arguments(), false)

	require.Error(t, err)
	for _, said := range []string{
		`"quest-system"`, "test-quest-system:4", "test-quest-system:3", "rolled back", "log group /test/quest-system",
		"aws ecs describe-services --cluster test --services quest-system",
	} {
		assert.ErrorContains(t, err, said)
	}
}

func TestRevisionAskedForPasses(t *testing.T) {
	deployed, err := deploy(&containerService{running: revisions + "4"}, arguments(), false)
	require.NoError(t, err)
	assert.Equal(t, revisions+"4", deployed)
}

func TestServiceThatCannotBeReadFailsTheUpdate(t *testing.T) {
	_, err := deploy(&containerService{absent: true}, arguments(), false)
	assert.ErrorContains(t, err, "couldn't find resource")
}

func TestPreviewAfterRollbackDoesNotRefuseTheRepair(t *testing.T) {
	deployed, err := deploy(&containerService{running: revisions + "3"}, arguments(), true)
	require.NoError(t, err)
	assert.Equal(t, revisions+"4", deployed, "a preview shows what is asked for")
}

func TestServiceWithoutImageHasNoTasks(t *testing.T) {
	args := arguments()
	args.Image = nil
	mocks := &containerService{absent: true}
	_, err := deploy(mocks, args, false)
	require.NoError(t, err)

	service := mocks.seen["aws:ecs/service:Service"]
	assert.Zero(t, service.Inputs["desiredCount"].NumberValue())
	assert.False(t, service.Inputs["waitForSteadyState"].BoolValue(), "nothing will ever run")
	assert.NotContains(t, mocks.seen, "aws:appautoscaling/target:Target", "it would start tasks that have no image")
}

// The engine keeps the old value of what is ignored, so a service that was created with 0 tasks
// must be replaced, and not updated, by its first image.
func TestFirstImageReplacesTheEmptyService(t *testing.T) {
	empty, full := &containerService{}, &containerService{running: revisions + "4"}
	args := arguments()
	_, err := deploy(full, args, false)
	require.NoError(t, err)
	args.Image = nil
	_, err = deploy(empty, args, false)
	require.NoError(t, err)

	before := empty.seen["aws:ecs/service:Service"].RegisterRPC
	after := full.seen["aws:ecs/service:Service"].RegisterRPC
	assert.EqualValues(t, 2, full.seen["aws:ecs/service:Service"].Inputs["desiredCount"].NumberValue())
	assert.Contains(t, after.GetIgnoreChanges(), "desiredCount")
	assert.NotEqual(t, before.GetReplacementTrigger().GetStringValue(), after.GetReplacementTrigger().GetStringValue())
	assert.True(t, after.GetDeleteBeforeReplace(), "two services cannot share the name")
}

func TestFixedNumberOfTasksIsNotIgnored(t *testing.T) {
	args := arguments()
	args.MaxTaskCount = args.TaskCount
	mocks := &containerService{running: revisions + "4"}
	_, err := deploy(mocks, args, false)
	require.NoError(t, err)
	assert.Empty(t, mocks.seen["aws:ecs/service:Service"].RegisterRPC.GetIgnoreChanges())
	assert.NotContains(t, mocks.seen, "aws:appautoscaling/target:Target")
}

func TestTaskDefinitionIsLockedDown(t *testing.T) {
	mocks := &containerService{running: revisions + "4"}
	_, err := deploy(mocks, arguments(), false)
	require.NoError(t, err)

	var containers []container
	text := mocks.seen["aws:ecs/taskDefinition:TaskDefinition"].Inputs["containerDefinitions"].StringValue()
	require.NoError(t, json.Unmarshal([]byte(text), &containers))
	require.Len(t, containers, 1)
	got := containers[0]
	assert.Equal(t, "repository/quest-system:1.4.0", got.Image)
	assert.Equal(t, "10001:10001", got.User)
	assert.True(t, got.ReadonlyRootFilesystem)
	assert.False(t, got.Privileged)
	assert.True(t, got.LinuxParameters.InitProcessEnabled)
	assert.Contains(t, got.HealthCheck.Command[1], "http://127.0.0.1:8080/health")
	assert.Equal(t, "/test/quest-system", got.LogConfiguration.Options["awslogs-group"])
	assert.Equal(t, "non-blocking", got.LogConfiguration.Options["mode"])
	assert.Equal(t, []variable{{Name: "NATS_URL", Value: "tls://nats.test.internal:4222"}}, got.Environment)
	assert.Equal(
		t,
		[]secret{{Name: "NATS_SEED", ValueFrom: "arn:aws:secretsmanager:us-east-1:123456789012:secret:seed"}},
		got.Secrets,
	)

	mounted := map[string]bool{}
	for _, mount := range got.MountPoints {
		mounted[mount.ContainerPath] = !mount.ReadOnly
	}
	for _, path := range []string{"/tmp", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"} {
		assert.True(t, mounted[path], "%s cannot be written to", path)
	}
}

func TestContainerDefinitionDoesNotDependOnMapOrder(t *testing.T) {
	many := map[string]string{}
	for _, name := range []string{"E", "C", "A", "D", "B", "G", "F"} {
		many[name] = name
	}
	first, err := containers(arguments(), "image", "/test", many, many)
	require.NoError(t, err)
	for range 20 {
		again, err := containers(arguments(), "image", "/test", many, many)
		require.NoError(t, err)
		require.Equal(t, first, again, "another text would be another revision, and would restart every task")
	}
}

func TestExecWritesOnlyItsRecord(t *testing.T) {
	for _, statement := range execRights("arn:record", "arn:key") {
		switch statement.Sid {
		case "RecordSession":
			assert.Equal(t, "arn:record:*", statement.Resource)
		case "EncryptSession":
			assert.Equal(t, "arn:key", statement.Resource)
		default:
			assert.Equal(t, "*", statement.Resource, "statement %s", statement.Sid)
			for _, action := range statement.Action {
				assert.NotContains(t, action, "*")
			}
		}
	}
}

func TestTasksCanBeEnteredAndItIsRecorded(t *testing.T) {
	mocks := &containerService{running: revisions + "4"}
	_, err := deploy(mocks, arguments(), false)
	require.NoError(t, err)
	assert.True(t, mocks.seen["aws:ecs/service:Service"].Inputs["enableExecuteCommand"].BoolValue())
	assert.Contains(
		t,
		mocks.seen["aws:iam/rolePolicy:RolePolicy"].Inputs["policy"].StringValue(),
		":log-group:/test/cluster/exec:*",
	)
}
