// Which users a machine has: names in its etc/passwd. All have the ids of the rehearsal's own user.

package machine

import (
	"fmt"
	"os"
	"strings"
)

// hasUser and hasGroup look a name up in the machine's files.
func (m *Machine) hasUser(name string) bool  { return m.entryOf("etc/passwd", name) != nil }
func (m *Machine) hasGroup(name string) bool { return m.entryOf("etc/group", name) != nil }

func (m *Machine) entryOf(file, name string) []string {
	for _, line := range m.lines(file) {
		if fields := strings.Split(line, ":"); fields[0] == name {
			return fields
		}
	}
	return nil
}

// useradd adds a user and a group of its name (useradd(8); exit status 9: the name is in use).
func useradd(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "system", short: "r", takesValue: false},
		option{long: "home-dir", short: "d", takesValue: true},
		option{long: "shell", short: "s", takesValue: true},
		option{
			long:       "no-create-home",
			short:      "M",
			takesValue: false,
		},
		option{long: "user-group", short: "U", takesValue: false},
		option{long: "comment", short: "c", takesValue: true},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 || !given.has("system") {
		return failure(2, "stand-in for useradd: write useradd --system [options] NAME")
	}
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	name := given.rest[0]
	if b.m.hasUser(name) {
		return failure(9, "useradd: user '%s' already exists", name)
	}
	home, shell := given.value("home-dir"), given.value("shell")
	if home == "" {
		home = "/home/" + name
	}
	if shell == "" {
		shell = "/bin/sh"
	}
	user := fmt.Sprintf("%s:x:%d:%d:%s:%s:%s\n", name, os.Getuid(), os.Getgid(), given.value("comment"), home, shell)
	group := fmt.Sprintf("%s:x:%d:\n", name, os.Getgid())
	for file, line := range map[string]string{"etc/passwd": user, "etc/group": group} {
		if err := appendTo(b.m.path(file), line); err != nil {
			return failure(1, "useradd: cannot write /%s: %v", file, err)
		}
	}
	return reply{}
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(text); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// id prints the ids of the rehearsal's own user (id(1)); without a name the caller is root.
func id(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "user", short: "u", takesValue: false},
		option{long: "group", short: "g", takesValue: false},
		option{long: "name", short: "n", takesValue: false},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	name := "root"
	if len(given.rest) > 0 {
		name = given.rest[0]
	}
	if !b.m.hasUser(name) {
		return failure(1, "id: ‘%s’: no such user", name)
	}
	user, group := os.Getuid(), os.Getgid()
	switch {
	case given.has("name") && (given.has("user") || given.has("group")):
		return output("%s\n", name)
	case given.has("user"):
		return output("%d\n", user)
	case given.has("group"):
		return output("%d\n", group)
	}
	return output("uid=%d(%s) gid=%d(%s) groups=%d(%s)\n", user, name, group, name, group, name)
}
