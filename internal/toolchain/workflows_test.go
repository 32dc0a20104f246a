// GitHub's workflows are tested here where actionlint does not look (make lint).

package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// workflows are the contents of all workflows and actions of the repository, by name.
func workflows(t *testing.T) map[string]string {
	t.Helper()
	contents := map[string]string{}
	for _, pattern := range []string{"workflows/*.yaml", "actions/*/action.yaml"} {
		found, err := filepath.Glob(filepath.Join("..", "..", ".github", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, name := range found {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			contents[name] = string(content)
		}
	}
	return contents
}

var (
	usesLine   = regexp.MustCompile(`^\s*(?:- )?uses:\s*(\S+)(.*)$`)
	pinnedUses = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	versionTag = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

// unpinned are the places where a workflow uses an action of others by anything but a commit and
// its version. Such an action runs with the workflow's permissions, and a tag can be moved.
func unpinned(name, content string) (places []string) {
	for i, line := range strings.Split(content, "\n") {
		uses := usesLine.FindStringSubmatch(line)
		if uses == nil || strings.HasPrefix(uses[1], "./") ||
			(pinnedUses.MatchString(uses[1]) && versionTag.MatchString(uses[2])) {
			continue
		}
		places = append(places, fmt.Sprintf("%s:%d: %s", name, i+1, uses[1]))
	}
	return places
}

func TestEveryActionIsPinnedToACommitWithItsVersion(t *testing.T) {
	for name, content := range workflows(t) {
		assert.Empty(
			t,
			unpinned(name, content),
			`name the commit (40 hexadecimal digits) and, behind it, the version as " # v1.2.3"`,
		)
	}
}

func TestATagOrACommitWithoutItsVersionIsNotPinned(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	assert.Equal(
		t,
		[]string{"w:2: a/tag@v4", "w:5: a/silent@" + commit, "w:6: b/short@0123456"},
		unpinned("w", "steps:\n"+
			"  - uses: a/tag@v4\n"+
			"  - uses: ./.github/actions/own\n"+
			"  - uses: a/good@"+commit+" # v4.2.2\n"+
			"  - uses: a/silent@"+commit+"\n"+
			"    uses: b/short@0123456 # v1.0.0\n"),
	)
}

func TestWorkflowsInstallThePulumiThatRehearsalsUse(t *testing.T) {
	installs := 0
	for name, content := range workflows(t) {
		for _, version := range regexp.MustCompile(`pulumi-version: (\S+)`).FindAllStringSubmatch(content, -1) {
			assert.Equal(t, PulumiVersion.String(), version[1], name)
			installs++
		}
	}
	assert.Positive(t, installs, "no workflow installs Pulumi")
}
