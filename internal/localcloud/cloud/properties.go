// Reading property maps by dotted paths, for rows and their functions.
package cloud

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// ValueAt follows a dotted path; a list is entered by a number, or at its first element.
func ValueAt(properties resource.PropertyMap, path string) (resource.PropertyValue, bool) {
	current := resource.NewObjectProperty(properties)
	for _, step := range strings.Split(path, ".") {
		current = Unwrap(current)
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
			current = Unwrap(items[index])
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

// StringsAt collects every known string at a path, through all elements of lists.
func StringsAt(v resource.PropertyValue, path string) []string {
	v = Unwrap(v)
	if v.IsArray() {
		var found []string
		for _, item := range v.ArrayValue() {
			found = append(found, StringsAt(item, path)...)
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
	return StringsAt(v.ObjectValue()[resource.PropertyKey(step)], rest)
}

// Unwrap returns the value inside secrets and known outputs.
func Unwrap(v resource.PropertyValue) resource.PropertyValue {
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

// Plain returns a value as plain Go; nil where it is unknown.
func Plain(v resource.PropertyValue) any {
	v = Unwrap(v)
	if v.IsComputed() || v.IsOutput() || v.V == nil {
		return nil
	}
	return v.Mappable()
}

// Present says whether a property is given: an unknown value counts, null does not.
func Present(properties resource.PropertyMap, path string) bool {
	v, ok := ValueAt(properties, path)
	return ok && !Unwrap(v).IsNull()
}

// FormatNumber writes a number with as few digits as it needs.
func FormatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// AnyList is a list of strings as outputs hold it.
func AnyList(items []string) []any {
	out := make([]any, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}

// Number is a plain value as a number; zero where it is of another kind.
func Number(v any) float64 {
	n, _ := v.(float64)
	return n
}

// Strings is a plain list as strings.
func Strings(values []any) []string {
	found := make([]string, len(values))
	for i, v := range values {
		found[i] = fmt.Sprint(v)
	}
	return found
}
