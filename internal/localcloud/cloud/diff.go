// Diff: which inputs changed, and which changes replace the resource.
package cloud

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

var listIndex = regexp.MustCompile(`\[[^\]]*\]`)

// Diff compares the old inputs with the new ones, path by path.
func Diff(r *Row, old, inputs resource.PropertyMap) map[string]plugin.PropertyDiff {
	changes := plugin.NewDetailedDiffFromObjectDiff(old.Diff(inputs), true)
	for path, change := range changes {
		if Replaces(r, path) {
			change.Kind = change.Kind.AsReplace()
			changes[path] = change
		}
	}
	return changes
}

// Replaces says whether a change at a path replaces the resource. A change of an object
// ("rootBlockDevice" given for the first time) counts if a change of any path below it does.
func Replaces(r *Row, path string) bool {
	path = listIndex.ReplaceAllString(path, "")
	for _, forced := range r.Replace {
		if path == forced || strings.HasPrefix(path, forced+".") || strings.HasPrefix(forced, path+".") {
			return true
		}
	}
	return false
}
