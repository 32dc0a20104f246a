// What an upgrade must not lose sight of: the type, name, parent and protection of every resource.
// A change of one of the first three makes Pulumi delete the resource and create another.

package stacks_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

// registrationsFile is reviewed like code: a line that changes belongs into CHANGELOG.
const registrationsFile = "testdata/production.registrations.txt"

var updateRegistrations = flag.Bool("update-registrations", false, "write "+registrationsFile)

// registrations is production with everything that a configuration adds to it: a public name, the
// verification, a legacy system.
func registrations(t *testing.T) string {
	t.Helper()
	graph, err := record(t, map[string]string{
		"alarmEmails":          `["platform@example.com"]`,
		"gatewayDomain":        "api.example.com",
		"gatewayHostedZoneId":  "Z0123456789",
		"verificationImage":    "verification-1.0.0",
		"legacyTargetGroupArn": legacyTargetGroup,
		"legacyPort":           "8080",
		"legacyUrl":            "http://legacy.prod.internal:8081",
		"natsWeight":           "10",
		"shadowPercent":        "50",
	}, resourcegraph.Options{Prepare: outside})
	require.NoError(t, err)
	var lines []string
	for _, r := range graph.Resources {
		line := fmt.Sprintf("%s %s in %s", r.Type, r.Name, parentOf(r))
		if r.Protect {
			line += ", protected"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	for _, name := range slices.Sorted(maps.Keys(graph.Outputs)) {
		lines = append(lines, "output "+name)
	}
	return strings.Join(lines, "\n") + "\n"
}

// parentOf is the logical name of a resource's parent.
func parentOf(r resourcegraph.Resource) string {
	parts := strings.Split(r.Parent, "::")
	if r.Parent == "" || strings.HasPrefix(parts[len(parts)-2], "pulumi:pulumi:Stack") {
		return "the stack"
	}
	return parts[len(parts)-1]
}

func TestNoResourceChangesItsTypeNameParentOrProtection(t *testing.T) {
	got := registrations(t)
	if *updateRegistrations {
		require.NoError(t, os.WriteFile(registrationsFile, []byte(got), 0o644))
	}
	want, err := os.ReadFile(registrationsFile)
	require.NoError(t, err)
	have, had := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	without := func(lines, others []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
	}
	assert.Empty(t, without(had, have), "production loses these; is CHANGELOG to list it? Then write the list: "+
		"go test ./stacks -run TestNoResource -update-registrations")
	assert.Empty(t, without(have, had), "production gains these; is CHANGELOG to list it? Then write the list: "+
		"go test ./stacks -run TestNoResource -update-registrations")
	assert.Len(t, have, len(had), "a resource is registered once")
}
