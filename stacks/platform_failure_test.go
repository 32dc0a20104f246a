// What happens when AWS refuses one resource: the update ends, says which one and of which
// component, and nothing is made that stands on it.

package stacks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

// children are the resources to be refused, one at a time: every child of every component, but
// where a component stands many times (services, identities) those of its first one, for the
// others are the same code.
func children(g resourcegraph.Graph) []resourcegraph.Resource {
	byURN := map[string]resourcegraph.Resource{}
	for _, r := range g.Resources {
		byURN[r.URN] = r
	}
	first := map[string]string{} // component type → the first one's name
	for _, r := range g.Resources {
		if name, known := first[r.Type]; !known || r.Name < name {
			first[r.Type] = r.Name
		}
	}
	var found []resourcegraph.Resource
	for _, r := range g.Resources {
		if parent, child := byURN[r.Parent]; child && parent.Name == first[parent.Type] {
			found = append(found, r)
		}
	}
	return found
}

func TestOneRefusedResourceEndsTheUpdateCleanly(t *testing.T) {
	whole := productionGraph(t)
	refusals := children(whole)
	require.Greater(t, len(refusals), 250, "children of components")
	behind := map[string]map[string]bool{}
	for _, r := range whole.Resources {
		behind[r.URN] = whole.Behind(r.URN)
	}
	for _, refused := range refusals {
		t.Run(refused.Name, func(t *testing.T) {
			t.Parallel()
			got, err := record(t, nil, resourcegraph.Options{Fail: func(token, name string) error {
				if token == refused.Type && name == refused.Name {
					return resourcegraph.ErrFailed
				}
				return nil
			}})
			require.ErrorContains(t, err, resourcegraph.ErrFailed.Error())
			assert.ErrorContains(t, err, refused.Type+"::"+refused.Name, "which resource")
			assert.ErrorContains(t, err, componentOf(refused)+"$", "of which component")
			for _, r := range got.Resources {
				assert.False(t, behind[r.URN][refused.URN], "%s stands on %s, which is not there", r.URN, refused.Name)
			}
		})
	}
}

// componentOf is the type of a resource's parent, which its URN names before its own, after a "$".
func componentOf(r resourcegraph.Resource) string {
	types := strings.Split(strings.Split(r.URN, "::")[2], "$")
	return types[len(types)-2]
}

func TestRefusedConfigurationMakesNothing(t *testing.T) {
	g, err := record(t, map[string]string{"natsNodeCount": "4"}, resourcegraph.Options{})
	assert.ErrorContains(t, err, "natsNodeCount")
	assert.Empty(t, g.Resources, g.Types())
}
