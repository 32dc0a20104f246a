package toolchain

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// toolModule writes a module whose one command comes from a module next to it, so that a build
// needs no network.
func toolModule(t *testing.T, source string) (root string, tool Tool) {
	t.Helper()
	root = t.TempDir()
	for file, content := range map[string]string{
		"tools/greet/go.mod": "module example.com/tools\n\ngo 1.26.0\n\nrequire example.com/greet v1.2.3\n\n" +
			"replace example.com/greet => ../../greet\n",
		"greet/go.mod":  "module example.com/greet\n\ngo 1.26.0\n",
		"greet/main.go": source,
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, file), []byte(content), 0o644))
	}
	return root, Tool{Folder: "tools/greet", Module: "example.com/greet", Command: "example.com/greet"}
}

func TestAToolIsBuiltOnceForThePinnedVersion(t *testing.T) {
	root, tool := toolModule(t, "package main\n\nfunc main() { print(\"hello\") }\n")
	var progress strings.Builder

	binary, err := tool.Find(t.Context(), root, &progress)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, ".build", "greet-v1.2.3", "greet"), binary)
	assert.Contains(t, progress.String(), "building greet v1.2.3 once from tools/greet")
	said, err := exec.CommandContext(t.Context(), binary).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "hello", string(said))

	progress.Reset()
	again, err := tool.Find(t.Context(), root, &progress)
	require.NoError(t, err)
	assert.Equal(t, binary, again)
	assert.Empty(t, progress.String(), "it was built a second time")
}

func TestABuildThatFailsSaysWhyAndLeavesNothing(t *testing.T) {
	root, tool := toolModule(t, "package main\n\nfunc main() { missing() }\n")
	_, err := tool.Find(t.Context(), root, &strings.Builder{})
	assert.ErrorContains(t, err, "undefined: missing")
	assert.NoFileExists(t, filepath.Join(root, ".build", "greet-v1.2.3", "greet"))
}

func TestAModuleThatIsNotPinnedIsNamed(t *testing.T) {
	root, tool := toolModule(t, "package main\n\nfunc main() {}\n")
	tool.Module = "example.com/other"
	_, err := tool.Find(t.Context(), root, &strings.Builder{})
	assert.ErrorContains(t, err, "reading which version of example.com/other tools/greet/go.mod pins")
}
