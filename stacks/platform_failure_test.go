// What happens when AWS refuses one resource: the update ends, says which one and of which
// component, and nothing is made that stands on it.
package stacks_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

// failure is one resource to be refused, for all of its type in components of one type: the 22
// services are one program 22 times, and a run for each resource would take minutes.
type failure struct{ component, token string }

// failures are the first resource, by name, of each type of child in each type of component.
func failures(t *testing.T, g resourcegraph.Graph) map[failure]resourcegraph.Resource {
	t.Helper()
	byURN := map[string]resourcegraph.Resource{}
	for _, r := range g.Resources {
		byURN[r.URN] = r
	}
	first := map[failure]resourcegraph.Resource{}
	for _, r := range g.Resources {
		parent, child := byURN[r.Parent]
		key := failure{parent.Type, r.Type}
		if previous, known := first[key]; child && (!known || r.Name < previous.Name) {
			first[key] = r
		}
	}
	return first
}

func TestOneRefusedResourceEndsTheUpdateCleanly(t *testing.T) {
	whole := productionGraph(t)
	first := failures(t, whole)
	require.Greater(t, len(first), 60, "component and child types")
	behind := map[string]map[string]bool{}
	for _, r := range whole.Resources {
		behind[r.URN] = whole.Behind(r.URN)
	}
	order := slices.SortedFunc(maps.Keys(first), func(a, b failure) int {
		return strings.Compare(a.component+a.token, b.component+b.token)
	})
	for _, key := range order {
		refused := first[key]
		t.Run(key.component+"/"+key.token, func(t *testing.T) {
			t.Parallel()
			got, err := record(t, nil, resourcegraph.Options{Fail: func(token, name string) error {
				if token == refused.Type && name == refused.Name {
					return resourcegraph.ErrFailed
				}
				return nil
			}})
			require.ErrorContains(t, err, resourcegraph.ErrFailed.Error())
			assert.ErrorContains(t, err, refused.Type+"::"+refused.Name, "which resource")
			assert.ErrorContains(t, err, key.component+"$", "of which component")
			for _, r := range got.Resources {
				assert.False(t, behind[r.URN][refused.URN], "%s stands on %s, which is not there", r.URN, refused.Name)
			}
		})
	}
}

func TestRefusedConfigurationMakesNothing(t *testing.T) {
	g, err := record(t, map[string]string{"natsNodeCount": "4"}, resourcegraph.Options{})
	assert.ErrorContains(t, err, "natsNodeCount")
	assert.Empty(t, g.Resources, g.Types())
}
