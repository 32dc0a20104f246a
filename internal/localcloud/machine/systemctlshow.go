// The verbs of systemctl that only look.

package machine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// eachState prints one word for each unit, with --quiet none; the status is 0 if good holds for one
// of them.
func eachState(
	b *boot,
	given arguments,
	names []string,
	bad int,
	word func(UnitStatus) string,
	good func(UnitStatus) bool,
) reply {
	answer := reply{Status: bad}
	for _, name := range names {
		s := b.unit(name).status()
		if !given.has("quiet") {
			answer.Out = fmt.Appendf(answer.Out, "%s\n", word(s))
		}
		if good(s) {
			answer.Status = 0
		}
	}
	return answer
}

func isActive(b *boot, given arguments, names []string) reply {
	return eachState(
		b,
		given,
		names,
		3,
		func(s UnitStatus) string { return s.State },
		func(s UnitStatus) bool { return s.Active },
	)
}

func isFailed(b *boot, given arguments, names []string) reply {
	return eachState(
		b,
		given,
		names,
		1,
		func(s UnitStatus) string { return s.State },
		func(s UnitStatus) bool { return s.State == "failed" },
	)
}

func isEnabled(b *boot, given arguments, names []string) reply {
	return eachState(b, given, names, 1, fileState, func(s UnitStatus) bool { return s.Enabled })
}

func fileState(s UnitStatus) string {
	return map[bool]string{true: "enabled", false: "disabled"}[s.Enabled]
}

// properties are what show can show.
var properties = map[string]func(name string, s UnitStatus) string{
	"ActiveState":    func(_ string, s UnitStatus) string { return s.State },
	"ExecMainStatus": func(_ string, s UnitStatus) string { return strconv.Itoa(s.ExitStatus) },
	"Id":             func(name string, _ UnitStatus) string { return name },
	"LoadState":      func(_ string, s UnitStatus) string { return loadState(s) },
	"MainPID":        func(_ string, s UnitStatus) string { return strconv.Itoa(s.MainPID) },
	"NRestarts":      func(_ string, s UnitStatus) string { return strconv.Itoa(s.Restarts) },
	"Result":         func(_ string, s UnitStatus) string { return s.Result },
	"SubState":       func(_ string, s UnitStatus) string { return s.SubState },
	"UnitFileState":  func(_ string, s UnitStatus) string { return fileState(s) },
}

func loadState(s UnitStatus) string {
	return map[bool]string{true: "loaded", false: "not-found"}[s.Loaded]
}

func show(b *boot, given arguments, names []string) reply {
	var answer reply
	wanted := strings.Split(strings.Join(given.options["property"], ","), ",")
	for _, name := range names {
		s := b.unit(name).status()
		for _, property := range wanted {
			read, known := properties[property]
			if !known {
				return failure(
					1,
					"stand-in for systemctl does not know the property %q: it knows %s",
					property,
					strings.Join(slices.Sorted(maps.Keys(properties)), ", "),
				)
			}
			if !given.has("value") {
				answer.Out = append(answer.Out, property+"="...)
			}
			answer.Out = fmt.Appendf(answer.Out, "%s\n", read(name, s))
		}
	}
	return answer
}

// status is for people: exit status 0 active, 3 not, 4 no such unit (systemctl(1), "EXIT STATUS").
func status(b *boot, given arguments, names []string) reply {
	lines, err := 10, error(nil)
	if given.has("lines") {
		if lines, err = strconv.Atoi(given.value("lines")); err != nil {
			return failure(1, "stand-in for systemctl: --lines %v", err)
		}
	}
	var answer reply
	for _, name := range names {
		u := b.unit(name)
		s := u.status()
		if !s.Loaded {
			return failure(4, "Unit %s could not be found.", name)
		}
		if !s.Active {
			answer.Status = 3
		}
		answer.Out = fmt.Appendf(
			answer.Out,
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
		answer.Out = append(answer.Out, strings.Join(noted[max(0, len(noted)-1-lines):], "")...)
	}
	return answer
}
