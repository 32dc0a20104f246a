// The one way in which components are created: check the arguments, register, create what is in
// the component, record the outputs.

package platform

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Definition says what a component is and what it consists of.
type Definition struct {
	Type   string       // Pulumi's type token; the state holds it, so it never changes
	Noun   string       // what errors call the component, for example "NATS cluster"
	Inputs pulumi.Map   // what the state records of the arguments; default nothing
	Check  func() error // refuses arguments before anything is registered; default none
	Steps  []Step       // create what is in the component, in this order
}

// Step creates a part of a component. name is the component's; the names of its resources begin
// with it.
type Step func(ctx *pulumi.Context, name string) error

// Create registers the component, runs the steps and records the outputs: the fields of the
// component that have a pulumi tag. It returns the component, for constructors to return. The error
// names the component.
func Create[Component pulumi.ComponentResource](
	ctx *pulumi.Context,
	name string,
	component Component,
	definition Definition,
	opts ...pulumi.ResourceOption,
) (Component, error) {
	if err := create(ctx, name, component, definition, opts); err != nil {
		var none Component
		return none, fmt.Errorf("creating %s %q: %w", definition.Noun, name, err)
	}
	return component, nil
}

func create(
	ctx *pulumi.Context,
	name string,
	component pulumi.ComponentResource,
	definition Definition,
	opts []pulumi.ResourceOption,
) error {
	if definition.Check != nil {
		if err := definition.Check(); err != nil {
			return err
		}
	}
	err := ctx.RegisterComponentResourceV2(definition.Type, name, definition.Inputs, component, opts...)
	if err != nil {
		return err
	}
	// The registration fills the outputs with placeholders, which no step may leave.
	placeholders := outputs(component)
	for _, step := range definition.Steps {
		if err := step(ctx, name); err != nil {
			return err
		}
	}
	created := outputs(component)
	for _, key := range slices.Sorted(maps.Keys(created)) {
		if created[key] == placeholders[key] {
			return fmt.Errorf("recording its outputs: no step sets %s: set the field with the tag pulumi:%q", key, key)
		}
	}
	return ctx.RegisterResourceOutputs(component, created)
}

// outputs are the fields of a component that have a pulumi tag, by that tag.
func outputs(component pulumi.ComponentResource) pulumi.Map {
	found := pulumi.Map{}
	value := reflect.ValueOf(component).Elem()
	for i := range value.NumField() {
		if key, tagged := value.Type().Field(i).Tag.Lookup("pulumi"); tagged {
			found[key] = value.Field(i).Interface().(pulumi.Output)
		}
	}
	return found
}
