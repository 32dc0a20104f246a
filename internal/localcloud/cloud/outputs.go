// How outputs are computed, at creation, at an update and in a preview.
package cloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// compute sets the id and the outputs of a new resource.
func (on *Call) compute() {
	on.ID = on.Name()
	if on.Row.ID != nil {
		on.ID = fmt.Sprint(on.Row.ID(on))
	}
	// A scalar output may be a template of another one, in any order: two passes fill both.
	for range 2 {
		for key, compute := range on.Row.Computed {
			if _, given := on.Inputs[resource.PropertyKey(key)]; !given && !Present(on.Outputs, key) {
				on.Set(key, compute(on))
			}
		}
	}
	on.derive()
}

// derive computes the outputs that follow the inputs, and tagsAll.
func (on *Call) derive() {
	for key, compute := range on.Row.Derived {
		on.Set(key, compute(on))
	}
	if tags, ok := on.Inputs["tags"]; ok {
		on.Outputs["tagsAll"] = tags
	}
}

// withDefaults returns what the outputs start as: the inputs and the schema's defaults.
func withDefaults(r *Row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for key, v := range r.Defaults {
		if !Present(inputs, key) {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
		}
	}
	return outputs
}

// overlay returns what the outputs of an update start as: the old ones without the old inputs, and
// the new inputs over them.
func overlay(r *Row, old, inputs, outputs resource.PropertyMap) resource.PropertyMap {
	merged := outputs.Copy()
	for key := range old {
		delete(merged, key)
	}
	for key, v := range withDefaults(r, inputs) {
		merged[key] = v
	}
	return merged
}

func previewOutputs(r *Row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := withDefaults(r, inputs)
	for _, computed := range []map[string]Value{r.Computed, r.Derived} {
		for key := range computed {
			if !Present(inputs, key) {
				outputs[resource.PropertyKey(key)] = resource.MakeComputed(resource.NewStringProperty(""))
			}
		}
	}
	return outputs
}
