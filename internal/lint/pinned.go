// Actions of others run with the workflow's permissions: each is named by the commit that was
// looked at, and not by a tag that can be moved. actionlint does not ask for that.

package lint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	usesLine   = regexp.MustCompile(`^\s*(?:- )?uses:\s*(\S+)(.*)$`)
	pinnedUses = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	versionTag = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

func pinned(_ context.Context, r *repository) (string, error) {
	var faults []string
	for _, file := range r.workflows {
		content, err := os.ReadFile(filepath.Join(r.root, file))
		if err != nil {
			return "", fmt.Errorf("looking for actions that are not pinned: %w", err)
		}
		for i, line := range strings.Split(string(content), "\n") {
			uses := usesLine.FindStringSubmatch(line)
			if uses == nil || strings.HasPrefix(uses[1], "./") ||
				(pinnedUses.MatchString(uses[1]) && versionTag.MatchString(uses[2])) {
				continue
			}
			faults = append(
				faults,
				fmt.Sprintf(
					"%s:%d: %s: name the commit (40 hexadecimal digits) and, behind it, the version as \" # v1.2.3\"",
					file,
					i+1,
					uses[1],
				),
			)
		}
	}
	return strings.Join(faults, "\n"), nil
}
