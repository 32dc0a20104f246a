package localcloud

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/lambda"
)

const invocationType = "aws:lambda/invocation:Invocation"

func functionInputs(t *testing.T, role string) map[string]any {
	file, err := asset.FromText("binary")
	require.NoError(t, err)
	code, err := archive.FromAssets(map[string]any{"bootstrap": file})
	require.NoError(t, err)
	return map[string]any{
		"name":    "controller",
		"role":    role,
		"runtime": "provided.al2023",
		"handler": "bootstrap",
		"code":    code,
	}
}

func TestFunctionNeedsARoleThatItMayUse(t *testing.T) {
	b := newBench(t)
	b.refused(
		"cannot be assumed by Lambda",
		lambda.FunctionType,
		"f",
		functionInputs(t, b.role("tasks", "ecs-tasks.amazonaws.com")),
	)
	role := b.role("controller", "lambda.amazonaws.com")
	b.Seed("aws:ec2/subnet:Subnet", "subnet-1", resource.PropertyMap{})
	b.Seed("aws:ec2/securityGroup:SecurityGroup", "sg-1", resource.PropertyMap{})
	inside := functionInputs(t, role)
	inside["vpcConfig"] = map[string]any{"subnetIds": []any{"subnet-1"}, "securityGroupIds": []any{"sg-1"}}
	b.refused("permissions to call CreateNetworkInterface", lambda.FunctionType, "f", inside)
	b.make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", map[string]any{
		"role":      "controller",
		"policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
	})
	_, outputs := b.make(lambda.FunctionType, "f", inside)
	assert.Len(t, outputs["codeSha256"].StringValue(), 44)
	assert.Equal(
		t,
		"arn:aws:lambda:us-east-1:123456789012:function:controller:$LATEST",
		outputs["qualifiedArn"].StringValue(),
	)
}

func TestInvocationAnswersOrMakesNothing(t *testing.T) {
	b := newBench(t)
	b.make(lambda.FunctionType, "f", functionInputs(t, b.role("controller", "lambda.amazonaws.com")))
	inputs := map[string]any{
		"functionName": "arn:aws:lambda:us-east-1:123456789012:function:controller",
		"input":        `{"node":1}`,
	}
	b.Function = func(name, payload string) (string, error) {
		assert.Equal(t, "controller", name)
		assert.JSONEq(t, `{"node":1}`, payload)
		assert.Len(t, b.Records(lambda.FunctionType), 1, "the function may ask the cloud while it runs")
		return `{"healthy":true}`, nil
	}
	first, outputs := b.make(invocationType, "gate", inputs)
	assert.Equal(t, `{"healthy":true}`, outputs["result"].StringValue())
	second, _ := b.make(invocationType, "gate", inputs)
	require.NoError(t, b.end(invocationType, first))
	assert.NotNil(t, b.CopyOf(invocationType, "", second), "the replacement outlives its predecessor")
	b.Function = func(string, string) (string, error) { return "", errors.New(`{"errorMessage":"no quorum"}`) }
	b.refused(
		`invoking Lambda Function (arn:aws:lambda:us-east-1:123456789012:function:controller): {"errorMessage":"no `+
			`quorum"}`,
		invocationType,
		"bad",
		inputs,
	)
	assert.Len(t, b.Records(invocationType), 1)
}

func TestInvocationUnderCrudSaysWhatIsDone(t *testing.T) {
	b := newBench(t)
	b.make(lambda.FunctionType, "f", functionInputs(t, b.role("controller", "lambda.amazonaws.com")))
	var payloads []string
	b.Function = func(_, payload string) (string, error) {
		payloads = append(payloads, payload)
		return "{}", nil
	}
	id, _ := b.make(
		invocationType,
		"i",
		map[string]any{"functionName": "controller", "input": `{"a":1}`, "lifecycleScope": "CRUD"},
	)
	require.NoError(t, b.end(invocationType, id))
	require.Len(t, payloads, 2)
	assert.JSONEq(t, `{"a":1,"tf":{"action":"create","prev_input":null}}`, payloads[0])
	assert.JSONEq(t, `{"a":1,"tf":{"action":"delete","prev_input":{"a":1}}}`, payloads[1])
}
