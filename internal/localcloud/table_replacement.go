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
func replaceWhen(conditions ...func(*call) bool) func(*call) []fault {
	return func(c *call) []fault {
		if len(c.old) == 0 {
			return nil
		}
		before, _ := lookup(c.old, replacementMark)
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

// known says that an input is there and has no unknown part: in a preview an unknown input
// forces nothing where the provider waits for its value.
func (c *call) known(path string) bool {
	v, ok := lookup(c.inputs, path)
	return !ok || !v.ContainsUnknowns()
}

// before is the strings at a path in the old inputs.
func (c *call) before(path string) []string {
	return stringsAt(resource.NewObjectProperty(c.old), path)
}

// sameSet compares lists that stand for sets.
func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// exactlyOneOf is the provider's check that one of several inputs is given, and no more.
func exactlyOneOf(paths ...string) func(*call) []fault {
	return func(c *call) []fault {
		given := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !present(c.inputs, path) })
		switch {
		case len(given) == 0:
			return []fault{
				{property: paths[0], reason: quoted(paths[0]) + ": one of " + quoted(paths...) + " must be specified"},
			}
		case len(given) > 1:
			return []fault{
				{
					property: given[0],
					reason: quoted(given[0]) + ": only one of " + quoted(paths...) + " can be specified, but " +
						quoted(given...) + " were specified.",
				},
			}
		}
		return nil
	}
}

// conflicts is the provider's check that an input stands without some others.
func conflicts(path string, others ...string) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, other := range others {
			if present(c.inputs, path) && present(c.inputs, other) {
				faults = append(faults, fault{path, quoted(path) + ": conflicts with " + other})
			}
		}
		return faults
	}
}

// quoted is names as the provider's texts list them.
func quoted(names ...string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ","
		}
		text += name
	}
	return `"` + text + `"`
}
