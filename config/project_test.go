package config_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
)

var update = flag.Bool("update", false, "write Pulumi.yaml from the table of keys")

const projectFile = "../Pulumi.yaml"

// projectText is Pulumi.yaml as the table of keys says it. aws:region is the provider's key:
// Pulumi takes no type or default for it.
func projectText(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(
		"# The project and every configuration key that a stack may set. The block config is generated from the\n" +
			"# table in config/keys.go: go test ./config -run TestProjectFile -update\n" +
			"name: " + config.Project + "\nruntime: go\n" +
			"description: Redis, NATS, 22 services and their gateway on AWS\nconfig:\n",
	)
	for _, key := range config.Keys {
		if strings.Contains(key.Name, ":") {
			continue
		}
		byDefault, err := json.Marshal(key.Default)
		require.NoError(t, err)
		fmt.Fprintf(&text, "  %s:\n    type: %s\n", key.Name, key.Type)
		if key.Type == config.Array {
			fmt.Fprintf(&text, "    items:\n      type: %s\n", key.Items)
		}
		fmt.Fprintf(&text, "    default: %s\n    description: %q\n", byDefault, key.Text())
	}
	return text.String()
}

func TestProjectFileIsTheTableOfKeys(t *testing.T) {
	want := projectText(t)
	if *update {
		require.NoError(t, os.WriteFile(projectFile, []byte(want), 0o644))
	}
	got, err := os.ReadFile(projectFile)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "run go test ./config -run TestProjectFile -update")
}

func TestProjectFileIsTakenByTheEngine(t *testing.T) {
	project, err := workspace.LoadProject(projectFile)
	require.NoError(t, err)
	assert.EqualValues(t, "nats-platform", project.Name)
	assert.Equal(t, "go", project.Runtime.Name())
	require.Len(t, project.Config, len(config.Keys)-1, "all keys but aws:region")
	for _, key := range config.Keys {
		if strings.Contains(key.Name, ":") {
			continue
		}
		declared := project.Config[key.Name]
		assert.Equal(t, string(key.Type), declared.TypeName(), key.Name)
		assert.NotNil(
			t,
			declared.Default,
			"%s: without a default the engine refuses the stack before Validate can tell all faults",
			key.Name,
		)
	}
}
