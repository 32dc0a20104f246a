// What one configuration key is: its type, its default, what it accepts and the command that
// sets it. The keys themselves are the table in keys.go.

package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/agext/levenshtein"
)

// Project is the name in Pulumi.yaml; every key but aws:region is in this namespace.
const Project = "nats-platform"

const regionKey = "aws:region"

// Type is a type of Pulumi's project configuration.
type Type string

// The types that Pulumi.yaml can declare.
const (
	String  Type = "string"
	Integer Type = "integer"
	Boolean Type = "boolean"
	Array   Type = "array"
	Object  Type = "object"
)

// Key is one configuration key. All but Items, Min, Max, OneOf, Form and Required are set in Keys.
type Key struct {
	// Name is the key without its namespace, except aws:region.
	Name string
	// Field is the path of the field of Config that it fills, for example NATS.VolumeGiB.
	Field string
	// Type is what the value must be; Items is what an array holds, String or Object. The
	// values of an object are strings.
	Type, Items Type
	// Default is a string, int, bool, []string or map[string]string. The default of a Required key
	// is empty, so that the engine accepts the stack and Validate reports the key with all others.
	Default any
	// Description says what the key is for, Accepts which values it takes. An Accepts that begins
	// with a comma goes on from what the row's other fields say; an empty one is just that
	// (accepting).
	Description, Accepts string
	// Example is a value that is accepted (of an array: an item; of an object: name=value).
	Example string
	// Min and Max bound an integer, or the length of a string that is not empty.
	// Both 0: no bounds.
	Min, Max int
	// OneOf are the only values of a string.
	OneOf []string
	// Form is the form of a string that is not empty, or of each item of an array.
	Form *regexp.Regexp
	// Required refuses an empty string or array.
	Required bool
}

// accepting fills in what the rows leave to be said by Type, OneOf, Min and Max.
func accepting(keys []Key) []Key {
	for i, key := range keys {
		if key.Accepts == "" || strings.HasPrefix(key.Accepts, ",") {
			keys[i].Accepts = key.values() + key.Accepts
		}
	}
	return keys
}

// values are those that Type, OneOf, Min and Max let pass, for people.
func (k Key) values() string {
	switch {
	case len(k.OneOf) > 0:
		return list(k.OneOf, "or")
	case k.Type == Boolean:
		return "true or false"
	case k.Min == 0 && k.Max == 0:
		return ""
	case k.Type == Integer:
		return thousands(k.Min) + " to " + thousands(k.Max)
	}
	return thousands(k.Min) + " to " + thousands(k.Max) + " characters"
}

// list joins items with commas and a last word: "3, 5 or 7".
func list(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	end := len(items) - 1
	return strings.Join(items[:end], ", ") + " " + last + " " + items[end]
}

// numbers is a list of numbers of which one is taken.
func numbers(all []int) string {
	var texts []string
	for _, number := range all {
		texts = append(texts, thousands(number))
	}
	return list(texts, "or")
}

// KeyOf returns the key of that name, and whether there is one.
func KeyOf(name string) (Key, bool) {
	for _, key := range Keys {
		if key.Name == name {
			return key, true
		}
	}
	return Key{}, false
}

// ID is the key as the engine knows it, with its namespace.
func (k Key) ID() string {
	if strings.Contains(k.Name, ":") {
		return k.Name
	}
	return Project + ":" + k.Name
}

// Text is the description in Pulumi.yaml.
func (k Key) Text() string {
	return fmt.Sprintf("%s Accepts %s.", k.Description, k.Accepts)
}

// Fix is the command that sets the key to its example. Items are given a type because the CLI
// otherwise stores 123456789012 or 1 as a number, which the engine then refuses.
func (k Key) Fix() string {
	switch {
	case k.Type == Array && k.Items == Object:
		return fmt.Sprintf("pulumi config set --path '%s[0].name' %s --type string", k.Name, k.Example)
	case k.Type == Array:
		return fmt.Sprintf("pulumi config set --path '%s[0]' %s --type string", k.Name, k.Example)
	case k.Type == Object:
		name, value, _ := strings.Cut(k.Example, "=")
		return fmt.Sprintf("pulumi config set --path '%s.%s' %s --type string", k.Name, name, value)
	}
	return fmt.Sprintf("pulumi config set %s %s", k.Name, k.Example)
}

// in returns the field of the configuration that the key fills.
func (k Key) in(config *Config) reflect.Value {
	value := reflect.ValueOf(config).Elem()
	for _, name := range strings.Split(k.Field, ".") {
		value = value.FieldByName(name)
	}
	return value
}

// nearest returns the candidate with the smallest edit distance to the word; empty without
// candidates.
func nearest(word string, candidates []string) string {
	best, distance := "", -1
	for _, candidate := range candidates {
		d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(candidate), nil)
		if distance < 0 || d < distance {
			best, distance = candidate, d
		}
	}
	return best
}
