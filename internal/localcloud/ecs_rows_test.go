package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

const oneContainer = `[{"name":"app","image":"nginx","portMappings":[{"containerPort":8080}]}]`

func taskInputs(changes map[string]any) map[string]any {
	inputs := map[string]any{
		"family": "chat", "containerDefinitions": oneContainer, "requiresCompatibilities": []any{"FARGATE"},
		"networkMode": "awsvpc", "cpu": "256", "memory": "512",
	}
	for key, v := range changes {
		if inputs[key] = v; v == nil {
			delete(inputs, key)
		}
	}
	return inputs
}

func TestFargateSizes(t *testing.T) {
	for _, tt := range []struct {
		cpu, memory int
		offered     bool
	}{
		{cpu: 256, memory: 512, offered: true},
		{cpu: 256, memory: 2048, offered: true},
		{cpu: 256, memory: 3072, offered: false},
		{cpu: 256, memory: 4096, offered: false},
		{cpu: 512, memory: 1024, offered: true},
		{cpu: 512, memory: 512, offered: false},
		{cpu: 1024, memory: 1536, offered: false},
		{cpu: 4096, memory: 30720, offered: true},
		{cpu: 8192, memory: 20480, offered: true},
		{cpu: 8192, memory: 17408, offered: false},
		{cpu: 16384, memory: 122880, offered: true},
		{cpu: 300, memory: 1024, offered: false},
	} {
		assert.Equal(t, tt.offered, ecs.ValidFargateSize(tt.cpu, tt.memory), "%d CPU, %d MiB", tt.cpu, tt.memory)
	}
	assert.Equal(t, 256.0, ecs.ParseSize("0.25 vCPU"))
	assert.Equal(t, 1024.0, ecs.ParseSize("1 GB"))
	assert.Equal(t, 512.0, ecs.ParseSize("512"))
}

func TestTaskDefinitionRefusals(t *testing.T) {
	b := newBench(t)
	for text, changes := range map[string]map[string]any{
		"No Fargate configuration exists for given values: 256 CPU, 4096 memory": {"memory": "4096"},
		"Fargate only supports network mode":                                     {"networkMode": "bridge"},
		"'cpu' be defined at the task level":                                     {"cpu": nil},
		"Role is not valid": {
			"executionRoleArn": "arn:aws:iam::123456789012:role/none",
		},
		"Container list cannot be empty": {"containerDefinitions": "[]"},
		"at least one essential container": {
			"containerDefinitions": `[{"name":"a","image":"b","essential":false}]`,
		},
		"When you are specifying container secrets": {
			"containerDefinitions": `[{"name":"a","image":"b","secrets":[{"name":"X","valueFrom":"arn"}]}]`,
		},
		"more than the task's, 512 MiB": {"containerDefinitions": `[{"name":"a","image":"b","memory":1024}]`},
	} {
		b.refused(text, ecs.TaskDefinitionType, "chat", taskInputs(changes))
	}
	assert.Equal(
		t,
		[]string{"containerDefinitions"},
		b.faults(ecs.TaskDefinitionType, taskInputs(map[string]any{"containerDefinitions": "{"})),
	)
}

func TestRevisionsCountUpOverTheCloudsLife(t *testing.T) {
	b := newBench(t)
	first, one := b.make(ecs.TaskDefinitionType, "chat", taskInputs(nil))
	second, two := b.make(ecs.TaskDefinitionType, "chat", taskInputs(map[string]any{"memory": "1024"}))
	assert.NotEqual(t, first, second, "a replacement made before its predecessor goes must not take its place")
	require.NoError(t, b.end(ecs.TaskDefinitionType, first))
	assert.Equal(
		t,
		"INACTIVE",
		cloud.View(b.Cloud, func(tx *cloud.Tx) *cloud.Record { return ecs.Revision(tx, one["arn"].StringValue()) }).
			Str("status"),
	)
	assert.Equal(
		t,
		two["arn"].StringValue(),
		cloud.View(b.Cloud, func(tx *cloud.Tx) *cloud.Record { return ecs.Revision(tx, "chat") }).ID,
	)
	require.NoError(t, b.end(ecs.TaskDefinitionType, second))
	_, three := b.make(ecs.TaskDefinitionType, "chat", taskInputs(nil))
	assert.Equal(t, "arn:aws:ecs:us-east-1:123456789012:task-definition/chat:3", three["arn"].StringValue())
	assert.Equal(t, 3.0, three["revision"].NumberValue())
}

func TestServiceRefusals(t *testing.T) {
	b := newBench(t)
	cluster, _ := b.make(ecs.ClusterType, "game", map[string]any{"name": "game"})
	_, definition := b.make(ecs.TaskDefinitionType, "chat", taskInputs(nil))
	b.Seed("aws:ec2/subnet:Subnet", "subnet-1", resource.PropertyMap{})
	group := "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/chat/0123456789abcdef"
	b.Seed(
		elbv2.TargetGroupType,
		group,
		resource.NewPropertyMapFromMap(map[string]any{"arn": group, "targetType": "ip"}),
	)
	inputs := func(changes map[string]any) map[string]any {
		all := map[string]any{
			"name":                 "chat",
			"cluster":              cluster,
			"taskDefinition":       definition["arn"].StringValue(),
			"launchType":           "FARGATE",
			"desiredCount":         2.0,
			"networkConfiguration": map[string]any{"subnets": []any{"subnet-1"}},
		}
		for key, v := range changes {
			if all[key] = v; v == nil {
				delete(all, key)
			}
		}
		return all
	}
	balanced := func(container string, port float64) map[string]any {
		return map[string]any{
			"loadBalancers": []any{
				map[string]any{"targetGroupArn": group, "containerName": container, "containerPort": port},
			},
		}
	}
	b.refused("Cluster not found", ecs.ServiceType, "chat", inputs(map[string]any{"cluster": "other"}))
	b.refused("TaskDefinition not found", ecs.ServiceType, "chat", inputs(map[string]any{"taskDefinition": "chat:9"}))
	b.refused(
		"Network Configuration must be provided",
		ecs.ServiceType,
		"chat",
		inputs(map[string]any{"networkConfiguration": nil}),
	)
	b.refused(
		"valid taskRoleArn is not being used",
		ecs.ServiceType,
		"chat",
		inputs(map[string]any{"enableExecuteCommand": true}),
	)
	b.refused("does not have an associated load balancer", ecs.ServiceType, "chat", inputs(balanced("app", 8080)))
	b.Update(func(tx *cloud.Tx) {
		tx.Put(&cloud.Record{
			Type:    "aws:lb/listener:Listener",
			ID:      "listener",
			Outputs: resource.PropertyMap{},
			Inputs: resource.NewPropertyMapFromMap(
				map[string]any{
					"defaultActions": []any{
						map[string]any{"forward": map[string]any{"targetGroups": []any{map[string]any{"arn": group}}}},
					},
				},
			),
		})
	})
	b.refused("The container web does not exist", ecs.ServiceType, "chat", inputs(balanced("web", 8080)))
	b.refused("did not have a container port 80 defined", ecs.ServiceType, "chat", inputs(balanced("app", 80)))
	id, _ := b.make(ecs.ServiceType, "chat", inputs(balanced("app", 8080)))
	assert.Equal(t, "arn:aws:ecs:us-east-1:123456789012:service/game/chat", id)
	b.refused("Creation of service was not idempotent", ecs.ServiceType, "twin", inputs(nil))
	assert.ErrorContains(t, b.end(ecs.ClusterType, cluster), "ClusterContainsServicesException")
	b.make(ecs.ScalingType, "t", map[string]any{
		"resourceId": "service/game/chat", "serviceNamespace": "ecs",
		"scalableDimension": "ecs:service:DesiredCount", "minCapacity": 2.0, "maxCapacity": 10.0,
	})
	b.refused("ECS service doesn't exist", ecs.ScalingType, "u", map[string]any{
		"resourceId": "service/game/none", "serviceNamespace": "ecs",
		"scalableDimension": "ecs:service:DesiredCount", "minCapacity": 2.0, "maxCapacity": 10.0,
	})
}
