// The form of NATS subjects that the tables may hold. Tokens stand between dots; "*" is any one
// token, ">" at the end is one or more.

package stacks

import "regexp"

// subjectForm is stricter than the server's own: no spaces or control characters, and a
// wildcard is a whole token.
var subjectForm = regexp.MustCompile(`^([A-Za-z0-9_-]+|\*)(\.([A-Za-z0-9_-]+|\*))*(\.>)?$`)

const subjectAccepts = `tokens of letters, digits, "_" and "-" between dots; "*" as a token, ">" as the last one`
