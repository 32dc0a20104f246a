package config

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type noResources struct{}

func (noResources) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, args.Inputs, nil
}

func (noResources) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return args.Args, nil
}

// run calls the program with a context of the SDK that holds the configuration.
func run(t *testing.T, values map[string]string, secret []string, program pulumi.RunFunc) {
	t.Helper()
	err := pulumi.RunErr(program, pulumi.WithMocks(Project, "test", noResources{}), func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys = values, secret
	})
	require.NoError(t, err)
}

func TestReadListsTheKeysOfTheEngine(t *testing.T) {
	values := map[string]string{
		"aws:region":                  "eu-west-1",
		"nats-platform:natsVolumeGiB": "750",
		"nats-platform:natsNodeCuont": "7",
	}
	run(t, values, nil, func(ctx *pulumi.Context) error {
		config, err := Read(ctx)
		var faults Faults
		require.ErrorAs(t, err, &faults)
		require.Len(t, faults, 1)
		assert.Equal(t, "natsNodeCuont", faults[0].Key)
		assert.Equal(t, "7", faults[0].Value)
		assert.Equal(t, "eu-west-1", config.Region)
		assert.Equal(t, 750, config.NATS.VolumeGiB)
		assert.Equal(t, 5, config.NATS.NodeCount)
		return nil
	})
}

func TestReadTakesSecretsFromTheEngine(t *testing.T) {
	values := map[string]string{"nats-platform:natsVolumeGiB": "hunter2"}
	run(t, values, []string{"nats-platform:natsVolumeGiB"}, func(ctx *pulumi.Context) error {
		_, err := Read(ctx)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.Contains(t, err.Error(), "natsVolumeGiB: [secret]")
		return nil
	})
}

func TestReadWithoutFaultsIsNoError(t *testing.T) {
	run(t, map[string]string{"nats-platform:environment": "prod"}, nil, func(ctx *pulumi.Context) error {
		config, err := Read(ctx)
		require.NoError(t, err)
		assert.Equal(t, "prod", config.Environment)
		return nil
	})
}

func TestChangedContextIsAClearError(t *testing.T) {
	type info struct{ Settings map[string]string } //nolint:unused // read by reflection
	type state struct{ info info }                 //nolint:unused // read by reflection
	for name, changed := range map[string]any{
		"field renamed": &struct{ state *state }{&state{}},
		"no state":      &struct{ engine int }{},
		"no map": &struct {
			state struct{ info struct{ Config []string } }
		}{},
		"no struct":     5,
		"empty pointer": (*struct{ state int })(nil),
		"keys of a type": &struct {
			state struct {
				info struct{ Config map[int]string }
			}
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configKeys(changed)
			assert.ErrorContains(t, err, "adapt config/read.go")
		})
	}
}
