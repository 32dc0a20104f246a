package platform_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

// house is a component with an output.
type house struct {
	pulumi.ResourceState

	Door pulumi.StringOutput `pulumi:"door"`
	Cat  string              // no tag: no output
}

// registrar keeps the inputs of what is registered, by name.
type registrar struct {
	lock   sync.Mutex
	inputs map[string]resource.PropertyMap
}

func (r *registrar) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.inputs[args.Name] = args.Inputs
	return "", args.Inputs, nil
}

func (*registrar) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// build creates a house and returns it with what was registered.
func build(t *testing.T, definition func(*house) platform.Definition) (*house, map[string]resource.PropertyMap, error) {
	t.Helper()
	seen, made := &registrar{inputs: map[string]resource.PropertyMap{}}, (*house)(nil)
	err := pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		h := &house{}
		made, err = platform.Create(ctx, "home", h, definition(h))
		return err
	}, pulumi.WithMocks("project", "stack", seen))
	return made, seen.inputs, err
}

func TestStepsRunInOrderAndGetTheName(t *testing.T) {
	var ran []string
	made, registered, err := build(t, func(h *house) platform.Definition {
		return platform.Definition{
			Type:   "test:House",
			Noun:   "house",
			Inputs: pulumi.Map{"rooms": pulumi.Int(3)},
			Steps: []platform.Step{
				func(_ *pulumi.Context, name string) error {
					ran = append(ran, name+" walls")
					return nil
				},
				func(_ *pulumi.Context, name string) error {
					ran = append(ran, name+" door")
					h.Door = pulumi.String("green").ToStringOutput()
					return nil
				},
			},
		}
	})
	require.NoError(t, err)
	assert.NotNil(t, made)
	assert.Equal(t, []string{"home walls", "home door"}, ran)
	assert.Equal(t, map[string]any{"rooms": 3.0}, registered["home"].Mappable())
}

func TestWhatTheCheckRefusesIsNotRegistered(t *testing.T) {
	made, registered, err := build(t, func(*house) platform.Definition {
		return platform.Definition{
			Type:  "test:House",
			Noun:  "house",
			Check: func() error { return errors.New("no ground") },
		}
	})
	require.ErrorContains(t, err, `creating house "home": no ground`)
	assert.Nil(t, made)
	assert.NotContains(t, registered, "home")
}

func TestAFailedStepEndsTheCreation(t *testing.T) {
	_, _, err := build(t, func(*house) platform.Definition {
		return platform.Definition{Type: "test:House", Noun: "house", Steps: []platform.Step{
			func(*pulumi.Context, string) error { return errors.New("no wood") },
			func(*pulumi.Context, string) error { panic("a step after the one that failed") },
		}}
	})
	assert.ErrorContains(t, err, `creating house "home": no wood`)
}

func TestAnOutputThatNoStepSetsIsRefused(t *testing.T) {
	_, _, err := build(t, func(*house) platform.Definition {
		return platform.Definition{Type: "test:House", Noun: "house"}
	})
	assert.ErrorContains(t, err, "no step sets door")
}
