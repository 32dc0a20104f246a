package localcloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// bench is an account in which a test makes things by hand, as the engine would.
type bench struct {
	*testing.T
	*cloud.Cloud
}

func newBench(t *testing.T) bench {
	t.Helper()
	cloud, err := New("us-east-1")
	require.NoError(t, err)
	return bench{t, cloud}
}

// try makes a resource and returns what the cloud answers.
func (b bench) try(token, name string, inputs map[string]any) (string, resource.PropertyMap, error) {
	b.Helper()
	r := cloud.Table[token]
	require.NotNil(b, r, token)
	checked, faults := b.Check(r, name, nil, resource.NewPropertyMapFromMap(inputs))
	require.Empty(b, faults)
	return b.CreateResource(r, "urn:pulumi:test::test::"+token+"::"+name, checked, false)
}

// make makes a resource that must come to be.
func (b bench) make(token, name string, inputs map[string]any) (string, resource.PropertyMap) {
	b.Helper()
	id, outputs, err := b.try(token, name, inputs)
	require.NoError(b, err)
	return id, outputs
}

// refused makes a resource that must not come to be.
func (b bench) refused(text, token, name string, inputs map[string]any) {
	b.Helper()
	_, _, err := b.try(token, name, inputs)
	assert.ErrorContains(b, err, text)
}

// change updates a resource in place.
func (b bench) change(token, id string, inputs map[string]any) error {
	b.Helper()
	old, outputs := b.ReadResource(cloud.Table[token], id)
	require.NotNil(b, outputs, id)
	_, err := b.UpdateResource(
		cloud.Table[token],
		id,
		"urn:pulumi:test::test::"+token+"::changed",
		old,
		resource.NewPropertyMapFromMap(inputs),
		outputs,
		false,
	)
	return err
}

// end deletes a resource.
func (b bench) end(token, id string) error {
	return b.DeleteResource(cloud.Table[token], id, "urn:pulumi:test::test::"+token+"::ended")
}

func (b bench) faults(token string, inputs map[string]any) []string {
	_, faults := b.Check(cloud.Table[token], "subject", nil, resource.NewPropertyMapFromMap(inputs))
	properties := []string{}
	for _, f := range faults {
		properties = append(properties, f.Property)
	}
	return properties
}

// role makes a role that a service may assume.
func (b bench) role(name, service string) string {
	_, outputs := b.make(
		"aws:iam/role:Role",
		name,
		map[string]any{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":` +
			`[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`},
	)
	return outputs["arn"].StringValue()
}

func TestEveryRowSaysItsSource(t *testing.T) {
	for token, r := range cloud.Table {
		assert.NotEmpty(t, r.Source, token)
	}
}
