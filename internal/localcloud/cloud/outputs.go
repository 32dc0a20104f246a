// Outputs: what they start as, what follows the inputs, and what a preview does not know.
package cloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// compute works out the id and the outputs of a new resource.
func (on *Call) compute() {
	on.ID = on.Name()
	if on.Row.ID != nil {
		on.ID = fmt.Sprint(on.Row.ID(on))
	}
	// A scalar output may be a template over another; two passes settle any order.
	for range 2 {
		for key, compute := range on.Row.Computed {
			if _, given := on.Inputs[resource.PropertyKey(key)]; !given && !Present(on.Outputs, key) {
				on.Set(key, compute(on))
			}
		}
	}
	on.derive()
}

// derive works out the outputs that follow the inputs, and tagsAll.
func (on *Call) derive() {
	for key, compute := range on.Row.Derived {
		on.Set(key, compute(on))
	}
	if tags, ok := on.Inputs["tags"]; ok {
		on.Outputs["tagsAll"] = tags
	}
}

// withDefaults is what the outputs start as: the inputs, and the schema's defaults.
func withDefaults(r *Row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for key, v := range r.Defaults {
		if !Present(inputs, key) {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
		}
	}
	return outputs
}

// overlay is what the outputs of an update start as: the old ones, without inputs that are
// gone, with the new inputs over them.
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
