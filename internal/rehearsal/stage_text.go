// Small phrases for people.

package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// nameOf is the logical name in a URN; "" of what no program made, which has none.
func nameOf(urn string) string {
	if urn == "" {
		return ""
	}
	return resource.URN(urn).Name()
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// lastLines are the last lines of a text.
func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

func inventoryText(inventory map[string]int) string {
	var parts []string
	for _, token := range slices.Sorted(maps.Keys(inventory)) {
		parts = append(parts, fmt.Sprintf("%d %s", inventory[token], token))
	}
	return strings.Join(parts, ", ")
}

func joinKeys(set map[string]int) string { return strings.Join(slices.Sorted(maps.Keys(set)), "+") }
