// Replacements that hang on more than a path: the provider's CustomizeDiff forces a new
// resource for some changes of an input and not for others. The core compares paths only, so
// Check carries the decision to it in an input of its own.
package cloud

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// ReplacementMark is a counter that Check adds to the inputs when a condition of the row's
// replaceWhen holds; it stands in the row's replace. It says nothing of the values compared,
// for those may be secret. The engine calls Check without the old inputs for what replaces, so
// a new resource starts without the mark. Keys that begin with two underscores are internal to
// Pulumi and not displayed.
const ReplacementMark = "__replacement"

// ReplaceWhen is a part of a row's check: it sets the mark when one of the conditions holds.
func ReplaceWhen(conditions ...func(*Call) bool) func(*Call) []Failure {
	return func(c *Call) []Failure {
		if len(c.Old) == 0 {
			return nil
		}
		before, _ := ValueAt(c.Old, ReplacementMark)
		count, _ := Plain(before).(float64)
		if slices.ContainsFunc(conditions, func(holds func(*Call) bool) bool { return holds(c) }) {
			count++
		}
		if count > 0 {
			c.Inputs[ReplacementMark] = resource.NewNumberProperty(count)
		}
		return nil
	}
}
