package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// thing and user are two types that only these tests know, to try the core without the table.
var (
	thing = &cloud.Row{
		Token:    "test:index:Thing",
		Required: []string{"size"},
		Replace:  []string{"kind", "disk.type"},
		Defaults: map[string]any{"color": "grey"},
		ID:       cloud.Text("thing-{hex17}"),
		Name: &cloud.NameRule{
			Property: "name",
			Max:      20,
			Auto:     true,
			Unique:   true,
			Taken:    "ThingAlreadyExists: {value}",
		},
		Computed: map[string]cloud.Value{"arn": cloud.Text("arn:aws:test:{region}:{account}:{id}")},
		Derived:  map[string]cloud.Value{"double": func(c *cloud.Call) any { return 2 * c.Num("size") }},
	}
	user = &cloud.Row{
		Token: "test:index:User", ID: cloud.Text("user-{hex8}"),
		References: []cloud.Reference{{
			Path:    "things.id",
			To:      cloud.One("test:index:Thing"),
			Missing: "NoSuchThing: {value}",
			Blocks:  "ThingInUse: {value}",
		}},
	}
)

func coreCloud(t *testing.T) *cloud.Cloud {
	t.Helper()
	cloud.Table[thing.Token], cloud.Table[user.Token] = thing, user
	t.Cleanup(func() { delete(cloud.Table, thing.Token); delete(cloud.Table, user.Token) })
	cloud, err := New("us-east-1")
	require.NoError(t, err)
	return cloud
}

func properties(m map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(m) }

func TestCheckNamesEveryFaultAndKeepsAutomaticNames(t *testing.T) {
	c := coreCloud(t)
	_, faults := c.Check(
		thing,
		"logical",
		nil,
		properties(map[string]any{"name": "much-longer-than-twenty-characters"}),
	)
	require.Len(t, faults, 2)
	assert.Contains(t, faults[0].Reason, `argument "size" is required`)
	assert.Contains(t, faults[1].Reason, "(1 - 20)")

	first, faults := c.Check(thing, "logical", nil, properties(map[string]any{"size": 1}))
	require.Empty(t, faults)
	assert.Regexp(t, `^logical-[0-9a-f]{7}$`, first["name"].StringValue())
	again, _ := c.Check(thing, "logical", first, properties(map[string]any{"size": 2}))
	assert.Equal(t, first["name"], again["name"], "one name for the life of the resource")
}

func TestDiffReplacesOnWhatTheTableSays(t *testing.T) {
	for name, c := range map[string]struct {
		old, now map[string]any
		path     string
		replaces bool
	}{
		"plain input": {
			old:      map[string]any{"size": 1},
			now:      map[string]any{"size": 2},
			path:     "size",
			replaces: false,
		},
		"forced input": {
			old:      map[string]any{"kind": "a"},
			now:      map[string]any{"kind": "b"},
			path:     "kind",
			replaces: true,
		},
		"below a list": {
			old:      map[string]any{"disk": []any{map[string]any{"type": "a"}}},
			now:      map[string]any{"disk": []any{map[string]any{"type": "b"}}},
			path:     "disk[0].type",
			replaces: true,
		},
		"beside it": {
			old:      map[string]any{"disk": map[string]any{"size": 1}},
			now:      map[string]any{"disk": map[string]any{"size": 2}},
			path:     "disk.size",
			replaces: false,
		},
		"whole object added": {
			old:      map[string]any{},
			now:      map[string]any{"disk": map[string]any{"type": "a"}},
			path:     "disk",
			replaces: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			changes := cloud.Diff(thing, properties(c.old), properties(c.now))
			require.Contains(t, changes, c.path)
			assert.Equal(t, c.replaces, changes[c.path].Kind.IsReplace())
		})
	}
	assert.Empty(t, cloud.Diff(thing, properties(map[string]any{"size": 1}), properties(map[string]any{"size": 1})))
}

func TestPreviewKnowsDefaultsAndNothingThatAWSComputes(t *testing.T) {
	c := coreCloud(t)
	id, outputs, err := c.CreateResource(thing, "urn::x", properties(map[string]any{"size": 3, "name": "x"}), true)
	require.NoError(t, err)
	assert.Empty(t, id)
	assert.True(t, outputs["arn"].IsComputed())
	assert.True(t, outputs["double"].IsComputed())
	assert.Equal(t, "grey", outputs["color"].StringValue())
	assert.Empty(t, c.Records(thing.Token))
}

func TestLifeOfAResource(t *testing.T) {
	c := coreCloud(t)
	asked := properties(map[string]any{"size": 3, "name": "x"})
	id, outputs, err := c.CreateResource(thing, "urn::x", asked, false)
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:test:us-east-1:123456789012:"+id, outputs["arn"].StringValue())
	_, _, err = c.CreateResource(thing, "urn::y", asked, false)
	require.ErrorContains(t, err, "ThingAlreadyExists: x")

	changed, err := c.UpdateResource(
		thing,
		id,
		"urn::x",
		asked,
		properties(map[string]any{"size": 5, "name": "x"}),
		outputs,
		false,
	)
	require.NoError(t, err)
	assert.Equal(t, outputs["arn"], changed["arn"], "what is computed once stays")
	assert.EqualValues(t, 10, changed["double"].NumberValue(), "what follows the inputs follows")

	_, _, err = c.CreateResource(
		user,
		"urn::u",
		properties(map[string]any{"things": []any{map[string]any{"id": "thing-0"}}}),
		false,
	)
	require.ErrorContains(t, err, "NoSuchThing: thing-0")
	owner, _, err := c.CreateResource(
		user,
		"urn::u",
		properties(map[string]any{"things": []any{map[string]any{"id": id}}}),
		false,
	)
	require.NoError(t, err)
	require.ErrorContains(t, c.DeleteResource(thing, id, "urn::x"), "ThingInUse: "+id)
	require.NoError(t, c.DeleteResource(user, owner, "urn::u"))
	require.NoError(t, c.DeleteResource(thing, id, "urn::x"))
	assert.Empty(t, c.Records(thing.Token))
	_, gone := c.ReadResource(thing, id)
	assert.Nil(t, gone, "a refresh sees that it is gone")
}

func TestAnOrderedFaultFailsWithAWSsWords(t *testing.T) {
	c := coreCloud(t)
	hits := c.Arm(cloud.Fault{Token: thing.Token, Name: "x", Error: "LimitExceeded: no more"})
	_, _, err := c.CreateResource(thing, "urn::x", properties(map[string]any{"name": "x"}), false)
	require.ErrorContains(t, err, "LimitExceeded: no more")
	_, _, err = c.CreateResource(thing, "urn::other", properties(map[string]any{"name": "o"}), false)
	require.NoError(t, err, "another one of the type is not meant")
	assert.Equal(t, 1, hits())
	c.Disarm()
	_, _, err = c.CreateResource(thing, "urn::x", properties(map[string]any{"name": "x"}), false)
	require.NoError(t, err)
}
