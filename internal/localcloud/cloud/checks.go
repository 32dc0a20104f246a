// The provider's checks of single inputs, from which rows build their Check. The texts of faults
// are the provider's.
package cloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// Checks joins several checks into one, which returns the faults of all.
func Checks(parts ...func(*Call) []Failure) func(*Call) []Failure {
	return func(c *Call) []Failure {
		var faults []Failure
		for _, part := range parts {
			faults = append(faults, part(c)...)
		}
		return faults
	}
}

// ValidJSON is the provider's check of an input that must be JSON; unknown inputs pass.
func ValidJSON(paths ...string) func(*Call) []Failure {
	return func(c *Call) []Failure {
		var faults []Failure
		for _, path := range paths {
			text := c.Str(path)
			if text != "" && !json.Valid([]byte(text)) {
				faults = append(faults, Failure{path, fmt.Sprintf("%q contains an invalid JSON", path)})
			}
		}
		return faults
	}
}

// Between is the provider's check of a number; an input that is absent or unknown passes.
func Between(path string, low, high float64) func(*Call) []Failure {
	return func(c *Call) []Failure {
		n, given := c.Get(path).(float64)
		if !given || n >= low && n <= high {
			return nil
		}
		return []Failure{{Property: path, Reason: fmt.Sprintf("expected %s to be in the range (%s - %s), got %s",
			path, FormatNumber(low), FormatNumber(high), FormatNumber(n))}}
	}
}

// OneOf is the provider's check of an enumeration; an input that is absent or unknown passes.
func OneOf(path string, allowed ...string) func(*Call) []Failure {
	return func(c *Call) []Failure {
		var faults []Failure
		for _, got := range c.All(path) {
			if !slices.Contains(allowed, got) {
				faults = append(
					faults,
					Failure{path, fmt.Sprintf("expected %s to be one of %q, got %s", path, allowed, got)},
				)
			}
		}
		return faults
	}
}

// Matches is the provider's check of a string against a pattern; why says what it requires.
func Matches(path string, pattern *regexp.Regexp, why string) func(*Call) []Failure {
	return func(c *Call) []Failure {
		if got := c.Str(path); got != "" && !pattern.MatchString(got) {
			return []Failure{{Property: path, Reason: fmt.Sprintf("invalid value for %s (%s), got %s", path, why, got)}}
		}
		return nil
	}
}

// ExactlyOneOf is the provider's check that exactly one of several inputs is given.
func ExactlyOneOf(paths ...string) func(*Call) []Failure {
	return func(c *Call) []Failure {
		given := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !Present(c.Inputs, path) })
		switch {
		case len(given) == 0:
			return []Failure{
				{Property: paths[0], Reason: quoted(paths[0]) + ": one of " + quoted(paths...) + " must be specified"},
			}
		case len(given) > 1:
			return []Failure{
				{
					Property: given[0],
					Reason: quoted(given[0]) + ": only one of " + quoted(paths...) + " can be specified, but " +
						quoted(given...) + " were specified.",
				},
			}
		}
		return nil
	}
}

// Conflicts is the provider's check that an input excludes some others.
func Conflicts(path string, others ...string) func(*Call) []Failure {
	return func(c *Call) []Failure {
		var faults []Failure
		for _, other := range others {
			if Present(c.Inputs, path) && Present(c.Inputs, other) {
				faults = append(faults, Failure{path, quoted(path) + ": conflicts with " + other})
			}
		}
		return faults
	}
}

// quoted lists names as the provider's texts do.
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
