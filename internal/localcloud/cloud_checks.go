// What the provider checks of one input before AWS is asked, for the check of a row.
package localcloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// checks joins several plan-time checks; all their faults are reported.
func checks(parts ...func(*call) []failure) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		for _, part := range parts {
			faults = append(faults, part(c)...)
		}
		return faults
	}
}

// validJSON is the provider's check of an input that must be JSON; unknown inputs pass.
func validJSON(paths ...string) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		for _, path := range paths {
			text := c.str(path)
			if text != "" && !json.Valid([]byte(text)) {
				faults = append(faults, failure{path, fmt.Sprintf("%q contains an invalid JSON", path)})
			}
		}
		return faults
	}
}

// between is the provider's check of a number; an input that is absent or unknown passes.
func between(path string, low, high float64) func(*call) []failure {
	return func(c *call) []failure {
		n, given := c.get(path).(float64)
		if !given || n >= low && n <= high {
			return nil
		}
		return []failure{{property: path, reason: fmt.Sprintf("expected %s to be in the range (%s - %s), got %s",
			path, trimFloat(low), trimFloat(high), trimFloat(n))}}
	}
}

// oneOf is the provider's check of an enumeration; an input that is absent or unknown passes.
func oneOf(path string, allowed ...string) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		for _, got := range c.all(path) {
			if !slices.Contains(allowed, got) {
				faults = append(
					faults,
					failure{path, fmt.Sprintf("expected %s to be one of %q, got %s", path, allowed, got)},
				)
			}
		}
		return faults
	}
}

// matches is the provider's check of a string against a pattern.
func matches(path string, pattern *regexp.Regexp, why string) func(*call) []failure {
	return func(c *call) []failure {
		if got := c.str(path); got != "" && !pattern.MatchString(got) {
			return []failure{{property: path, reason: fmt.Sprintf("invalid value for %s (%s), got %s", path, why, got)}}
		}
		return nil
	}
}

// exactlyOneOf is the provider's check that one of several inputs is given, and no more.
func exactlyOneOf(paths ...string) func(*call) []failure {
	return func(c *call) []failure {
		given := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !present(c.inputs, path) })
		switch {
		case len(given) == 0:
			return []failure{
				{property: paths[0], reason: quoted(paths[0]) + ": one of " + quoted(paths...) + " must be specified"},
			}
		case len(given) > 1:
			return []failure{
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
func conflicts(path string, others ...string) func(*call) []failure {
	return func(c *call) []failure {
		var faults []failure
		for _, other := range others {
			if present(c.inputs, path) && present(c.inputs, other) {
				faults = append(faults, failure{path, quoted(path) + ": conflicts with " + other})
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
