package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
)

const project = `name: demo
runtime: go
config:
  count: {type: integer, default: 3}
  flag: {type: boolean, default: true}
  text: {type: string, default: ""}
  list: {type: array, items: {type: string}, default: [a]}
  map: {type: object, default: {}}
`

func write(t *testing.T, stack string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "Pulumi.yaml"), []byte(project), 0o600))
	file := filepath.Join(folder, "Pulumi.test.yaml")
	require.NoError(t, os.WriteFile(file, []byte(stack), 0o600))
	return file
}

func TestValuesAreThoseOfTheStackOverTheDefaults(t *testing.T) {
	raw, err := config.LoadShipped(
		write(t, "config:\n  aws:region: us-east-1\n  demo:count: 5\n  demo:map: {quest: \"1.0\"}\n  demo:other: x\n"),
	)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"aws:region": "us-east-1",
		"demo:count": "5",
		"demo:flag":  "true",
		"demo:text":  "",
		"demo:list":  `["a"]`,
		"demo:map":   `{"quest":"1.0"}`,
		"demo:other": "x",
	}, raw)
}

func TestWrongFileIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ stack, want string }{
		"wrong type":      {stack: "config:\n  demo:count: many\n", want: "demo:count: expected integer, got many"},
		"wrong item":      {stack: "config:\n  demo:list: [1]\n", want: "demo:list: expected array<string>"},
		"list as text":    {stack: "config:\n  demo:list: a\n", want: "demo:list: expected array"},
		"encrypted value": {stack: "config:\n  demo:text: {secure: v1:abc}\n", want: "demo:text is encrypted"},
		"malformed":       {stack: "config: [", want: "Pulumi.test.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.LoadShipped(write(t, test.stack))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestMissingFileIsRefused(t *testing.T) {
	_, err := config.LoadShipped(filepath.Join(filepath.Dir(write(t, "")), "Pulumi.none.yaml"))
	assert.ErrorContains(t, err, "Pulumi.none.yaml")
}
