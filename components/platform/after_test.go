package platform_test

import (
	"testing"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

// recorder keeps what each resource depends on, by name.
type recorder struct{ dependencies map[string][]string }

func (r recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.dependencies[args.Name] = args.RegisterRPC.GetDependencies()
	return args.Name + "-id", args.Inputs, nil
}

func (recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestWhoUsesTheValueDependsOnTheResources(t *testing.T) {
	seen := recorder{map[string][]string{}}
	value := ""
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		first, err := random.NewRandomPassword(ctx, "first", &random.RandomPasswordArgs{Length: pulumi.Int(8)})
		if err != nil {
			return err
		}
		after := platform.After(pulumi.String("+"), first)
		after.ApplyT(func(known string) string {
			value = known
			return known
		})
		_, err = random.NewRandomPassword(
			ctx,
			"second",
			&random.RandomPasswordArgs{Length: pulumi.Int(8), OverrideSpecial: after},
		)
		return err
	}, pulumi.WithMocks("project", "stack", seen)))
	assert.Equal(t, "+", value)
	require.Len(t, seen.dependencies["second"], 1)
	assert.Contains(t, seen.dependencies["second"][0], "::first")
}
