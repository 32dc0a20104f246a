// Package resourcegraph runs the program without an engine and records what it registers:
// every resource with its inputs, options and dependencies. Tests assert on it, and the
// commands for cost and for the longest chains read it.
package resourcegraph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Resource is one registration.
type Resource struct {
	Type, Name, URN string
	ID              string // empty for components and in a preview
	Parent          string // URN, empty for the stack
	Custom          bool   // a resource of a provider; false for components
	Inputs          resource.PropertyMap
	Outputs         resource.PropertyMap
	Protect         bool
	DependsOn       []string            // URNs, from options and from inputs, sorted
	PropertyDepends map[string][]string // input → URNs that its value comes from
	DeleteFirst     bool                // DeleteBeforeReplace
	IgnoreChanges   []string
}

// Get is an input as plain Go at a dotted path; nil where it is absent or unknown.
func (r Resource) Get(path string) any { return cloud.Lookup(r.Inputs, path) }

// Output is an output as plain Go at a dotted path; nil where it is absent or unknown.
func (r Resource) Output(path string) any { return cloud.Lookup(r.Outputs, path) }

// Text is an input as a string; "" where it is absent, unknown or no string.
func (r Resource) Text(path string) string {
	text, _ := r.Get(path).(string)
	return text
}

// Graph is all that a program registered, in order of arrival: what has been registered
// before something that depends on it comes before it.
type Graph struct {
	Resources []Resource
	Outputs   map[string]any // of the stack, as plain Go; nil for what is unknown
}

// Of are the resources of a type.
func (g Graph) Of(token string) []Resource {
	return slices.DeleteFunc(slices.Clone(g.Resources), func(r Resource) bool { return r.Type != token })
}

// Named is the resource of a type with a logical name; an error if there is none.
func (g Graph) Named(token, name string) (Resource, error) {
	for _, r := range g.Of(token) {
		if r.Name == name {
			return r, nil
		}
	}
	return Resource{}, fmt.Errorf("the graph has no %s named %q", token, name)
}

// Behind are the URNs of all that a resource waits for, directly or through others. What
// has a parent waits for it too: a parent is registered first.
func (g Graph) Behind(urn string) map[string]bool {
	byURN := make(map[string]Resource, len(g.Resources))
	for _, r := range g.Resources {
		byURN[r.URN] = r
	}
	found := map[string]bool{}
	waiting := []string{urn}
	for len(waiting) > 0 {
		r := byURN[waiting[0]]
		waiting = waiting[1:]
		for _, next := range r.waitsFor() {
			if !found[next] {
				found[next] = true
				waiting = append(waiting, next)
			}
		}
	}
	return found
}

// waitsFor are the URNs that must exist before the resource.
func (r Resource) waitsFor() []string {
	if r.Parent == "" {
		return r.DependsOn
	}
	return append(slices.Clone(r.DependsOn), r.Parent)
}

// Types counts the graph's resources by type, for messages.
func (g Graph) Types() string {
	counts := map[string]int{}
	for _, r := range g.Resources {
		counts[r.Type]++
	}
	var lines []string
	for _, token := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%d %s", counts[token], token))
	}
	return strings.Join(lines, ", ")
}
