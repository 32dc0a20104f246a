// Outputs: what they start as, what follows the inputs, and what a preview does not know.
package localcloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// compute works out the id and the outputs of a new resource.
func (on *call) compute() {
	on.id = on.name()
	if on.row.id != nil {
		on.id = fmt.Sprint(on.row.id(on))
	}
	// A scalar output may be a template over another; two passes settle any order.
	for range 2 {
		for key, compute := range on.row.computed {
			if _, given := on.inputs[resource.PropertyKey(key)]; !given && !present(on.outputs, key) {
				on.set(key, compute(on))
			}
		}
	}
	on.derive()
}

// derive works out the outputs that follow the inputs, and tagsAll.
func (on *call) derive() {
	for key, compute := range on.row.derived {
		on.set(key, compute(on))
	}
	if tags, ok := on.inputs["tags"]; ok {
		on.outputs["tagsAll"] = tags
	}
}

// withDefaults is what the outputs start as: the inputs, and the schema's defaults.
func withDefaults(r *row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for key, v := range r.defaults {
		if !present(inputs, key) {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
		}
	}
	return outputs
}

// overlay is what the outputs of an update start as: the old ones, without inputs that are
// gone, with the new inputs over them.
func overlay(r *row, old, inputs, outputs resource.PropertyMap) resource.PropertyMap {
	merged := outputs.Copy()
	for key := range old {
		delete(merged, key)
	}
	for key, v := range withDefaults(r, inputs) {
		merged[key] = v
	}
	return merged
}

func previewOutputs(r *row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := withDefaults(r, inputs)
	for _, computed := range []map[string]value{r.computed, r.derived} {
		for key := range computed {
			if !present(inputs, key) {
				outputs[resource.PropertyKey(key)] = resource.MakeComputed(resource.NewStringProperty(""))
			}
		}
	}
	return outputs
}
