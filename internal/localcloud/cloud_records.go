// Records: what exists in the cloud, whatever any state file believes, and how it is found.
package localcloud

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Record is one thing that exists in the cloud, whatever any state file believes.
type Record struct {
	Type, ID, URN   string
	Inputs, Outputs resource.PropertyMap
	// Created counts up over the cloud's life: the order in which things came to be.
	Created int
}

// copied is the record as it is now, for whoever reads it without the lock.
func (r *Record) copied() Record {
	found := *r
	found.Inputs, found.Outputs = r.Inputs.Copy(), r.Outputs.Copy()
	return found
}

// str is an output, or else an input, as a string; "" where there is none.
func (r *Record) str(path string) string {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := valueAt(properties, path); ok {
			if s, isString := plain(v).(string); isString {
				return s
			}
		}
	}
	return ""
}

// Get is a property of the record as plain Go, outputs before inputs; nil where there is none.
func (r *Record) Get(path string) any {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := valueAt(properties, path); ok {
			return plain(v)
		}
	}
	return nil
}

// text is a property as text, whatever its kind; "" where there is none.
func (r *Record) text(path string) string {
	if v := r.Get(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// setOutput changes an output of another record, as AWS does behind the program's back.
func (r *Record) setOutput(key string, v any) {
	r.Outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
}

// find returns the record of a type whose property by ("" or "id": its id) is value; nil if none.
func (tx *Tx) find(token, by, value string) *Record {
	if by == "" || by == "id" {
		return tx.cloud.records[token][value]
	}
	for _, r := range tx.cloud.records[token] {
		if r.str(by) == value {
			return r
		}
	}
	return nil
}

// all returns the records of a type, oldest first.
func (tx *Tx) all(token string) []*Record {
	found := make([]*Record, 0, len(tx.cloud.records[token]))
	for _, r := range tx.cloud.records[token] {
		found = append(found, r)
	}
	slices.SortFunc(found, func(a, b *Record) int { return a.Created - b.Created })
	return found
}

// put stores a record under its id.
func (tx *Tx) put(r *Record) {
	tx.mustWrite("storing", r.Type, r.ID)
	c := tx.cloud
	if c.records[r.Type] == nil {
		c.records[r.Type] = map[string]*Record{}
	}
	c.counter++
	r.Created = c.counter
	c.records[r.Type][r.ID] = r
}

func (tx *Tx) remove(token, id string) {
	tx.mustWrite("removing", token, id)
	delete(tx.cloud.records[token], id)
}

// keep stores a thing that is no resource (a tombstone, a registered revision) under a type of its
// own.
func (tx *Tx) keep(token, id string, properties map[string]any) {
	tx.put(&Record{
		Type:    token,
		ID:      id,
		Inputs:  resource.PropertyMap{},
		Outputs: resource.NewPropertyMapFromMap(properties),
	})
}

// Records returns copies of all records of a type, oldest first.
func (c *Cloud) Records(token string) []Record {
	return view(c, func(tx *Tx) []Record {
		found := tx.all(token)
		copies := make([]Record, len(found))
		for i, r := range found {
			copies[i] = r.copied()
		}
		return copies
	})
}

// Inventory counts what exists by type; what AWS itself provides or keeps after a deletion
// (images, default groups, keys and secrets in their waiting time) is not counted.
func (c *Cloud) Inventory() map[string]int {
	return view(c, func(tx *Tx) map[string]int {
		counts := map[string]int{}
		for token, records := range tx.cloud.records {
			if table[token] != nil && len(records) > 0 {
				counts[token] = len(records)
			}
		}
		return counts
	})
}

// Change alters an input of a resource behind the program's back, as a person in the
// console would; apply gets the record's inputs. It says whether the resource existed.
func (c *Cloud) Change(token, id string, apply func(resource.PropertyMap)) bool {
	return update(c, func(tx *Tx) bool {
		r := tx.find(token, "", id)
		if r == nil {
			return false
		}
		apply(r.Inputs)
		apply(r.Outputs)
		return true
	})
}

// Remove deletes a resource behind the program's back, without AWS's checks.
func (c *Cloud) Remove(token, id string) bool {
	return update(c, func(tx *Tx) bool {
		_, ok := tx.cloud.records[token][id]
		tx.remove(token, id)
		return ok
	})
}

// Seed adds a record that exists before the program, for example a snapshot.
func (c *Cloud) Seed(token, id string, outputs resource.PropertyMap) {
	c.Update(func(tx *Tx) {
		tx.put(&Record{
			Type:    token,
			ID:      id,
			Inputs:  resource.PropertyMap{},
			Outputs: outputs,
		})
	})
}

// copyOf is a copy of the record that find finds; nil if there is none.
func (c *Cloud) copyOf(token, by, value string) *Record {
	return view(c, func(tx *Tx) *Record {
		found := tx.find(token, by, value)
		if found == nil {
			return nil
		}
		copied := found.copied()
		return &copied
	})
}
