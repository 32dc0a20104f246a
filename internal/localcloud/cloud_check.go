// Check: what the provider judges before AWS is asked, required inputs, names and validators.
package localcloud

import (
	"fmt"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// check fills in an automatic name and returns the inputs with all faults found in them.
// The texts of missing arguments are those of the Terraform bridge.
func (c *Cloud) check(r *row, logicalName string, old, inputs resource.PropertyMap) (resource.PropertyMap, []failure) {
	inputs = inputs.Copy()
	autoName(r, logicalName, old, inputs)
	var faults []failure
	for _, path := range r.required {
		if !present(inputs, path) {
			faults = append(faults, failure{path, fmt.Sprintf("Missing required argument. The argument %q is required"+
				", but no definition was found.", path)})
		}
	}
	on := &call{
		cloud:  c,
		row:    r,
		inputs: inputs,
		old:    old,
	}
	faults = append(faults, nameFaults(on)...)
	if r.check != nil {
		c.View(func(tx *Tx) {
			on.tx = tx
			faults = append(faults, r.check(on)...)
		})
	}
	return inputs, faults
}

// autoName gives what the bridge gives a resource without a name: its logical name and 7
// random hex digits, the same ones for the life of the resource.
func autoName(r *row, logicalName string, old, inputs resource.PropertyMap) {
	if r.name == nil || !r.name.auto {
		return
	}
	key := resource.PropertyKey(r.name.property)
	if present(inputs, r.name.property) || present(inputs, r.name.property+"Prefix") {
		return
	}
	if previous, ok := old[key]; ok {
		inputs[key] = previous
		return
	}
	inputs[key] = resource.NewStringProperty(logicalName + "-" + randomHex(7))
}

func nameFaults(on *call) []failure {
	rule, name := on.row.name, on.name()
	if rule == nil || name == "" {
		return nil
	}
	length := utf8.RuneCountInString(name)
	switch {
	case length > rule.max:
		return []failure{
			{property: rule.property, reason: fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s",
				rule.property, max(rule.min, 1), rule.max, name)},
		}
	case length < rule.min:
		return []failure{
			{property: rule.property, reason: fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s",
				rule.property, rule.min, rule.max, name)},
		}
	case rule.pattern != nil && !rule.pattern.MatchString(name):
		return []failure{{property: rule.property, reason: fmt.Sprintf("invalid value for %s (must match %s), got %s",
			rule.property, rule.pattern, name)}}
	}
	return nil
}
