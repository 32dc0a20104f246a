// The bytes of what is built are its name, in the bucket and in user-data: they must not depend on
// where it is built.

package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leftOut is what a checkout does not hold, or what other steps make: no artifact is built from it.
var leftOut = []string{".git", ".build", "artifacts", "out"}

// checkout copies the repository's files into a folder of another name.
func checkout(t *testing.T, name string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), name)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		excluded := slices.Contains(leftOut, relative)
		switch {
		case excluded && entry.IsDir():
			return filepath.SkipDir
		case excluded: // .git is a file in a worktree
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(target, relative), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, relative), content, 0o644)
	}))
	return target
}

// The digest of nats-server names it in the bucket and in user-data: another digest for the same
// sources would roll five nodes.
func TestTwoBuildsInDifferentFoldersAreTheSameBytes(t *testing.T) {
	built := map[string][2][]byte{}
	for i, name := range []string{"one", "another/and-deeper"} {
		folder := filepath.Join(t.TempDir(), "artifacts")
		require.NoError(t, BuildArtifacts(t.Context(), checkout(t, name), folder))
		for _, file := range []string{ServerFile, NodeFile, ControllerFile} {
			content, err := os.ReadFile(filepath.Join(folder, file))
			require.NoError(t, err)
			pair := built[file]
			pair[i] = content
			built[file] = pair
		}
	}
	for file, pair := range built {
		assert.NotEmpty(t, pair[0], file)
		assert.True(
			t,
			string(pair[0]) == string(pair[1]),
			"%s has %d bytes in one folder and %d other ones in the second",
			file,
			len(pair[0]),
			len(pair[1]),
		)
		assert.False(t, strings.Contains(string(pair[0]), "and-deeper"), "%s reveals where it was built", file)
	}
}
