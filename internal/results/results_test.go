package results_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/results"
)

func TestAFailedWriteLeavesTheOldResults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out", "seen.json")
	require.NoError(t, results.Write(file, []string{"one"}))
	require.ErrorContains(t, results.Write(file, func() {}), file)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `["one"]`, string(content))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{file}, left, "nothing unfinished lies about")
}
