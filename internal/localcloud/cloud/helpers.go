// What several groups of rows share: chains of judgements, ids that must not collide, KMS
// keys that must be usable, JSON that must parse, numbers that must lie in a range.
package cloud

import (
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
)

// Precondition accepts a call or says what AWS would answer to it.
type Precondition func(*Call) error

// InTurn asks several judgements and returns the first refusal.
func InTurn(judgements ...Precondition) func(*Call) error {
	return func(c *Call) error {
		for _, judge := range judgements {
			if err := judge(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// MadeAtCreation are outputs that beforeCreate has set already: listed in a row so that a
// preview shows them as unknown.
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

// FreeID is the provider's id, or another one where a record holds that id already. The provider
// gives two resources one id where it has a second key in its own state (the policy "cpu" of
// two services) or where a replacement is made before its predecessor goes; records are kept
// by id alone.
func FreeID(preferred, otherwise string) Value {
	return func(c *Call) any {
		id := c.Expand(preferred)
		if c.Tx.Find(c.Row.Token, "", id) == nil {
			return id
		}
		return c.Expand(otherwise)
	}
}

// AfterLast is what follows the last separator; all of it where there is none.
func AfterLast(s, separator string) string {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[at+len(separator):]
	}
	return s
}

// Errorf is fmt.Errorf for AWS's own texts, which begin with a capital and end with a period.
func Errorf(format string, arguments ...any) error { return fmt.Errorf(format, arguments...) }

func EncodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// SameSet compares lists that stand for sets.
func SameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
