// Records: what exists in the cloud, whatever a state file says, and how services find it.
package cloud

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Record is one resource that exists in the cloud, whatever a state file says.
type Record struct {
	Type, ID, URN   string
	Inputs, Outputs resource.PropertyMap
	// Created numbers the records of a cloud in the order of their creation.
	Created int
}

// Copy returns the record as it is now, for callers that read it without the lock.
func (r *Record) Copy() Record {
	found := *r
	found.Inputs, found.Outputs = r.Inputs.Copy(), r.Outputs.Copy()
	return found
}

// Str is an output, or else an input, as a string; "" where there is none.
func (r *Record) Str(path string) string {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := ValueAt(properties, path); ok {
			if s, isString := Plain(v).(string); isString {
				return s
			}
		}
	}
	return ""
}

// Get is a property of the record as plain Go, outputs before inputs; nil where there is none.
func (r *Record) Get(path string) any {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := ValueAt(properties, path); ok {
			return Plain(v)
		}
	}
	return nil
}

// Text is a property as text, whatever its kind; "" where there is none.
func (r *Record) Text(path string) string {
	if v := r.Get(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// SetOutput sets an output, as AWS does with those that the program does not set.
func (r *Record) SetOutput(key string, v any) {
	r.Outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

// Find returns the record of a type whose property by ("" or "id": its id) is value; nil if none.
func (tx *Tx) Find(token, by, value string) *Record {
	if by == "" || by == "id" {
		return tx.Cloud.records[token][value]
	}
	for _, r := range tx.Cloud.records[token] {
		if r.Str(by) == value {
			return r
		}
	}
	return nil
}

// All returns the records of a type, oldest first.
func (tx *Tx) All(token string) []*Record {
	found := make([]*Record, 0, len(tx.Cloud.records[token]))
	for _, r := range tx.Cloud.records[token] {
		found = append(found, r)
	}
	slices.SortFunc(found, func(a, b *Record) int { return a.Created - b.Created })
	return found
}

// Put stores a record under its id.
func (tx *Tx) Put(r *Record) {
	tx.mustWrite("storing", r.Type, r.ID)
	c := tx.Cloud
	if c.records[r.Type] == nil {
		c.records[r.Type] = map[string]*Record{}
	}
	c.counter++
	r.Created = c.counter
	c.records[r.Type][r.ID] = r
}

// Remove deletes a record; it does nothing where there is none.
func (tx *Tx) Remove(token, id string) {
	tx.mustWrite("removing", token, id)
	delete(tx.Cloud.records[token], id)
}

// Keep stores what is no resource of the program (a name in its waiting time, a registered
// revision) as a record of a type of its own.
func (tx *Tx) Keep(token, id string, properties map[string]any) {
	tx.Put(&Record{
		Type:    token,
		ID:      id,
		Inputs:  resource.PropertyMap{},
		Outputs: resource.NewPropertyMapFromMap(properties),
	})
}

// Records returns copies of all records of a type, oldest first.
func (c *Cloud) Records(token string) []Record {
	return View(c, func(tx *Tx) []Record {
		found := tx.All(token)
		copies := make([]Record, len(found))
		for i, r := range found {
			copies[i] = r.Copy()
		}
		return copies
	})
}

// Inventory counts what exists by type; what AWS itself provides or keeps after a deletion
// (images, default groups, keys and secrets in their waiting time) is not counted.
func (c *Cloud) Inventory() map[string]int {
	return View(c, func(tx *Tx) map[string]int {
		counts := map[string]int{}
		for token, records := range tx.Cloud.records {
			if Table[token] != nil && len(records) > 0 {
				counts[token] = len(records)
			}
		}
		return counts
	})
}

// Change alters inputs of a resource without the program, as a person in the console would; apply
// gets the record's inputs. It says whether the resource exists.
func (c *Cloud) Change(token, id string, apply func(resource.PropertyMap)) bool {
	return Update(c, func(tx *Tx) bool {
		r := tx.Find(token, "", id)
		if r == nil {
			return false
		}
		apply(r.Inputs)
		apply(r.Outputs)
		return true
	})
}

// Remove deletes a resource without the program and without AWS's checks. It says whether the
// resource existed.
func (c *Cloud) Remove(token, id string) bool {
	return Update(c, func(tx *Tx) bool {
		_, ok := tx.Cloud.records[token][id]
		tx.Remove(token, id)
		return ok
	})
}

// Seed adds a record that exists before the program runs, for example a snapshot.
func (c *Cloud) Seed(token, id string, outputs resource.PropertyMap) {
	c.Update(func(tx *Tx) {
		tx.Put(&Record{
			Type:    token,
			ID:      id,
			Inputs:  resource.PropertyMap{},
			Outputs: outputs,
		})
	})
}

// CopyOf returns a copy of the record that Tx.Find finds; nil if there is none.
func (c *Cloud) CopyOf(token, by, value string) *Record {
	return View(c, func(tx *Tx) *Record {
		found := tx.Find(token, by, value)
		if found == nil {
			return nil
		}
		copied := found.Copy()
		return &copied
	})
}
