// What the rows of several services share: chains of preconditions, outputs, ids that must not
// collide, texts.
package cloud

import (
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
)

// Precondition accepts a call, or returns the error with which AWS would refuse it.
type Precondition func(*Call) error

// InTurn checks several preconditions and returns the first refusal.
func InTurn(preconditions ...Precondition) func(*Call) error {
	return func(c *Call) error {
		for _, check := range preconditions {
			if err := check(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// MadeAtCreation are outputs that BeforeCreate has set already. A row lists them so that they are
// unknown in a preview.
func MadeAtCreation(keys ...string) map[string]Value {
	values := map[string]Value{}
	for _, key := range keys {
		values[key] = copyOf(key)
	}
	return values
}

// Join merges maps of outputs; a later map wins.
func Join(maps ...map[string]Value) map[string]Value {
	all := map[string]Value{}
	for _, m := range maps {
		for key, v := range m {
			all[key] = v
		}
	}
	return all
}

// FreeID is the provider's id, or another one where a record has that id already; both are
// templates (see Text). The provider gives two resources one id where its own state has a second
// key (the policy "cpu" of two services), or where a replacement is created before its predecessor
// is deleted. Here records are kept by id alone.
func FreeID(preferred, otherwise string) Value {
	return func(c *Call) any {
		id := c.Expand(preferred)
		if c.Tx.Find(c.Row.Token, "", id) == nil {
			return id
		}
		return c.Expand(otherwise)
	}
}

// AfterLast returns what follows the last separator; all of s where there is none.
func AfterLast(s, separator string) string {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[at+len(separator):]
	}
	return s
}

// Errorf is fmt.Errorf for AWS's own texts: linters do not know it, so a text may begin with a
// capital and end with a period.
func Errorf(format string, arguments ...any) error { return fmt.Errorf(format, arguments...) }

// EncodePEM returns a PEM block of a kind, for example "CERTIFICATE".
func EncodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// SameSet compares two lists as sets: order and repetitions do not count.
func SameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
