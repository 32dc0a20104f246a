// NATS subjects: their form, and when one covers or meets another. Tokens stand between dots;
// "*" is any one token, ">" at the end is one or more.

package stacks

import (
	"regexp"
	"strings"
)

// subjectForm is stricter than the server's own: no spaces or control characters, and a
// wildcard is a whole token.
var subjectForm = regexp.MustCompile(`^([A-Za-z0-9_-]+|\*)(\.([A-Za-z0-9_-]+|\*))*(\.>)?$`)

const subjectAccepts = `tokens of letters, digits, "_" and "-" between dots; "*" as a token, ">" as the last one`

// covers says whether every subject that narrow matches is matched by wide too.
func covers(wide, narrow string) bool {
	w, n := strings.Split(wide, "."), strings.Split(narrow, ".")
	for i, token := range w {
		switch {
		case i >= len(n):
			return false
		case token == ">":
			return true
		case n[i] == ">", token != "*" && token != n[i]:
			return false
		}
	}
	return len(w) == len(n)
}

// meet says whether some subject is matched by both.
func meet(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		switch {
		case x[i] == ">" || y[i] == ">":
			return true
		case x[i] != "*" && y[i] != "*" && x[i] != y[i]:
			return false
		}
	}
	return len(x) == len(y)
}
