// Diff: which inputs changed, and which of them make a new resource.
package localcloud

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

var listIndex = regexp.MustCompile(`\[[^\]]*\]`)

// diff compares what was asked for with what is asked for now, path by path.
func diff(r *row, old, inputs resource.PropertyMap) map[string]plugin.PropertyDiff {
	changes := plugin.NewDetailedDiffFromObjectDiff(old.Diff(inputs), true)
	for path, change := range changes {
		if replaces(r, path) {
			change.Kind = change.Kind.AsReplace()
			changes[path] = change
		}
	}
	return changes
}

// replaces says whether a change at path makes a new resource. A change of a whole object
// ("rootBlockDevice" given for the first time) counts if any path below it does.
func replaces(r *row, path string) bool {
	path = listIndex.ReplaceAllString(path, "")
	for _, forced := range r.replace {
		if path == forced || strings.HasPrefix(path, forced+".") || strings.HasPrefix(forced, path+".") {
			return true
		}
	}
	return false
}
