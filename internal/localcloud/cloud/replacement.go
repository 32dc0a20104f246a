// Replacements that depend on more than a path: the provider's CustomizeDiff replaces a resource
// for some changes of an input and not for others. Diff compares paths only, so Check passes the
// decision to it in an additional input.
package cloud

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// ReplacementMark is the input that carries the decision: a counter that Check raises when a
// condition of ReplaceWhen holds. The row lists it in Replace. It is a counter because the values
// that were compared may be secret. For a resource that replaces another, the engine calls Check
// without old inputs, so a new resource starts without the mark. Pulumi does not display keys that
// begin with two underscores.
const ReplacementMark = "__replacement"

// ReplaceWhen is a check that replaces the resource when one of the conditions holds.
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
