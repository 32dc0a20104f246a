// One call on one resource. The functions of rows get a Call, so that they can read properties and
// write outputs in a line.
package cloud

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Call is one operation on one resource, while it runs.
type Call struct {
	Cloud *Cloud
	Tx    *Tx // of the step that runs
	Row   *Row
	URN   string
	ID    string
	// Inputs are those of the program. Secrets are unwrapped; unknowns are kept in preview.
	Inputs resource.PropertyMap
	// Old are the inputs before an update; nil at creation.
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

// Str is Get as a string; "" where the property is absent, unknown or of another kind.
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

// Num is Get as a number; zero where the property is absent.
func (c *Call) Num(path string) float64 {
	n, _ := c.Get(path).(float64)
	return n
}

// Bool is Get as a boolean; false where the property is absent.
func (c *Call) Bool(path string) bool {
	b, _ := c.Get(path).(bool)
	return b
}

// All returns every string of the inputs at a path that may lead through lists, for example
// "networkInterfaces.networkInterfaceId".
func (c *Call) All(path string) []string {
	return StringsAt(resource.NewObjectProperty(c.Inputs), path)
}

// Set writes an output.
func (c *Call) Set(key string, v any) {
	c.Outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

var placeholder = regexp.MustCompile(`\{[a-zA-Z0-9_.]+\}`)

// Expand fills a template; see Text for its placeholders.
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

// OldStr is the string at a path of the old inputs; "" where there is none.
func (c *Call) OldStr(path string) string {
	before, _ := ValueAt(c.Old, path)
	s, _ := Plain(before).(string)
	return s
}

// HiddenKey is the key in Tx.Values under which a resource keeps what no output shows (code,
// tokens). It is for types whose id is a name; where the id is an ARN, the ARN is the key.
func (c *Call) HiddenKey() string { return c.Row.Token + " " + c.ID }

// Known says whether an input is absent or has no unknown part. In a preview an unknown input
// forces no replacement where the provider waits for its value.
func (c *Call) Known(path string) bool {
	v, ok := ValueAt(c.Inputs, path)
	return !ok || !v.ContainsUnknowns()
}

// OldStrings returns every string at a path of the old inputs.
func (c *Call) OldStrings(path string) []string {
	return StringsAt(resource.NewObjectProperty(c.Old), path)
}

// InputOr returns an input, or AWS's default where the program leaves it out.
func (c *Call) InputOr(path string, byDefault float64) any {
	if Present(c.Inputs, path) {
		given, _ := ValueAt(c.Inputs, path)
		return Plain(given)
	}
	return byDefault
}
