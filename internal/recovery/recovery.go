// Package recovery repairs the state of a stack whose engine was killed. The engine had begun to
// create resources and never wrote how that ended: each is either in AWS, and then belongs
// into the state, or it is not, and then must be forgotten. Only a look into AWS shows which.
//
// `pulumi refresh --import-pending-creates` is meant for this, but with CLI 3.259.0 the resources
// that it is given are not in the state afterwards (seen in the drill interrupt.resume).
package recovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Pending is a resource whose creation had begun.
type Pending struct {
	URN, Type string
	// Name is the requested physical name, by which it is found in AWS; empty where
	// it has none.
	Name string
}

// Gone says of a pending resource that AWS does not have it.
const Gone = "-"

// state is an exported stack; what is not needed here is kept as it is.
type state struct {
	document   map[string]json.RawMessage
	deployment map[string]json.RawMessage
	resources  []json.RawMessage
	operations []operation
}

type operation struct {
	Type     string                     `json:"type"`
	Resource map[string]json.RawMessage `json:"resource"`
}

func (o operation) field(name string) string {
	var s string
	_ = json.Unmarshal(o.Resource[name], &s) // a field that is no string is none of these
	return s
}

// List returns what was under way in an exported stack (pulumi stack export).
func List(exported []byte) ([]Pending, error) {
	s, err := parse(exported)
	if err != nil {
		return nil, err
	}
	var list []Pending
	for _, o := range s.operations {
		if o.Type == "creating" {
			list = append(list, Pending{URN: o.field("urn"), Type: o.field("type"), Name: physicalName(o)})
		}
	}
	return list, nil
}

// physicalName is the input that names the resource in AWS.
func physicalName(o operation) string {
	var inputs map[string]any
	_ = json.Unmarshal(o.Resource["inputs"], &inputs) // an input that is no object names nothing
	for _, key := range []string{"name", "replicationGroupId", "bucket", "family", "dashboardName"} {
		if name, ok := inputs[key].(string); ok && name != "" {
			return name
		}
	}
	if tags, ok := inputs["tags"].(map[string]any); ok {
		name, _ := tags["Name"].(string)
		return name
	}
	return ""
}

// Resolve takes every pending creation into the state under its id, or forgets it where the id
// is Gone, and returns the stack for `pulumi stack import`. A pending creation without an
// answer, and an answer to nothing, are errors, all at once; nothing is then changed. Updates
// and deletions that were under way are forgotten: the refresh that follows sees how they ended.
func Resolve(exported []byte, ids map[string]string) ([]byte, error) {
	s, err := parse(exported)
	if err != nil {
		return nil, err
	}
	var faults []error
	pending := map[string]bool{}
	for _, o := range s.operations {
		urn := o.field("urn")
		if o.Type != "creating" {
			continue
		}
		id, known := ids[urn]
		pending[urn] = true
		switch {
		case !known || id == "":
			faults = append(
				faults,
				fmt.Errorf("%s was being created: give its id in AWS, or %q if AWS does not have it", urn, Gone),
			)
		case id != Gone:
			if o.Resource["id"], err = json.Marshal(id); err != nil {
				return nil, err
			}
			taken, err := json.Marshal(o.Resource)
			if err != nil {
				return nil, err
			}
			s.resources = append(s.resources, taken)
		}
	}
	for urn := range ids {
		if !pending[urn] {
			faults = append(faults, fmt.Errorf("%s was not being created; take it out", urn))
		}
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, fmt.Errorf("repairing the state: %w", errors.Join(faults...))
	}
	return s.write()
}

func parse(exported []byte) (state, error) {
	var s state
	err := json.Unmarshal(exported, &s.document)
	if err == nil {
		err = json.Unmarshal(s.document["deployment"], &s.deployment)
	}
	if err == nil && s.deployment["resources"] != nil {
		err = json.Unmarshal(s.deployment["resources"], &s.resources)
	}
	if err == nil && s.deployment["pending_operations"] != nil {
		err = json.Unmarshal(s.deployment["pending_operations"], &s.operations)
	}
	if err != nil {
		return s, fmt.Errorf("reading an exported stack: %w; make one with: pulumi stack export --file state.json", err)
	}
	return s, nil
}

func (s state) write() ([]byte, error) {
	delete(s.deployment, "pending_operations")
	var err error
	if s.deployment["resources"], err = json.Marshal(s.resources); err != nil {
		return nil, fmt.Errorf("writing the repaired state: %w", err)
	}
	if s.document["deployment"], err = json.Marshal(s.deployment); err != nil {
		return nil, fmt.Errorf("writing the repaired state: %w", err)
	}
	return json.MarshalIndent(s.document, "", "  ")
}
