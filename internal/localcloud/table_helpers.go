// What several groups of rows share: chains of judgements, ids that must not collide, KMS
// keys that must be usable, JSON that must parse, numbers that must lie in a range.
package localcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
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

// checks joins several plan-time checks; all their faults are reported.
func checks(parts ...func(*call) []fault) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, part := range parts {
			faults = append(faults, part(c)...)
		}
		return faults
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
		if c.cloud.find(c.row.token, "", id) == nil {
			return id
		}
		return c.expand(otherwise)
	}
}

// needsKey refuses a KMS key that does not exist, is disabled or waits for its deletion. The input
// may be an id, an ARN, an alias or an alias's ARN. missing is AWS's error; {value} is the input.
func needsKey(path, missing string) judgement {
	return func(c *call) error {
		for _, name := range c.all(path) {
			if strings.Contains(name, "alias/aws/") {
				continue
			}
			key := c.cloud.key(name)
			if key == nil {
				if pending := c.cloud.find(pendingKeyType, "", lastOf(name, "/")); pending != nil {
					return fmt.Errorf("KMSInvalidStateException: %s is pending deletion.", pending.str("arn"))
				}
				return errors.New(strings.ReplaceAll(missing, "{value}", name))
			}
			if enabled, given := key.Get("isEnabled").(bool); given && !enabled {
				return fmt.Errorf("DisabledException: %s is disabled.", key.str("arn"))
			}
		}
		return nil
	}
}

// key finds a KMS key by its id, ARN, alias or alias's ARN; nil if there is none.
func (c *Cloud) key(name string) *Record {
	if at := strings.Index(name, "alias/"); at >= 0 {
		alias := c.find("aws:kms/alias:Alias", "", name[at:])
		if alias == nil {
			return nil
		}
		name = alias.str("targetKeyId")
	}
	return c.find("aws:kms/key:Key", "", lastOf(name, "/"))
}

// lastOf is what follows the last separator; all of it where there is none.
func lastOf(s, separator string) string {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[at+len(separator):]
	}
	return s
}

// validJSON is the provider's check of an input that must be JSON; unknown inputs pass.
func validJSON(paths ...string) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, path := range paths {
			text := c.str(path)
			if text != "" && !json.Valid([]byte(text)) {
				faults = append(faults, fault{path, fmt.Sprintf("%q contains an invalid JSON", path)})
			}
		}
		return faults
	}
}

// between is the provider's check of a number; an input that is absent or unknown passes.
func between(path string, low, high float64) func(*call) []fault {
	return func(c *call) []fault {
		n, given := c.get(path).(float64)
		if !given || n >= low && n <= high {
			return nil
		}
		return []fault{{property: path, reason: fmt.Sprintf("expected %s to be in the range (%s - %s), got %s",
			path, trimFloat(low), trimFloat(high), trimFloat(n))}}
	}
}

// oneOf is the provider's check of an enumeration; an input that is absent or unknown passes.
func oneOf(path string, allowed ...string) func(*call) []fault {
	return func(c *call) []fault {
		var faults []fault
		for _, got := range c.all(path) {
			if !slices.Contains(allowed, got) {
				faults = append(
					faults,
					fault{path, fmt.Sprintf("expected %s to be one of %q, got %s", path, allowed, got)},
				)
			}
		}
		return faults
	}
}

// matches is the provider's check of a string against a pattern.
func matches(path string, pattern *regexp.Regexp, why string) func(*call) []fault {
	return func(c *call) []fault {
		if got := c.str(path); got != "" && !pattern.MatchString(got) {
			return []fault{{property: path, reason: fmt.Sprintf("invalid value for %s (%s), got %s", path, why, got)}}
		}
		return nil
	}
}

// changed says whether an update changes the input at a path.
func (c *call) changed(path string) bool {
	before, _ := lookup(c.old, path)
	now, _ := lookup(c.inputs, path)
	return !before.DeepEquals(now)
}

// was is the string at a path before the update.
func (c *call) was(path string) string {
	before, _ := lookup(c.old, path)
	s, _ := plain(before).(string)
	return s
}

// vaultKey is where a type keeps what no output shows (code, tokens), for types whose id is a
// name; ARNs are keys by themselves.
func (c *call) vaultKey() string { return c.row.token + " " + c.id }

// keep stores a thing that is no resource (a tombstone, a registered revision) under a type of its
// own.
func (c *Cloud) keep(token, id string, properties map[string]any) {
	c.put(&Record{
		Type:    token,
		ID:      id,
		Inputs:  resource.PropertyMap{},
		Outputs: resource.NewPropertyMapFromMap(properties),
	})
}

// setOutput changes an output of another record, as AWS does behind the program's back.
func (r *Record) setOutput(key string, v any) {
	r.Outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

// uniqueUpper is what AWS's unique ids end in: upper-case letters and digits.
func uniqueUpper(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return randomOf(alphabet, n)
}
