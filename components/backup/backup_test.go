package backup_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/backup"
	"github.com/bodybroker/platform/components/platform"
)

// recorder keeps every resource's inputs by type.
type recorder struct {
	lock   sync.Mutex
	inputs map[string]resource.PropertyMap
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.inputs[args.TypeToken] = args.Inputs
	return args.Name, args.Inputs, nil
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func made(t *testing.T, args backup.Args) (*backup.Backup, map[string]resource.PropertyMap) {
	t.Helper()
	seen, snapshots := &recorder{inputs: map[string]resource.PropertyMap{}}, (*backup.Backup)(nil)
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		snapshots, err = backup.New(ctx, "backup", args)
		return err
	}, pulumi.WithMocks("project", "stack", seen)))
	return snapshots, seen.inputs
}

// copied are arguments with a copy in a second region.
var copied = backup.Args{Stack: stack, Settings: backup.Settings{RetentionDays: 7, CopyRegion: "us-west-2"}}

var stack = platform.Stack{
	Environment: "test",
	Region:      "us-east-1",
	Account:     "123456789012",
	Keys: platform.Keys{
		Data: pulumi.String("arn:aws:kms:us-east-1:123456789012:key/1").ToStringOutput(),
	},
}

func details(inputs map[string]resource.PropertyMap) resource.PropertyMap {
	return inputs["aws:dlm/lifecyclePolicy:LifecyclePolicy"]["policyDetails"].ObjectValue()
}

func schedule(inputs map[string]resource.PropertyMap) resource.PropertyMap {
	return details(inputs)["schedules"].ArrayValue()[0].ObjectValue()
}

func TestDisksAreChosenByTheTagThatIsHandedOut(t *testing.T) {
	snapshots, inputs := made(t, backup.Args{Stack: stack, Settings: backup.Settings{RetentionDays: 7}})
	assert.Equal(t, "test-nats", snapshots.Tag.Value)
	assert.Equal(
		t,
		map[string]any{snapshots.Tag.Key: snapshots.Tag.Value},
		details(inputs)["targetTags"].ObjectValue().Mappable(),
	)
	assert.NotContains(t, schedule(inputs), resource.PropertyKey("crossRegionCopyRules"))
}

func TestACopyIsEncryptedWithTheRegionsOwnKey(t *testing.T) {
	_, inputs := made(t, copied)
	rule := schedule(inputs)["crossRegionCopyRules"].ArrayValue()[0].ObjectValue()
	assert.True(t, rule["encrypted"].BoolValue())
	assert.NotContains(t, rule, resource.PropertyKey("cmkArn"))
	assert.Equal(t, "us-west-2", rule["target"].StringValue())
}

func TestTheRoleUsesTheDisksKeyThroughEC2Only(t *testing.T) {
	_, inputs := made(t, copied)
	var rights struct {
		Statement []struct {
			Action    []string
			Resource  string
			Condition map[string]map[string]any
		}
	}
	require.Contains(t, inputs, "aws:iam/rolePolicy:RolePolicy")
	require.NoError(t, json.Unmarshal([]byte(inputs["aws:iam/rolePolicy:RolePolicy"]["policy"].StringValue()), &rights))
	require.Len(t, rights.Statement, 2)
	for _, s := range rights.Statement {
		assert.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/1", s.Resource)
		assert.Equal(
			t,
			[]any{"ec2.us-east-1.amazonaws.com", "ec2.us-west-2.amazonaws.com"},
			s.Condition["StringEquals"]["kms:ViaService"],
		)
		grants := slices.Contains(s.Action, "kms:CreateGrant")
		assert.Equal(
			t,
			grants,
			s.Condition["Bool"]["kms:GrantIsForAWSResource"] == "true",
			"grants are for AWS's resources: %v",
			s.Action,
		)
		assert.Equal(t, !grants, slices.Contains(s.Action, "kms:Decrypt"))
	}
}
