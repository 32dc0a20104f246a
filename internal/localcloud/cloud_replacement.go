// Replacements that hang on more than a path: the provider's CustomizeDiff forces a new
// resource for some changes of an input and not for others. The core compares paths only, so
// Check carries the decision to it in an input of its own.
package localcloud

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// replacementMark is a counter that Check adds to the inputs when a condition of the row's
// replaceWhen holds; it stands in the row's replace. It says nothing of the values compared,
// for those may be secret. The engine calls Check without the old inputs for what replaces, so
// a new resource starts without the mark. Keys that begin with two underscores are internal to
// Pulumi and not displayed.
const replacementMark = "__replacement"

// replaceWhen is a part of a row's check: it sets the mark when one of the conditions holds.
func replaceWhen(conditions ...func(*call) bool) func(*call) []failure {
	return func(c *call) []failure {
		if len(c.old) == 0 {
			return nil
		}
		before, _ := valueAt(c.old, replacementMark)
		count, _ := plain(before).(float64)
		if slices.ContainsFunc(conditions, func(holds func(*call) bool) bool { return holds(c) }) {
			count++
		}
		if count > 0 {
			c.inputs[replacementMark] = resource.NewNumberProperty(count)
		}
		return nil
	}
}
