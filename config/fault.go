// How a refused configuration is reported: every fault with its key, the value it got, what is
// accepted and the command that corrects it.

package config

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// hidden replaces every value of a secret key.
const hidden = "[secret]"

// Fault is one thing wrong with the configuration.
type Fault struct {
	// Key is the configuration key without its project, or the file and row of a table.
	Key string
	// Value is what it got, "[secret]" for a secret; empty when it is not set.
	Value string
	// Problem is what is wrong with the value.
	Problem string
	// Accepts is what the key takes.
	Accepts string
	// Fix is what to do: a command, or the file to edit.
	Fix string
}

// String is the fault on four lines.
func (f Fault) String() string {
	value := f.Value
	if value == "" {
		value = "(not set)"
	}
	return fmt.Sprintf(
		"%s: %s\n    problem: %s\n    accepts: %s\n    to do:   %s",
		f.Key,
		value,
		f.Problem,
		f.Accepts,
		f.Fix,
	)
}

// Faults is the error that reports all of them.
type Faults []Fault

// Error lists the faults, numbered, in the order they were found.
func (f Faults) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "reading the configuration of this stack: %d refused, nothing was changed", len(f))
	for i, fault := range f {
		fmt.Fprintf(&text, "\n\n%3d. %s", i+1, strings.ReplaceAll(fault.String(), "\n", "\n "))
	}
	return text.String()
}

// Refusal joins the error of Read with the faults of Validate into one error that reports
// them all at once; nil when there is none. An error that is not Faults is returned unchanged: the
// configuration was not read at all.
func Refusal(read error, validated []Fault) error {
	var all Faults
	if read != nil && !errors.As(read, &all) {
		return read
	}
	all = append(all, validated...)
	if len(all) == 0 {
		return nil
	}
	return all
}

// secrets knows which keys are secret, and hides their values wherever they turn up.
type secrets struct {
	keys   map[string]bool
	values []string
}

// learn marks a key as secret, with its raw value and every string inside it.
func (s *secrets) learn(key string, values ...string) {
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	s.keys[key] = true
	for _, value := range values {
		if value != "" {
			s.values = append(s.values, value)
		}
		if number, err := strconv.Atoi(value); err == nil && number >= 1000 {
			s.values = append(s.values, thousands(number))
		}
	}
	// The longest first, else a value inside another leaves the rest of it readable.
	sort.Slice(s.values, func(i, j int) bool { return len(s.values[i]) > len(s.values[j]) })
}

// owns reports whether the fault is one of a secret key.
func (s *secrets) owns(fault Fault) bool {
	key, _, _ := strings.Cut(fault.Key, ".")
	key, _, _ = strings.Cut(key, "[")
	return s.keys[key]
}

// hide returns the fault without any secret value: those of its own key, and those that other
// keys' faults quote.
func (s *secrets) hide(fault Fault) Fault {
	if s.owns(fault) && fault.Value != "" {
		fault.Value = hidden
	}
	for _, value := range s.values {
		for _, text := range []*string{&fault.Key, &fault.Value, &fault.Problem, &fault.Fix} {
			if *text != hidden {
				*text = strings.ReplaceAll(*text, value, hidden)
			}
		}
	}
	return fault
}
