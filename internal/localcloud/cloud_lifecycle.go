// Create, update, read and delete, as AWS would answer them.
package localcloud

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// createResource makes a resource and returns its id and outputs. In preview nothing is made, and
// what AWS would compute is unknown.
func (c *Cloud) createResource(
	r *row,
	urn string,
	inputs resource.PropertyMap,
	preview bool,
) (string, resource.PropertyMap, error) {
	if preview {
		return "", previewOutputs(r, inputs), nil
	}
	c.wait(r)
	on := &call{
		cloud:   c,
		row:     r,
		urn:     urn,
		inputs:  inputs,
		outputs: withDefaults(r, inputs),
	}
	made, err := update2(c, on.create)
	if err == nil {
		err = c.runHook(r.begin, made)
	}
	if err != nil {
		return "", nil, fmt.Errorf("creating %s %q: %w", r.token, subject(on), err)
	}
	return on.id, on.outputs, nil
}

// create makes the record, or leaves nothing of it.
func (on *call) create(tx *Tx) (Record, error) {
	on.tx = tx
	if err := on.refuse(); err != nil {
		tx.note("refuse", on.row.token, "", on.urn)
		return Record{}, err
	}
	on.compute()
	record := &Record{
		Type:    on.row.token,
		ID:      on.id,
		URN:     on.urn,
		Inputs:  on.inputs.Copy(),
		Outputs: on.outputs,
	}
	tx.put(record)
	if on.row.afterCreate != nil {
		if err := on.row.afterCreate(on); err != nil {
			tx.remove(on.row.token, on.id)
			tx.note("refuse", on.row.token, on.id, on.urn)
			return Record{}, err
		}
	}
	tx.note("create", on.row.token, on.id, on.urn)
	return record.copied(), nil
}

// refuse is what AWS checks before it makes anything: ordered faults, the name, the
// references, the type's own rules.
func (on *call) refuse() error {
	if ordered := on.tx.armed(on.row.token, on.urn); ordered != "" {
		return errors.New(ordered)
	}
	if rule := on.row.name; rule != nil && rule.unique {
		if on.tx.find(on.row.token, rule.property, on.name()) != nil {
			return errors.New(strings.ReplaceAll(rule.taken, "{value}", on.name()))
		}
	}
	if err := on.checkReferences(); err != nil {
		return err
	}
	if on.row.beforeCreate != nil {
		return on.row.beforeCreate(on)
	}
	return nil
}

func (on *call) checkReferences() error {
	for _, ref := range on.row.references {
		for _, value := range on.all(ref.path) {
			if !on.tx.exists(ref, value) {
				return errors.New(strings.ReplaceAll(ref.missing, "{value}", value))
			}
		}
	}
	return nil
}

func (tx *Tx) exists(ref reference, value string) bool {
	for _, token := range ref.to {
		if tx.find(token, ref.by, value) != nil {
			return true
		}
	}
	return false
}

// updateResource changes a resource in place.
func (c *Cloud) updateResource(
	r *row,
	id, urn string,
	old, inputs, outputs resource.PropertyMap,
	preview bool,
) (resource.PropertyMap, error) {
	on := &call{
		cloud:   c,
		row:     r,
		id:      id,
		urn:     urn,
		inputs:  inputs,
		old:     old,
		outputs: overlay(r, old, inputs, outputs),
	}
	if preview {
		c.View(func(tx *Tx) {
			on.tx = tx
			on.derive()
		})
		return on.outputs, nil
	}
	changed, err := update2(c, on.update)
	if err == nil {
		err = c.runHook(r.change, changed)
	}
	if err != nil {
		return nil, fmt.Errorf("updating %s %q: %w", r.token, id, err)
	}
	return on.outputs, nil
}

func (on *call) update(tx *Tx) (Record, error) {
	on.tx = tx
	record := tx.find(on.row.token, "", on.id)
	if record == nil {
		return Record{}, errors.New("it does not exist any more; run a refresh and update again")
	}
	// What others changed since the state was written counts, as with a provider that reads what it
	// updated.
	on.outputs = overlay(on.row, on.old, on.inputs, record.Outputs)
	err := on.checkReferences()
	if err == nil && on.row.beforeUpdate != nil {
		err = on.row.beforeUpdate(on)
	}
	if err != nil {
		tx.note("refuse", on.row.token, on.id, on.urn)
		return Record{}, err
	}
	on.derive()
	record.Inputs, record.Outputs = on.inputs.Copy(), on.outputs
	if on.row.afterUpdate != nil {
		if err := on.row.afterUpdate(on); err != nil {
			return Record{}, err
		}
	}
	tx.note("update", on.row.token, on.id, on.urn)
	return record.copied(), nil
}

// readResource returns what exists now; nil where it is gone.
func (c *Cloud) readResource(r *row, id string) (inputs, outputs resource.PropertyMap) {
	return view2(c, func(tx *Tx) (inputs, outputs resource.PropertyMap) {
		record := tx.find(r.token, "", id)
		if record == nil {
			return nil, nil
		}
		return record.Inputs.Copy(), record.Outputs.Copy()
	})
}

// deleteResource deletes a resource; one that is gone already is no error, as in the provider.
func (c *Cloud) deleteResource(r *row, id, urn string) error {
	on := &call{
		cloud: c,
		row:   r,
		id:    id,
		urn:   urn,
	}
	ending, err := update2(c, on.mayEnd)
	if err == nil && ending != nil {
		err = c.runHook(r.end, *ending)
	}
	if err != nil {
		return fmt.Errorf("deleting %s %q: %w", r.token, id, err)
	}
	if ending == nil {
		return nil
	}
	return update(c, on.destroy)
}

// mayEnd is the record that is to go, nil where it is gone, or why AWS keeps it.
func (on *call) mayEnd(tx *Tx) (*Record, error) {
	on.tx = tx
	record := tx.find(on.row.token, "", on.id)
	if record == nil {
		return nil, nil
	}
	on.inputs, on.outputs = record.Inputs, record.Outputs
	err := tx.blocked(record)
	if err == nil && on.row.beforeDelete != nil {
		err = on.row.beforeDelete(on)
	}
	if err != nil {
		tx.note("refuse", on.row.token, on.id, on.urn)
		return nil, err
	}
	copied := record.copied()
	return &copied, nil
}

func (on *call) destroy(tx *Tx) error {
	on.tx = tx
	tx.remove(on.row.token, on.id)
	tx.note("delete", on.row.token, on.id, on.urn)
	if on.row.afterDelete != nil {
		return on.row.afterDelete(on)
	}
	return nil
}

// blocked says why AWS would not delete a record that others still refer to.
func (tx *Tx) blocked(target *Record) error {
	for token, records := range tx.cloud.records {
		r := table[token]
		if r == nil {
			continue
		}
		for _, ref := range r.references {
			if ref.blocks == "" || !slices.Contains(ref.to, target.Type) {
				continue
			}
			held := target.ID
			if ref.by != "" {
				held = target.str(ref.by)
			}
			for _, other := range records {
				if other != target &&
					slices.Contains(stringsAt(resource.NewObjectProperty(other.Inputs), ref.path), held) {
					return fmt.Errorf(
						"%s (used by %s %s)",
						strings.ReplaceAll(ref.blocks, "{value}", target.ID),
						token,
						other.ID,
					)
				}
			}
		}
	}
	return nil
}

func subject(on *call) string {
	if name := on.name(); name != "" {
		return name
	}
	return on.urn[strings.LastIndex(on.urn, "::")+2:]
}

// runHook calls a hook of a row where things run, without the lock.
func (c *Cloud) runHook(hook func(*Cloud, Record) error, r Record) error {
	if !c.runs() || hook == nil {
		return nil
	}
	return hook(c, r)
}
