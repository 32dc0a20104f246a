// Reading property maps by dotted paths, for rows and their functions.
package localcloud

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// valueAt follows a dotted path; a list is entered by a number, or at its first element.
func valueAt(properties resource.PropertyMap, path string) (resource.PropertyValue, bool) {
	current := resource.NewObjectProperty(properties)
	for _, step := range strings.Split(path, ".") {
		current = open(current)
		if current.IsArray() {
			items, index := current.ArrayValue(), 0
			if n, err := strconv.Atoi(step); err == nil {
				if n >= len(items) {
					return resource.PropertyValue{}, false
				}
				current = items[n]
				continue
			}
			if index >= len(items) {
				return resource.PropertyValue{}, false
			}
			current = open(items[index])
		}
		if !current.IsObject() {
			return resource.PropertyValue{}, false
		}
		next, ok := current.ObjectValue()[resource.PropertyKey(step)]
		if !ok {
			return resource.PropertyValue{}, false
		}
		current = next
	}
	return current, true
}

// stringsAt collects every known string at a path, through all elements of lists.
func stringsAt(v resource.PropertyValue, path string) []string {
	v = open(v)
	if v.IsArray() {
		var found []string
		for _, item := range v.ArrayValue() {
			found = append(found, stringsAt(item, path)...)
		}
		return found
	}
	if path == "" {
		if v.IsString() && v.StringValue() != "" {
			return []string{v.StringValue()}
		}
		return nil
	}
	if !v.IsObject() {
		return nil
	}
	step, rest, _ := strings.Cut(path, ".")
	return stringsAt(v.ObjectValue()[resource.PropertyKey(step)], rest)
}

// open takes the wrapping of secrets and outputs off a value.
func open(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}

// plain is a value as plain Go; unknowns are nil.
func plain(v resource.PropertyValue) any {
	v = open(v)
	if v.IsComputed() || v.IsOutput() || v.V == nil {
		return nil
	}
	return v.Mappable()
}

// present says that a property is there: unknown counts, null does not.
func present(properties resource.PropertyMap, path string) bool {
	v, ok := valueAt(properties, path)
	return ok && !open(v).IsNull()
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func anys(items []string) []any {
	out := make([]any, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}

func number(v any) float64 {
	n, _ := v.(float64)
	return n
}

func texts(values []any) []string {
	found := make([]string, len(values))
	for i, v := range values {
		found[i] = fmt.Sprint(v)
	}
	return found
}
