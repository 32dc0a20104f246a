// One call on one resource: its row, its properties, and the small language in which rows
// say what AWS would answer.
package localcloud

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// call is one operation on one resource while it is under way.
type call struct {
	cloud *Cloud
	tx    *Tx // while it is under way
	row   *row
	urn   string
	id    string
	// inputs are what the program asked for, secrets opened, unknowns kept in preview.
	inputs resource.PropertyMap
	// old is what the program asked for before; nil at creation.
	old resource.PropertyMap
	// outputs are built up during the call; at an update they start as the old ones.
	outputs resource.PropertyMap
}

// get returns the property at a dotted path as plain Go (string, float64, bool, []any,
// map[string]any), outputs before inputs; nil where it is absent or unknown.
func (c *call) get(path string) any {
	if c.outputs != nil {
		if found, ok := valueAt(c.outputs, path); ok {
			return plain(found)
		}
	}
	found, _ := valueAt(c.inputs, path)
	return plain(found)
}

// str is get as a string; "" where it is absent, unknown or something else.
func (c *call) str(path string) string {
	switch v := c.get(path).(type) {
	case string:
		return v
	case float64:
		return trimFloat(v)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// num is get as a number; zero where it is absent.
func (c *call) num(path string) float64 {
	n, _ := c.get(path).(float64)
	return n
}

// yes is get as a boolean; false where it is absent.
func (c *call) yes(path string) bool {
	b, _ := c.get(path).(bool)
	return b
}

// all returns every string at a path through lists: "networkInterfaces.networkInterfaceId".
func (c *call) all(path string) []string {
	return stringsAt(resource.NewObjectProperty(c.inputs), path)
}

// set writes an output.
func (c *call) set(key string, v any) {
	c.outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

var placeholder = regexp.MustCompile(`\{[a-zA-Z0-9_.]+\}`)

// expand fills a template; see text.
func (c *call) expand(template string) string {
	return placeholder.ReplaceAllStringFunc(template, func(token string) string {
		switch key := token[1 : len(token)-1]; key {
		case "region":
			return c.cloud.Region
		case "account":
			return c.cloud.Account
		case "id":
			return c.id
		case "name":
			return c.name()
		case "hex8":
			return randomHex(8)
		case "hex17":
			return randomHex(17)
		case "hex32":
			return randomHex(32)
		case "uuid":
			return uuid()
		case "digits12":
			return randomDigits(12)
		case "now":
			return time.Now().UTC().Format(time.RFC3339)
		default:
			return c.str(key)
		}
	})
}

// name is the resource's physical name, "" where its type has none.
func (c *call) name() string {
	if c.row.name == nil {
		return ""
	}
	found, _ := valueAt(c.inputs, c.row.name.property)
	s, _ := plain(found).(string)
	return s
}

// changed says whether an update changes the input at a path.
func (c *call) changed(path string) bool {
	before, _ := valueAt(c.old, path)
	now, _ := valueAt(c.inputs, path)
	return !before.DeepEquals(now)
}

// was is the string at a path before the update.
func (c *call) was(path string) string {
	before, _ := valueAt(c.old, path)
	s, _ := plain(before).(string)
	return s
}

// vaultKey is where a type keeps what no output shows (code, tokens), for types whose id is a
// name; ARNs are keys by themselves.
func (c *call) vaultKey() string { return c.row.token + " " + c.id }

// known says that an input is there and has no unknown part: in a preview an unknown input
// forces nothing where the provider waits for its value.
func (c *call) known(path string) bool {
	v, ok := valueAt(c.inputs, path)
	return !ok || !v.ContainsUnknowns()
}

// before is the strings at a path in the old inputs.
func (c *call) before(path string) []string {
	return stringsAt(resource.NewObjectProperty(c.old), path)
}

// givenOr is an input, or what AWS takes in its place.
func (c *call) givenOr(path string, otherwise float64) any {
	if present(c.inputs, path) {
		given, _ := valueAt(c.inputs, path)
		return plain(given)
	}
	return otherwise
}
