// Small phrases for people.

package stage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// NameOf is the logical name in a URN; "" of what no program made, which has none.
func NameOf(urn string) string {
	if urn == "" {
		return ""
	}
	return resource.URN(urn).Name()
}

// Plural is a number with its thing: "1 task", "2 tasks".
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// LastLines are the last lines of a text.
func LastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

// InventoryText lists what a cloud holds, by type.
func InventoryText(inventory map[string]int) string {
	var parts []string
	for _, token := range slices.Sorted(maps.Keys(inventory)) {
		parts = append(parts, fmt.Sprintf("%d %s", inventory[token], token))
	}
	return strings.Join(parts, ", ")
}

// JoinKeys is the keys in order, with a plus between them.
func JoinKeys(set map[string]int) string { return strings.Join(slices.Sorted(maps.Keys(set)), "+") }
