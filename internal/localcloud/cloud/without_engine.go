// Using the cloud without an engine, for programs that run under the SDK's mocks.
package cloud

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Make checks and creates a resource as the provider would, and returns its id and outputs. All
// faults that Check finds are in the error. In preview nothing is created and computed outputs are
// unknown.
func (c *Cloud) Make(
	token, urn, name string,
	inputs resource.PropertyMap,
	preview bool,
) (string, resource.PropertyMap, error) {
	r, known := Table[token]
	if !known {
		return "", nil, fmt.Errorf(
			"the embedded AWS has no resource type %s: add a row to its service in internal/localcloud",
			token,
		)
	}
	checked, faults := c.Check(r, name, nil, inputs)
	var refused []error
	for _, f := range faults {
		refused = append(refused, fmt.Errorf("%s %q, property %s: %s", token, name, f.Property, f.Reason))
	}
	if len(refused) > 0 {
		return "", nil, errors.Join(refused...)
	}
	return c.CreateResource(r, urn, checked, preview)
}

// Invoke answers a data source, for which each service registers a function.
func (c *Cloud) Invoke(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	answer, known := Invokes[token]
	if !known {
		return nil, fmt.Errorf(
			"the embedded AWS has no function %s: add it to its service in internal/localcloud",
			token,
		)
	}
	return View2(c, func(tx *Tx) (resource.PropertyMap, error) {
		result, err := answer(tx, args)
		if err != nil {
			return nil, fmt.Errorf("invoking %s: %w", token, err)
		}
		return resource.NewPropertyMapFromMap(result), nil
	})
}

// Seconds is how long AWS takes to create a resource of a type, at least one; zero for an unknown
// type.
func Seconds(token string) float64 {
	if r, known := Table[token]; known {
		return max(r.Seconds, 1)
	}
	return 0
}

// Lookup returns the property at a dotted path as plain Go; nil where it is absent or unknown.
func Lookup(properties resource.PropertyMap, path string) any {
	found, _ := ValueAt(properties, path)
	return Plain(found)
}
