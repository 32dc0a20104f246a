// Judging a configuration as a whole, before the first resource: what can be known to fail
// later is refused now, and everything at once.

package stacks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	servicesFile = "assets/services/services.yaml"
	streamsFile  = "assets/nats/streams.yaml"
)

// Validate returns all faults of the configuration, in the order of its parts. zones are the
// names of the region's availability zones as looked up, account is the caller's account id.
// It reads the file system (the two artifacts must exist) and nothing else.
func (c Config) Validate(zones []string, account string) []Fault {
	j := &judge{Config: c, zones: zones, account: account}
	if j.secrets == nil {
		j.secrets = &secrets{}
	}
	for _, key := range Keys {
		j.judgeKey(key)
	}
	j.judgeAccount()
	j.judgeNetwork()
	j.judgeRedis()
	j.judgeNodes()
	j.judgeDisks()
	j.judgeServices()
	j.judgeImages()
	j.judgePreviousKeys()
	j.judgeTasks()
	j.judgeGateway()
	j.judgeStreams()
	j.judgeEvents()
	j.judgeOperations()
	j.judgeNames()
	return j.faults
}

// judge collects the faults of one configuration.
type judge struct {
	Config
	zones   []string
	account string
	faults  []Fault
}

func (j *judge) add(fault Fault) {
	if j.secrets.owns(fault) {
		// A rule's own words may let the value be computed (100 less the weight).
		fault.Problem = "is not accepted; why is not told, because the value is secret"
	}
	j.faults = append(j.faults, j.secrets.hide(fault))
}

// refuse adds a fault of a key, with its present value and what its row of the table says.
func (j *judge) refuse(name, problem string, args ...any) {
	key, known := KeyOf(name)
	if !known {
		panic("stacks: a rule refuses the unknown key " + name)
	}
	value := key.in(&j.Config)
	j.add(Fault{
		Key:     name,
		Value:   show(value),
		Problem: fmt.Sprintf(problem, args...),
		Accepts: key.Accepts,
		Fix:     key.Fix(),
	})
}

// refuseRow adds a fault of a row in one of the tables that are shipped with the program.
func (j *judge) refuseRow(file, row, field string, value any, accepts, problem string, args ...any) {
	j.add(Fault{
		Key:     file + ": " + row,
		Value:   fmt.Sprintf("%s: %s", field, show(reflect.ValueOf(value))),
		Problem: fmt.Sprintf(problem, args...),
		Accepts: accepts,
		Fix:     "edit " + file,
	})
}

// refused says whether one of the keys already has a fault, so that rules which build on its
// value stay silent.
func (j *judge) refused(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains(j.undecoded, name) ||
			slices.ContainsFunc(j.faults, func(fault Fault) bool { return fault.Key == name })
	})
}

// show is a value as an operator would type it; empty lists and strings are "not set".
func show(value reflect.Value) string {
	switch value.Kind() {
	case reflect.String:
		return value.String()
	case reflect.Slice, reflect.Map:
		if value.Len() == 0 {
			return ""
		}
		text, err := json.Marshal(value.Interface())
		if err != nil {
			return fmt.Sprint(value.Interface())
		}
		return string(text)
	}
	return fmt.Sprint(value.Interface())
}

// judgeKey applies what the key's own row of the table says.
func (j *judge) judgeKey(key Key) {
	if j.refused(key.Name) || key.Items == Object || key.Type == Object || key.Type == Boolean {
		return
	}
	value := key.in(&j.Config)
	switch key.Type {
	case String:
		j.judgeString(key, value.String())
	case Integer:
		j.judgeBounds(key, int(value.Int()), "")
	case Array:
		items, _ := value.Interface().([]string)
		j.judgeItems(key, items)
	}
}

func (j *judge) judgeString(key Key, value string) {
	switch {
	case value == "" && key.Required:
		j.refuse(key.Name, "must be set")
	case value == "":
	case len(key.OneOf) > 0 && !slices.Contains(key.OneOf, value):
		j.refuse(key.Name, "is none of %s; the nearest is %s", strings.Join(key.OneOf, ", "), nearest(value, key.OneOf))
	case key.Form != nil && !key.Form.MatchString(value):
		j.refuse(key.Name, "does not have the form that is accepted")
	default:
		j.judgeBounds(key, len(value), " characters long")
	}
}

func (j *judge) judgeBounds(key Key, value int, unit string) {
	if key.Min == 0 && key.Max == 0 {
		return
	}
	if value < key.Min || value > key.Max {
		j.refuse(key.Name, "%s is outside %s to %s%s", thousands(value), thousands(key.Min), thousands(key.Max), unit)
	}
}

func (j *judge) judgeItems(key Key, items []string) {
	if len(items) == 0 && key.Required {
		j.refuse(key.Name, "must be set")
	}
	seen := map[string]bool{}
	for i, item := range items {
		if key.Form != nil && !key.Form.MatchString(item) {
			j.refuse(key.Name, "item %d, %q, does not have the form that is accepted", i+1, item)
		}
		if seen[item] {
			j.refuse(key.Name, "%q is listed twice", item)
		}
		seen[item] = true
	}
}

// thousands writes a number as people read it, for example 65,536.
func thousands(number int) string {
	digits := strconv.Itoa(number)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// judgeAccount keeps a stack out of every account that was not meant.
func (j *judge) judgeAccount() {
	if len(j.AllowedAccounts) > 0 && !j.refused("allowedAccounts") && !slices.Contains(j.AllowedAccounts, j.account) {
		j.refuse(
			"allowedAccounts",
			"the credentials in use belong to account %s, which is not listed: use others, or list it if it is meant",
			j.account,
		)
	}
	if j.Region != "" && !slices.Contains(regions, j.Region) {
		j.refuse(regionKey, "is not a region; the nearest is %s", nearest(j.Region, regions))
	}
}
