package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/cli"
)

func TestTheRootIsFoundFromAnywhereBelow(t *testing.T) {
	below, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	deep := filepath.Join(below, "a", "b")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	t.Chdir(deep)
	_, err = cli.Root()
	require.ErrorContains(t, err, "no Pulumi.yaml")

	require.NoError(t, os.WriteFile(filepath.Join(below, "Pulumi.yaml"), nil, 0o600))
	root, err := cli.Root()
	require.NoError(t, err)
	assert.Equal(t, below, root)
}
