// One call on one resource: its row, its properties, and the small language in which rows
// say what AWS would answer.
package cloud

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Call is one operation on one resource while it is under way.
type Call struct {
	Cloud *Cloud
	Tx    *Tx // while it is under way
	Row   *Row
	URN   string
	ID    string
	// Inputs are what the program asked for, secrets opened, unknowns kept in preview.
	Inputs resource.PropertyMap
	// Old is what the program asked for before; nil at creation.
	Old resource.PropertyMap
	// Outputs are built up during the call; at an update they start as the old ones.
	Outputs resource.PropertyMap
}

// Get returns the property at a dotted path as plain Go (string, float64, bool, []any,
// map[string]any), outputs before inputs; nil where it is absent or unknown.
func (c *Call) Get(path string) any {
	if c.Outputs != nil {
		if found, ok := ValueAt(c.Outputs, path); ok {
			return Plain(found)
		}
	}
	found, _ := ValueAt(c.Inputs, path)
	return Plain(found)
}

// Str is get as a string; "" where it is absent, unknown or something else.
func (c *Call) Str(path string) string {
	switch v := c.Get(path).(type) {
	case string:
		return v
	case float64:
		return FormatNumber(v)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// Num is get as a number; zero where it is absent.
func (c *Call) Num(path string) float64 {
	n, _ := c.Get(path).(float64)
	return n
}

// Bool is get as a boolean; false where it is absent.
func (c *Call) Bool(path string) bool {
	b, _ := c.Get(path).(bool)
	return b
}

// All returns every string at a path through lists: "networkInterfaces.networkInterfaceId".
func (c *Call) All(path string) []string {
	return StringsAt(resource.NewObjectProperty(c.Inputs), path)
}

// Set writes an output.
func (c *Call) Set(key string, v any) {
	c.Outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

var placeholder = regexp.MustCompile(`\{[a-zA-Z0-9_.]+\}`)

// Expand fills a template; see text.
func (c *Call) Expand(template string) string {
	return placeholder.ReplaceAllStringFunc(template, func(token string) string {
		switch key := token[1 : len(token)-1]; key {
		case "region":
			return c.Cloud.Region
		case "account":
			return c.Cloud.Account
		case "id":
			return c.ID
		case "name":
			return c.Name()
		case "hex8":
			return RandomHex(8)
		case "hex17":
			return RandomHex(17)
		case "hex32":
			return RandomHex(32)
		case "uuid":
			return UUID()
		case "digits12":
			return RandomDigits(12)
		case "now":
			return time.Now().UTC().Format(time.RFC3339)
		default:
			return c.Str(key)
		}
	})
}

// Name is the resource's physical name, "" where its type has none.
func (c *Call) Name() string {
	if c.Row.Name == nil {
		return ""
	}
	found, _ := ValueAt(c.Inputs, c.Row.Name.Property)
	s, _ := Plain(found).(string)
	return s
}

// Changed says whether an update changes the input at a path.
func (c *Call) Changed(path string) bool {
	before, _ := ValueAt(c.Old, path)
	now, _ := ValueAt(c.Inputs, path)
	return !before.DeepEquals(now)
}

// OldStr is the string at a path before the update.
func (c *Call) OldStr(path string) string {
	before, _ := ValueAt(c.Old, path)
	s, _ := Plain(before).(string)
	return s
}

// HiddenKey is where a type keeps what no output shows (code, tokens), for types whose id is a
// name; ARNs are keys by themselves.
func (c *Call) HiddenKey() string { return c.Row.Token + " " + c.ID }

// Known says that an input is there and has no unknown part: in a preview an unknown input
// forces nothing where the provider waits for its value.
func (c *Call) Known(path string) bool {
	v, ok := ValueAt(c.Inputs, path)
	return !ok || !v.ContainsUnknowns()
}

// OldStrings is the strings at a path in the old inputs.
func (c *Call) OldStrings(path string) []string {
	return StringsAt(resource.NewObjectProperty(c.Old), path)
}

// InputOr is an input, or what AWS takes in its place.
func (c *Call) InputOr(path string, otherwise float64) any {
	if Present(c.Inputs, path) {
		given, _ := ValueAt(c.Inputs, path)
		return Plain(given)
	}
	return otherwise
}
