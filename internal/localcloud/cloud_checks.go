// What the provider checks of one input before AWS is asked, for the check of a row.
package localcloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// checks joins several plan-time checks; all their faults are reported.
func checks(parts ...func(*call) []fault) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, part := range parts {
			faults = append(faults, part(c)...)
		}
		return faults
	}
}

// validJSON is the provider's check of an input that must be JSON; unknown inputs pass.
func validJSON(paths ...string) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, path := range paths {
			text := c.str(path)
			if text != "" && !json.Valid([]byte(text)) {
				faults = append(faults, fault{path, fmt.Sprintf("%q contains an invalid JSON", path)})
			}
		}
		return faults
	}
}

// between is the provider's check of a number; an input that is absent or unknown passes.
func between(path string, low, high float64) func(*call) []fault {
	return func(c *call) []fault {
		n, given := c.get(path).(float64)
		if !given || n >= low && n <= high {
			return nil
		}
		return []fault{{property: path, reason: fmt.Sprintf("expected %s to be in the range (%s - %s), got %s",
			path, trimFloat(low), trimFloat(high), trimFloat(n))}}
	}
}

// oneOf is the provider's check of an enumeration; an input that is absent or unknown passes.
func oneOf(path string, allowed ...string) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, got := range c.all(path) {
			if !slices.Contains(allowed, got) {
				faults = append(
					faults,
					fault{path, fmt.Sprintf("expected %s to be one of %q, got %s", path, allowed, got)},
				)
			}
		}
		return faults
	}
}

// matches is the provider's check of a string against a pattern.
func matches(path string, pattern *regexp.Regexp, why string) func(*call) []fault {
	return func(c *call) []fault {
		if got := c.str(path); got != "" && !pattern.MatchString(got) {
			return []fault{{property: path, reason: fmt.Sprintf("invalid value for %s (%s), got %s", path, why, got)}}
		}
		return nil
	}
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
