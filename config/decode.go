// Strict decoding of the stack's configuration: every key is known, every value has its type.
// Validate decides whether the values make sense together.

package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/catalog"
)

// providerNamespaces are namespaces that the engine or a provider reads, not this program.
var providerNamespaces = []string{"aws", "awsx", "pulumi", "random", "tls"}

// Decode turns the engine's raw configuration (full key, for example nats-platform:vpcCidr, to
// its string, or to JSON for arrays and objects) into a Config. secret reports of a full key
// whether its value must not be shown. A missing key takes its default. A key that is refused
// keeps its default too, so that Validate can find the other faults. Faults come in the order
// of the keys.
func Decode(raw map[string]string, secret func(key string) bool) (Config, []Fault) {
	d := decoder{secrets: &secrets{}}
	d.config.secrets = d.secrets
	d.learnSecrets(raw, secret)
	for _, key := range Keys {
		d.setDefault(key)
	}
	for _, id := range slices.Sorted(maps.Keys(raw)) {
		if key, known := keyOfID(id); known {
			d.set(key, raw[id])
		} else {
			d.refuseUnknown(id, raw[id])
		}
	}
	d.addTables()
	return d.config, d.faults
}

type decoder struct {
	config  Config
	secrets *secrets
	faults  []Fault
}

func (d *decoder) refuse(fault Fault) {
	d.faults = append(d.faults, d.secrets.hide(fault))
}

func (d *decoder) learnSecrets(raw map[string]string, secret func(string) bool) {
	for id, value := range raw {
		if !secret(id) {
			continue
		}
		name := strings.TrimPrefix(id, Project+":")
		d.secrets.learn(name, append(leaves(value), value)...)
	}
}

// leaves are the strings and numbers inside a JSON value; none if it is not a JSON array or object.
func leaves(raw string) []string {
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil {
		return nil
	}
	var found []string
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				walk(item)
			}
		case map[string]any:
			for _, item := range value {
				walk(item)
			}
		case nil, bool:
		default:
			found = append(found, fmt.Sprint(value))
		}
	}
	walk(value)
	return found
}

func (d *decoder) setDefault(key Key) {
	if key.Items == Object {
		return // the table that it adds to is read by addTables
	}
	value := key.Default
	switch shared := value.(type) {
	case []string:
		value = slices.Clone(shared)
	case map[string]string:
		value = maps.Clone(shared)
	}
	key.in(&d.config).Set(reflect.ValueOf(value))
}

// set decodes one value into the key's field, or refuses it.
func (d *decoder) set(key Key, raw string) {
	var value any
	var problem string
	switch {
	case key.Type == String:
		value = raw
	case key.Type == Integer:
		value, problem = decodeInteger(raw)
	case key.Type == Boolean:
		value, problem = decodeBoolean(raw)
	case key.Items == Object:
		value, problem = decodeServices(raw)
	case key.Type == Array:
		value, problem = decodeStrings(raw)
	default:
		value, problem = decodeMap(raw)
	}
	if problem != "" {
		d.refuse(Fault{
			Key:     key.Name,
			Value:   raw,
			Problem: problem,
			Accepts: key.Accepts,
			Fix:     key.Fix(),
		})
		d.config.undecoded = append(d.config.undecoded, key.Name)
		return
	}
	key.in(&d.config).Set(reflect.ValueOf(value))
}

func decodeInteger(raw string) (int, string) {
	value, err := strconv.Atoi(raw)
	if err != nil {
		return 0, "is not an integer"
	}
	return value, ""
}

func decodeBoolean(raw string) (bool, string) {
	if raw != "true" && raw != "false" {
		return false, "is neither true nor false"
	}
	return raw == "true", ""
}

func decodeStrings(raw string) ([]string, string) {
	var items []any
	if err := json.Unmarshal([]byte(raw), &items); err != nil {
		return nil, "is not a list"
	}
	values := make([]string, 0, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Sprintf("item %d is not a string: put it in quotes", i+1)
		}
		values = append(values, text)
	}
	return values, ""
}

func decodeMap(raw string) (map[string]string, string) {
	var entries map[string]any
	if err := json.Unmarshal([]byte(raw), &entries); err != nil {
		return nil, "is not an object"
	}
	values := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		text, ok := entries[name].(string)
		if !ok {
			return nil, fmt.Sprintf("the value of %q is not a string: put it in quotes", name)
		}
		values[name] = text
	}
	return values, ""
}

func decodeServices(raw string) ([]catalog.Service, string) {
	var entries []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &entries); err != nil {
		return nil, "is not a list of objects"
	}
	fields := []string{"name", "queue", "rpc", "events", "calls", "internet"}
	for i, entry := range entries {
		for _, field := range slices.Sorted(maps.Keys(entry)) {
			if !slices.Contains(fields, field) {
				return nil, fmt.Sprintf(
					"item %d has the unknown field %q; the nearest is %q",
					i+1,
					field,
					nearest(field, fields),
				)
			}
		}
	}
	var rows []catalog.Service
	if err := json.Unmarshal([]byte(raw), &rows); err != nil {
		return nil, "a field has the wrong type: name and queue are strings; rpc, events and calls are lists of " +
			"strings; internet is true or false"
	}
	return rows, ""
}

// keyOfID returns the key that has this name in the engine. The program's keys are in the project's
// namespace, aws:region is in the provider's.
func keyOfID(id string) (Key, bool) {
	for _, key := range Keys {
		if key.ID() == id {
			return key, true
		}
	}
	return Key{}, false
}

func (d *decoder) refuseUnknown(id, value string) {
	namespace, name, _ := strings.Cut(id, ":")
	if slices.Contains(providerNamespaces, namespace) {
		return
	}
	names := make([]string, 0, len(Keys))
	for _, key := range Keys {
		names = append(names, key.Name)
	}
	sort.Strings(names)
	fault := Fault{Key: name, Value: value, Fix: "pulumi config rm " + id}
	fault.Problem = fmt.Sprintf("there is no such key; the nearest is %s", nearest(name, names))
	fault.Accepts = "the keys of Pulumi.yaml"
	if namespace != Project {
		fault.Key = id
		fault.Problem = fmt.Sprintf("nothing reads the namespace %q; the nearest is %q", namespace,
			nearest(namespace, append([]string{Project}, providerNamespaces...)))
	}
	d.refuse(fault)
}

// addTables reads the tables that are shipped inside the program: services, before those of
// additionalServices, and streams, sized for the disk.
func (d *decoder) addTables() {
	table, front, err := catalog.Services()
	if err != nil {
		d.refuse(Fault{
			Key:     servicesFile,
			Problem: err.Error(),
			Accepts: "a table as its first lines describe",
			Fix:     "edit " + servicesFile,
		})
	}
	d.config.gatewayRow, d.config.shipped = front, len(table)
	d.config.Services.Table = append(table, d.config.Services.Table...)

	streams, err := catalog.Streams()
	if err != nil {
		d.refuse(Fault{
			Key:     streamsFile,
			Problem: err.Error(),
			Accepts: "a table as its first lines describe",
			Fix:     "edit " + streamsFile,
		})
	}
	d.config.NATS.Streams = catalog.ForStorage(streams, d.config.NATS.MaxFileStore())
}
