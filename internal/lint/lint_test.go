package lint

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/toolchain"
)

// write makes a repository of the files given, and opens it.
func write(t *testing.T, files map[string]string) (*repository, *strings.Builder) {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(content), 0o755))
	}
	var out strings.Builder
	r, err := open(root, &out)
	require.NoError(t, err)
	return r, &out
}

func TestAllChecksRunAndReportTogether(t *testing.T) {
	r, out := write(t, nil)
	says := func(findings string, err error) func(context.Context, *repository) (string, error) {
		return func(context.Context, *repository) (string, error) { return findings, err }
	}
	err := r.play(t.Context(), []check{
		{name: "first", run: says("a.go:1: wrong\nb.go:2: wrong too", nil)},
		{name: "second", run: says("", errors.New("second could not look"))},
		{name: "third", run: says("", nil)},
	})
	require.ErrorIs(t, err, ErrFound)
	assert.ErrorContains(t, err, "found by first, second")
	for _, line := range []string{
		"FAIL  first ",
		"      a.go:1: wrong\n      b.go:2: wrong too\n",
		"FAIL  second ",
		"      second could not look\n",
		"ok    third ",
	} {
		assert.Contains(t, out.String(), line)
	}
	assert.NoError(t, r.play(t.Context(), []check{{name: "third", run: says("", nil)}}))
}

func TestGofmtNamesTheFileAndNoBuiltOne(t *testing.T) {
	r, _ := write(t, map[string]string{
		"good.go": "package a\n", "deep/bad.go": "package  b\n",
		".build/bad.go": "package  c\n", "out/bad.go": "package  d\n", "artifacts/bad.go": "package  e\n",
	})
	findings, err := gofmt(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, "deep/bad.go", findings)
}

func TestGofmtThatCannotReadAFileFails(t *testing.T) {
	r, _ := write(t, map[string]string{"broken.go": "package"})
	findings, err := gofmt(t.Context(), r)
	require.Error(t, err)
	assert.Contains(t, findings, "broken.go:1")
}

func TestShellcheckThatIsMissingFailsAndSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r, _ := write(t, nil)
	_, err := shellcheck(t.Context(), r)
	assert.ErrorContains(t, err, "apt-get install shellcheck")
}

func TestActionsAreNamedByCommitAndVersion(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	r, _ := write(t, map[string]string{
		".github/workflows/w.yaml": "steps:\n  - uses: a/tag@v4\n  - uses: ./.github/actions/own\n  - uses: a/good@" +
			commit +
			" # v4.2.2\n  - uses: a/silent@" + commit + "\n",
		".github/actions/own/action.yaml": "steps:\n  - name: x\n    uses: b/short@0123456 # v1.0.0\n",
		"elsewhere.yaml":                  "uses: a/tag@v4\n",
	})
	findings, err := pinned(t.Context(), r)
	require.NoError(t, err)
	var places []string
	for _, line := range strings.Split(findings, "\n") {
		place, _, _ := strings.Cut(line, ": name the commit")
		places = append(places, place)
	}
	assert.ElementsMatch(t, []string{
		".github/workflows/w.yaml:2: a/tag@v4", ".github/workflows/w.yaml:5: a/silent@" + commit,
		".github/actions/own/action.yaml:3: b/short@0123456",
	}, places)
}

func TestWorkflowsInstallThePulumiThatRehearsalsUse(t *testing.T) {
	r, err := open(filepath.Join("..", ".."), &strings.Builder{})
	require.NoError(t, err)
	installs := 0
	for _, file := range r.workflows {
		content, err := os.ReadFile(filepath.Join(r.root, file))
		require.NoError(t, err)
		for _, version := range regexp.MustCompile(`pulumi-version: (\S+)`).FindAllStringSubmatch(string(content), -1) {
			assert.Equal(t, toolchain.PulumiVersion.String(), version[1], file)
			installs++
		}
	}
	assert.Positive(t, installs, "no workflow installs Pulumi")
}

// A stand-in for shellcheck says what it was given, so that this test needs none.
func TestShellcheckSeesTheScriptsAndTheRenderedUserData(t *testing.T) {
	stand := t.TempDir()
	script := "#!/bin/sh\necho \"given $*\"\n[ \"$3\" != - ] || head -2\nexit 1\n"
	require.NoError(t, os.WriteFile(filepath.Join(stand, "shellcheck"), []byte(script), 0o755))
	t.Setenv("PATH", stand+string(os.PathListSeparator)+os.Getenv("PATH"))
	r, _ := write(t, map[string]string{".ci/run": "#!/bin/bash\n", "some/script.sh": "#!/bin/bash\n", "other.txt": ""})

	findings, err := shellcheck(t.Context(), r)
	require.Error(t, err)
	assert.Contains(t, findings, "assets/nats/user-data.sh.tmpl, as rendered:")
	assert.Contains(t, findings, "# First boot of NATS node nats-1")
	assert.Contains(t, findings, "given --color=never -- .ci/run some/script.sh")
}
