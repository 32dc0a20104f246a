// The subjects: their form, and when one subject covers or meets another. Rights and the rules of
// the tables build on it. Tokens are between dots; "*" is any one token, ">" at the end is one or
// more (NATS documentation, "Subject-Based Messaging").

package catalog

import (
	"regexp"
	"strings"
)

// SubjectForm matches the subjects that the tables may hold. It is stricter than the server's own
// rule: there are no spaces or control characters, and a wildcard is a token by itself.
var SubjectForm = regexp.MustCompile(`^([A-Za-z0-9_-]+|\*)(\.([A-Za-z0-9_-]+|\*))*(\.>)?$`)

// SubjectAccepts is SubjectForm in words, for messages.
const SubjectAccepts = `tokens of letters, digits, "_" and "-" between dots; "*" as a token, ">" as the last one`

// Covers reports whether every subject that narrow matches is matched by wide too.
func Covers(wide, narrow string) bool {
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

// Meet reports whether a subject exists that both match.
func Meet(a, b string) bool {
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
