// Which commands this package implements for the stand-ins, and how it reads their options.

package machine

import (
	"fmt"
	"strings"
)

// commands are the commands of this package. Options.Command runs all others.
var commands map[string]func(b *boot, call request) reply

func init() {
	commands = map[string]func(*boot, request) reply{
		"blkid":      blkid,
		"id":         id,
		"lsblk":      lsblk,
		"mkfs.xfs":   makeXFS,
		"mount":      mount,
		"mountpoint": mountpoint,
		"xfs_growfs": growFileSystem,
		"systemctl":  systemctl,
		"umount":     umount,
		"useradd":    useradd,
	}
}

// option is one that a stand-in knows; takesValue as in --output NAME.
type option struct {
	long, short string
	takesValue  bool
}

// arguments holds the given options, by their long names, and the other arguments.
type arguments struct {
	options map[string][]string
	rest    []string
}

func (a arguments) has(long string) bool { return a.options[long] != nil }

// value returns the option's last value; "" if the option was not given.
func (a arguments) value(long string) string {
	if values := a.options[long]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// read sorts the arguments of a command. An unknown option is an error: ignoring it would look as
// if it had an effect.
func read(argv []string, known ...option) (arguments, error) {
	found := arguments{options: map[string][]string{}}
	given := argv[1:]
	for len(given) > 0 {
		word := given[0]
		given = given[1:]
		if word == "-" || !strings.HasPrefix(word, "-") {
			found.rest = append(found.rest, word)
			continue
		}
		if word == "--" {
			found.rest = append(found.rest, given...)
			break
		}
		name, value, hasValue := word, "", false
		if strings.HasPrefix(word, "--") {
			name, value, hasValue = strings.Cut(word, "=")
		}
		o, ok := lookUp(known, name)
		if !ok {
			return found, fmt.Errorf("stand-in for %s does not know %s", argv[0], name)
		}
		if o.takesValue && !hasValue {
			if len(given) == 0 {
				return found, fmt.Errorf("%s: option %s needs a value", argv[0], name)
			}
			value, given = given[0], given[1:]
		} else if !o.takesValue && hasValue {
			return found, fmt.Errorf("%s: option %s takes no value", argv[0], name)
		}
		found.options[o.long] = append(found.options[o.long], value)
	}
	return found, nil
}

func lookUp(known []option, name string) (option, bool) {
	for _, o := range known {
		if name == "--"+o.long || o.short != "" && name == "-"+o.short {
			return o, true
		}
	}
	return option{}, false
}
