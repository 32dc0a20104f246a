// The validation of a configuration, before the first resource: what is known to fail later is
// refused now, and everything at once. validate_*.go hold the rules of each part.

package config

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
// It reads the file system, because the artifacts must exist, and nothing else.
func (c Config) Validate(zones []string, account string) []Fault {
	v := &validator{Config: c, zones: zones, account: account}
	if v.secrets == nil {
		v.secrets = &secrets{}
	}
	for _, key := range Keys {
		v.validateKey(key)
	}
	v.validateAccount()
	v.validateNetwork()
	v.validateRedis()
	v.validateNodes()
	v.validateDisks()
	v.validateServices()
	v.validateImages()
	v.validatePreviousKeys()
	v.validateTasks()
	v.validateGateway()
	v.validateStreams()
	v.validateEvents()
	v.validateOperations()
	v.validateNames()
	return v.faults
}

// validator collects the faults of one configuration.
type validator struct {
	Config
	zones   []string
	account string
	faults  []Fault
}

func (v *validator) add(fault Fault) {
	if v.secrets.owns(fault) {
		// A rule's own words may let a reader compute the value (100 less the weight).
		fault.Problem = "is not accepted; the reason is not reported, because the value is secret"
	}
	v.faults = append(v.faults, v.secrets.hide(fault))
}

// refuse adds a fault of a key, with its present value and what its row of the table says.
func (v *validator) refuse(name, problem string, args ...any) {
	key, known := KeyOf(name)
	if !known {
		panic("config: a rule refuses the unknown key " + name)
	}
	value := key.in(&v.Config)
	v.add(Fault{
		Key:     name,
		Value:   show(value),
		Problem: fmt.Sprintf(problem, args...),
		Accepts: key.Accepts,
		Fix:     key.Fix(),
	})
}

// refuseRow adds a fault of a row in one of the tables that are shipped with the program.
func (v *validator) refuseRow(file, row, field string, value any, accepts, problem string, args ...any) {
	v.add(Fault{
		Key:     file + ": " + row,
		Value:   fmt.Sprintf("%s: %s", field, show(reflect.ValueOf(value))),
		Problem: fmt.Sprintf(problem, args...),
		Accepts: accepts,
		Fix:     "edit " + file,
	})
}

// refused reports whether one of the keys has a fault already. Rules that build on its value then
// stay silent.
func (v *validator) refused(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains(v.undecoded, name) ||
			slices.ContainsFunc(v.faults, func(fault Fault) bool { return fault.Key == name })
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

// validateKey applies what the key's own row of the table says.
func (v *validator) validateKey(key Key) {
	if v.refused(key.Name) || key.Items == Object || key.Type == Object || key.Type == Boolean {
		return
	}
	value := key.in(&v.Config)
	switch key.Type {
	case String:
		v.validateString(key, value.String())
	case Integer:
		v.validateBounds(key, int(value.Int()), "")
	case Array:
		items, _ := value.Interface().([]string)
		v.validateItems(key, items)
	}
}

func (v *validator) validateString(key Key, value string) {
	switch {
	case value == "" && key.Required:
		v.refuse(key.Name, "must be set")
	case value == "":
	case len(key.OneOf) > 0 && !slices.Contains(key.OneOf, value):
		v.refuse(key.Name, "is none of %s; the nearest is %s", strings.Join(key.OneOf, ", "), nearest(value, key.OneOf))
	case key.Form != nil && !key.Form.MatchString(value):
		v.refuse(key.Name, "does not have the form that is accepted")
	default:
		v.validateBounds(key, len(value), " characters long")
	}
}

func (v *validator) validateBounds(key Key, value int, unit string) {
	if key.Min == 0 && key.Max == 0 {
		return
	}
	if value < key.Min || value > key.Max {
		v.refuse(key.Name, "%s is outside %s to %s%s", thousands(value), thousands(key.Min), thousands(key.Max), unit)
	}
}

func (v *validator) validateItems(key Key, items []string) {
	if len(items) == 0 && key.Required {
		v.refuse(key.Name, "must be set")
	}
	seen := map[string]bool{}
	for i, item := range items {
		if key.Form != nil && !key.Form.MatchString(item) {
			v.refuse(key.Name, "item %d, %q, does not have the form that is accepted", i+1, item)
		}
		if seen[item] {
			v.refuse(key.Name, "%q is listed twice", item)
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

// validateAccount keeps a stack out of every account that was not meant.
func (v *validator) validateAccount() {
	if len(v.AllowedAccounts) > 0 && !v.refused("allowedAccounts") && !slices.Contains(v.AllowedAccounts, v.account) {
		v.refuse(
			"allowedAccounts",
			"the credentials in use belong to account %s, which is not listed: use others, or list it if it is meant",
			v.account,
		)
	}
	if v.Region != "" && !slices.Contains(regions, v.Region) {
		v.refuse(regionKey, "is not a region; the nearest is %s", nearest(v.Region, regions))
	}
}
