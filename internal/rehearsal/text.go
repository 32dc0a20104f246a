// Small phrases for people.

package rehearsal

import (
	"cmp"
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

// tally lists parts by how much they hold, largest first: "service 198, natscluster 51 …".
func tally(parts map[string]*part) string {
	names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(parts[b].done-parts[a].done, cmp.Compare(a, b))
	})
	var phrases []string
	for _, name := range names {
		if parts[name].done > 0 {
			phrases = append(phrases, fmt.Sprintf("%s %d", name, parts[name].done))
		}
	}
	return strings.Join(phrases, ", ")
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
