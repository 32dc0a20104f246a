// Check: what the provider validates before it calls AWS: required inputs, names and values.
package cloud

import (
	"fmt"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Check fills in an automatic name and returns the inputs and all faults in them.
// The texts of missing arguments are those of the Terraform bridge.
func (c *Cloud) Check(r *Row, logicalName string, old, inputs resource.PropertyMap) (resource.PropertyMap, []Failure) {
	inputs = inputs.Copy()
	autoName(r, logicalName, old, inputs)
	var faults []Failure
	for _, path := range r.Required {
		if !Present(inputs, path) {
			faults = append(faults, Failure{path, fmt.Sprintf("Missing required argument. The argument %q is required"+
				", but no definition was found.", path)})
		}
	}
	on := &Call{
		Cloud:  c,
		Row:    r,
		Inputs: inputs,
		Old:    old,
	}
	faults = append(faults, nameFaults(on)...)
	if r.Check != nil {
		c.View(func(tx *Tx) {
			on.Tx = tx
			faults = append(faults, r.Check(on)...)
		})
	}
	return inputs, faults
}

// autoName names a resource without a name as the bridge does: its logical name and 7 random hex
// digits, which stay the same for the life of the resource.
func autoName(r *Row, logicalName string, old, inputs resource.PropertyMap) {
	if r.Name == nil || !r.Name.Auto {
		return
	}
	key := resource.PropertyKey(r.Name.Property)
	if Present(inputs, r.Name.Property) || Present(inputs, r.Name.Property+"Prefix") {
		return
	}
	if previous, ok := old[key]; ok {
		inputs[key] = previous
		return
	}
	inputs[key] = resource.NewStringProperty(logicalName + "-" + RandomHex(7))
}

func nameFaults(on *Call) []Failure {
	rule, name := on.Row.Name, on.Name()
	if rule == nil || name == "" {
		return nil
	}
	length := utf8.RuneCountInString(name)
	switch {
	case length > rule.Max:
		return []Failure{
			{Property: rule.Property, Reason: fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s",
				rule.Property, max(rule.Min, 1), rule.Max, name)},
		}
	case length < rule.Min:
		return []Failure{
			{Property: rule.Property, Reason: fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s",
				rule.Property, rule.Min, rule.Max, name)},
		}
	case rule.Pattern != nil && !rule.Pattern.MatchString(name):
		return []Failure{{Property: rule.Property, Reason: fmt.Sprintf("invalid value for %s (must match %s), got %s",
			rule.Property, rule.Pattern, name)}}
	}
	return nil
}
