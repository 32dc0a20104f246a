// What several groups of rows share: chains of judgements, ids that must not collide, KMS
// keys that must be usable, JSON that must parse, numbers that must lie in a range.
package localcloud

import (
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
)

// judgement accepts a call or says what AWS would answer to it.
type judgement func(*call) error

// inTurn asks several judgements and returns the first refusal.
func inTurn(judgements ...judgement) func(*call) error {
	return func(c *call) error {
		for _, judge := range judgements {
			if err := judge(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// madeAtCreation are outputs that beforeCreate has set already: listed in a row so that a
// preview shows them as unknown.
func madeAtCreation(keys ...string) map[string]value {
	values := map[string]value{}
	for _, key := range keys {
		values[key] = same(key)
	}
	return values
}

// join merges maps of outputs; a later map wins.
func join(maps ...map[string]value) map[string]value {
	all := map[string]value{}
	for _, m := range maps {
		for key, v := range m {
			all[key] = v
		}
	}
	return all
}

// freeID is the provider's id, or another one where a record holds that id already. The provider
// gives two resources one id where it has a second key in its own state (the policy "cpu" of
// two services) or where a replacement is made before its predecessor goes; records are kept
// by id alone.
func freeID(preferred, otherwise string) value {
	return func(c *call) any {
		id := c.expand(preferred)
		if c.tx.find(c.row.token, "", id) == nil {
			return id
		}
		return c.expand(otherwise)
	}
}

// lastOf is what follows the last separator; all of it where there is none.
func lastOf(s, separator string) string {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[at+len(separator):]
	}
	return s
}

// errorf is fmt.Errorf for AWS's own texts, which begin with a capital and end with a period.
func errorf(format string, arguments ...any) error { return fmt.Errorf(format, arguments...) }

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// sameSet compares lists that stand for sets.
func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
