// Create, update, read and delete: the same steps for all types. What is special about a type is in
// its row.
package cloud

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CreateResource makes a resource and returns its id and outputs. In preview nothing is made, and
// what AWS would compute is unknown.
func (c *Cloud) CreateResource(
	r *Row,
	urn string,
	inputs resource.PropertyMap,
	preview bool,
) (string, resource.PropertyMap, error) {
	if preview {
		return "", previewOutputs(r, inputs), nil
	}
	c.wait(r)
	on := &Call{
		Cloud:   c,
		Row:     r,
		URN:     urn,
		Inputs:  inputs,
		Outputs: withDefaults(r, inputs),
	}
	made, err := Update2(c, on.create)
	if err == nil {
		err = c.runHook(r.Begin, made)
	}
	if err != nil {
		return "", nil, fmt.Errorf("creating %s %q: %w", r.Token, subject(on), err)
	}
	return on.ID, on.Outputs, nil
}

// create stores the record, or leaves nothing behind.
func (on *Call) create(tx *Tx) (Record, error) {
	on.Tx = tx
	if err := on.refuse(); err != nil {
		tx.Note("refuse", on.Row.Token, "", on.URN)
		return Record{}, err
	}
	on.compute()
	record := &Record{
		Type:    on.Row.Token,
		ID:      on.ID,
		URN:     on.URN,
		Inputs:  on.Inputs.Copy(),
		Outputs: on.Outputs,
	}
	tx.Put(record)
	if on.Row.AfterCreate != nil {
		if err := on.Row.AfterCreate(on); err != nil {
			tx.Remove(on.Row.Token, on.ID)
			tx.Note("refuse", on.Row.Token, on.ID, on.URN)
			return Record{}, err
		}
	}
	tx.Note("create", on.Row.Token, on.ID, on.URN)
	return record.Copy(), nil
}

// refuse returns why AWS would not create the resource: faults on order, the name, the references,
// the type's own rules.
func (on *Call) refuse() error {
	if ordered := on.Tx.armedFault(on.Row.Token, on.URN); ordered != "" {
		return errors.New(ordered)
	}
	if rule := on.Row.Name; rule != nil && rule.Unique {
		if on.Tx.Find(on.Row.Token, rule.Property, on.Name()) != nil {
			return errors.New(strings.ReplaceAll(rule.Taken, "{value}", on.Name()))
		}
	}
	if err := on.checkReferences(); err != nil {
		return err
	}
	if on.Row.BeforeCreate != nil {
		return on.Row.BeforeCreate(on)
	}
	return nil
}

func (on *Call) checkReferences() error {
	for _, ref := range on.Row.References {
		for _, value := range on.All(ref.Path) {
			if !on.Tx.exists(ref, value) {
				return errors.New(strings.ReplaceAll(ref.Missing, "{value}", value))
			}
		}
	}
	return nil
}

func (tx *Tx) exists(ref Reference, value string) bool {
	for _, token := range ref.To {
		if tx.Find(token, ref.By, value) != nil {
			return true
		}
	}
	return false
}

// UpdateResource changes a resource in place.
func (c *Cloud) UpdateResource(
	r *Row,
	id, urn string,
	old, inputs, outputs resource.PropertyMap,
	preview bool,
) (resource.PropertyMap, error) {
	on := &Call{
		Cloud:   c,
		Row:     r,
		ID:      id,
		URN:     urn,
		Inputs:  inputs,
		Old:     old,
		Outputs: overlay(r, old, inputs, outputs),
	}
	if preview {
		c.View(func(tx *Tx) {
			on.Tx = tx
			on.derive()
		})
		return on.Outputs, nil
	}
	changed, err := Update2(c, on.update)
	if err == nil {
		err = c.runHook(r.Change, changed)
	}
	if err != nil {
		return nil, fmt.Errorf("updating %s %q: %w", r.Token, id, err)
	}
	return on.Outputs, nil
}

func (on *Call) update(tx *Tx) (Record, error) {
	on.Tx = tx
	record := tx.Find(on.Row.Token, "", on.ID)
	if record == nil {
		return Record{}, errors.New("it does not exist any more; run a refresh and update again")
	}
	// Changes that others made since the state was written survive, as with a provider that reads
	// what it updates.
	on.Outputs = overlay(on.Row, on.Old, on.Inputs, record.Outputs)
	err := on.checkReferences()
	if err == nil && on.Row.BeforeUpdate != nil {
		err = on.Row.BeforeUpdate(on)
	}
	if err != nil {
		tx.Note("refuse", on.Row.Token, on.ID, on.URN)
		return Record{}, err
	}
	on.derive()
	record.Inputs, record.Outputs = on.Inputs.Copy(), on.Outputs
	if on.Row.AfterUpdate != nil {
		if err := on.Row.AfterUpdate(on); err != nil {
			return Record{}, err
		}
	}
	tx.Note("update", on.Row.Token, on.ID, on.URN)
	return record.Copy(), nil
}

// ReadResource returns a resource's present inputs and outputs; nil where it does not exist.
func (c *Cloud) ReadResource(r *Row, id string) (inputs, outputs resource.PropertyMap) {
	return View2(c, func(tx *Tx) (inputs, outputs resource.PropertyMap) {
		record := tx.Find(r.Token, "", id)
		if record == nil {
			return nil, nil
		}
		return record.Inputs.Copy(), record.Outputs.Copy()
	})
}

// DeleteResource deletes a resource. It succeeds where the resource is gone already, as the
// provider does.
func (c *Cloud) DeleteResource(r *Row, id, urn string) error {
	on := &Call{
		Cloud: c,
		Row:   r,
		ID:    id,
		URN:   urn,
	}
	deleted, err := Update2(c, on.checkDeletion)
	if err == nil && deleted != nil {
		err = c.runHook(r.End, *deleted)
	}
	if err != nil {
		return fmt.Errorf("deleting %s %q: %w", r.Token, id, err)
	}
	if deleted == nil {
		return nil
	}
	return Update(c, on.destroy)
}

// checkDeletion returns a copy of the record that is to be deleted, nil where it is gone already,
// or why AWS would not delete it.
func (on *Call) checkDeletion(tx *Tx) (*Record, error) {
	on.Tx = tx
	record := tx.Find(on.Row.Token, "", on.ID)
	if record == nil {
		return nil, nil
	}
	on.Inputs, on.Outputs = record.Inputs, record.Outputs
	err := tx.blocked(record)
	if err == nil && on.Row.BeforeDelete != nil {
		err = on.Row.BeforeDelete(on)
	}
	if err != nil {
		tx.Note("refuse", on.Row.Token, on.ID, on.URN)
		return nil, err
	}
	copied := record.Copy()
	return &copied, nil
}

func (on *Call) destroy(tx *Tx) error {
	on.Tx = tx
	tx.Remove(on.Row.Token, on.ID)
	tx.Note("delete", on.Row.Token, on.ID, on.URN)
	if on.Row.AfterDelete != nil {
		return on.Row.AfterDelete(on)
	}
	return nil
}

// blocked returns AWS's error where others still refer to a record that must not go before them.
func (tx *Tx) blocked(target *Record) error {
	for token, records := range tx.Cloud.records {
		r := Table[token]
		if r == nil {
			continue
		}
		for _, ref := range r.References {
			if ref.Blocks == "" || !slices.Contains(ref.To, target.Type) {
				continue
			}
			held := target.ID
			if ref.By != "" {
				held = target.Str(ref.By)
			}
			for _, other := range records {
				if other != target &&
					slices.Contains(StringsAt(resource.NewObjectProperty(other.Inputs), ref.Path), held) {
					return fmt.Errorf(
						"%s (used by %s %s)",
						strings.ReplaceAll(ref.Blocks, "{value}", target.ID),
						token,
						other.ID,
					)
				}
			}
		}
	}
	return nil
}

func subject(on *Call) string {
	if name := on.Name(); name != "" {
		return name
	}
	return on.URN[strings.LastIndex(on.URN, "::")+2:]
}

// runHook calls a row's hook if things run. Hooks may take long, so it does not hold the lock.
func (c *Cloud) runHook(hook func(*Cloud, Record) error, r Record) error {
	if !c.runs() || hook == nil {
		return nil
	}
	return hook(c, r)
}
