// The verbs of systemctl that only read: is-active, status and the like.

package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// isActive prints one word for each unit, with --quiet none; the status is 0 if one of them is
// active.
func isActive(b *boot, given arguments, names []string) reply {
	result := reply{Status: 3}
	for _, name := range names {
		s := b.unit(name).status()
		if !given.has("quiet") {
			result.Out = fmt.Appendf(result.Out, "%s\n", s.State)
		}
		if s.Active {
			result.Status = 0
		}
	}
	return result
}

func fileState(s UnitStatus) string {
	return map[bool]string{true: "enabled", false: "disabled"}[s.Enabled]
}

// status is for people: exit status 0 active, 3 not, 4 no such unit (systemctl(1), "EXIT STATUS").
func status(b *boot, given arguments, names []string) reply {
	lines, err := 10, error(nil)
	if given.has("lines") {
		if lines, err = strconv.Atoi(given.value("lines")); err != nil {
			return failure(1, "stand-in for systemctl: --lines %v", err)
		}
	}
	var result reply
	for _, name := range names {
		u := b.unit(name)
		s := u.status()
		if !s.Loaded {
			return failure(4, "Unit %s could not be found.", name)
		}
		if !s.Active {
			result.Status = 3
		}
		result.Out = fmt.Appendf(
			result.Out,
			"%s\n     Loaded: loaded (/%s/%s; %s)\n     Active: %s (%s), result %s\n   Main PID: %d\n\n",
			u.title(),
			unitFolder,
			name,
			fileState(s),
			s.State,
			s.SubState,
			s.Result,
			s.MainPID,
		)
		noted := strings.SplitAfter(u.journal.String(), "\n")
		result.Out = append(result.Out, strings.Join(noted[max(0, len(noted)-1-lines):], "")...)
	}
	return result
}
