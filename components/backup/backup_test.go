package backup_test

import (
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/backup"
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

func details(inputs map[string]resource.PropertyMap) resource.PropertyMap {
	return inputs["aws:dlm/lifecyclePolicy:LifecyclePolicy"]["policyDetails"].ObjectValue()
}

func schedule(inputs map[string]resource.PropertyMap) resource.PropertyMap {
	return details(inputs)["schedules"].ArrayValue()[0].ObjectValue()
}

func TestDisksAreChosenByTheTagThatIsHandedOut(t *testing.T) {
	snapshots, inputs := made(t, backup.Args{Environment: "test", RetentionDays: 7})
	assert.Equal(t, "test-nats", snapshots.TagValue)
	assert.Equal(t, map[string]any{snapshots.TagKey: snapshots.TagValue}, details(inputs)["targetTags"].ObjectValue().Mappable())
	assert.NotContains(t, schedule(inputs), resource.PropertyKey("crossRegionCopyRules"))
}

func TestACopyIsEncryptedWithTheRegionsOwnKey(t *testing.T) {
	_, inputs := made(t, backup.Args{Environment: "test", RetentionDays: 7, CopyRegion: "us-west-2"})
	rule := schedule(inputs)["crossRegionCopyRules"].ArrayValue()[0].ObjectValue()
	assert.True(t, rule["encrypted"].BoolValue())
	assert.NotContains(t, rule, resource.PropertyKey("cmkArn"))
	assert.Equal(t, "us-west-2", rule["target"].StringValue())
	assert.NotContains(t, inputs, "aws:iam/rolePolicy:RolePolicy", "a default key needs no rights of its own")
}
