package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/cli"
)

func TestAFailedWriteLeavesTheOldResults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out", "seen.json")
	require.NoError(t, cli.WriteResults(file, []string{"one"}))
	require.ErrorContains(t, cli.WriteResults(file, func() {}), file)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `["one"]`, string(content))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{file}, left, "nothing unfinished lies about")
}
