// Create, update, read and delete, as AWS would answer them.
package localcloud

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// create makes a resource and returns its id and outputs. In preview nothing is made, and
// what AWS would compute is unknown.
func (c *Cloud) create(
	r *row,
	urn string,
	inputs resource.PropertyMap,
	preview bool,
) (string, resource.PropertyMap, error) {
	if preview {
		return "", previewOutputs(r, inputs), nil
	}
	c.wait(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	on := &call{
		cloud:   c,
		row:     r,
		urn:     urn,
		inputs:  inputs,
		outputs: withDefaults(r, inputs),
	}
	if err := c.refuse(on); err != nil {
		c.note("refuse", r.token, "", urn)
		return "", nil, fmt.Errorf("creating %s %q: %w", r.token, subject(on), err)
	}
	on.id = on.name()
	if r.id != nil {
		on.id = fmt.Sprint(r.id(on))
	}
	// A scalar output may be a template over another; two passes settle any order.
	for range 2 {
		for key, compute := range r.computed {
			if _, given := inputs[resource.PropertyKey(key)]; !given && !present(on.outputs, key) {
				on.set(key, compute(on))
			}
		}
	}
	on.derive()
	record := &Record{
		Type:    r.token,
		ID:      on.id,
		URN:     urn,
		Inputs:  inputs.Copy(),
		Outputs: on.outputs,
	}
	c.put(record)
	if r.afterCreate != nil {
		if err := r.afterCreate(on); err != nil {
			c.remove(r.token, on.id)
			c.note("refuse", r.token, on.id, urn)
			return "", nil, fmt.Errorf("creating %s %q: %w", r.token, subject(on), err)
		}
	}
	c.note("create", r.token, on.id, urn)
	if err := c.runHook(r.begin, record); err != nil {
		return "", nil, fmt.Errorf("creating %s %q: %w", r.token, subject(on), err)
	}
	return on.id, on.outputs, nil
}

// refuse is what AWS checks before it makes anything: ordered faults, the name, the
// references, the type's own rules.
func (c *Cloud) refuse(on *call) error {
	if ordered := c.armed(on.row.token, on.urn); ordered != "" {
		return errors.New(ordered)
	}
	if rule := on.row.name; rule != nil && rule.unique {
		for _, r := range c.records[on.row.token] {
			if r.str(rule.property) == on.name() {
				return errors.New(strings.ReplaceAll(rule.taken, "{value}", on.name()))
			}
		}
	}
	if err := c.checkReferences(on); err != nil {
		return err
	}
	if on.row.beforeCreate != nil {
		return on.row.beforeCreate(on)
	}
	return nil
}

func (c *Cloud) checkReferences(on *call) error {
	for _, ref := range on.row.references {
		for _, value := range on.all(ref.path) {
			if !c.exists(ref, value) {
				return errors.New(strings.ReplaceAll(ref.missing, "{value}", value))
			}
		}
	}
	return nil
}

func (c *Cloud) exists(ref reference, value string) bool {
	for _, token := range ref.to {
		if c.find(token, ref.by, value) != nil {
			return true
		}
	}
	return false
}

// update changes a resource in place.
func (c *Cloud) update(
	r *row,
	id, urn string,
	old, inputs, outputs resource.PropertyMap,
	preview bool,
) (resource.PropertyMap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
		on.derive()
		return on.outputs, nil
	}
	record := c.find(r.token, "", id)
	if record == nil {
		return nil, fmt.Errorf(
			"updating %s %q: it does not exist any more; run a refresh and update again",
			r.token,
			id,
		)
	}
	// What others changed since the state was written counts, as with a provider that reads what it
	// updated.
	on.outputs = overlay(r, old, inputs, record.Outputs)
	err := c.checkReferences(on)
	if err == nil && r.beforeUpdate != nil {
		err = r.beforeUpdate(on)
	}
	if err != nil {
		c.note("refuse", r.token, id, urn)
		return nil, fmt.Errorf("updating %s %q: %w", r.token, id, err)
	}
	on.derive()
	record.Inputs, record.Outputs = inputs.Copy(), on.outputs
	if r.afterUpdate != nil {
		if err := r.afterUpdate(on); err != nil {
			return nil, fmt.Errorf("updating %s %q: %w", r.token, id, err)
		}
	}
	c.note("update", r.token, id, urn)
	if err := c.runHook(r.change, record); err != nil {
		return nil, fmt.Errorf("updating %s %q: %w", r.token, id, err)
	}
	return on.outputs, nil
}

// read returns what exists now; nil where it is gone.
func (c *Cloud) read(r *row, id string) (inputs, outputs resource.PropertyMap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	record := c.find(r.token, "", id)
	if record == nil {
		return nil, nil
	}
	return record.Inputs.Copy(), record.Outputs.Copy()
}

// destroy deletes a resource; one that is gone already is no error, as in the provider.
func (c *Cloud) destroy(r *row, id, urn string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	record := c.find(r.token, "", id)
	if record == nil {
		return nil
	}
	on := &call{
		cloud:   c,
		row:     r,
		id:      id,
		urn:     urn,
		inputs:  record.Inputs,
		outputs: record.Outputs,
	}
	err := c.blocked(record)
	if err == nil && r.beforeDelete != nil {
		err = r.beforeDelete(on)
	}
	if err != nil {
		c.note("refuse", r.token, id, urn)
		return fmt.Errorf("deleting %s %q: %w", r.token, id, err)
	}
	if err := c.runHook(r.end, record); err != nil {
		return fmt.Errorf("deleting %s %q: %w", r.token, id, err)
	}
	c.remove(r.token, id)
	c.note("delete", r.token, id, urn)
	if r.afterDelete != nil {
		return r.afterDelete(on)
	}
	return nil
}

// blocked says why AWS would not delete a record that others still refer to.
func (c *Cloud) blocked(target *Record) error {
	for token, records := range c.records {
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

// derive works out the outputs that follow the inputs, and tagsAll.
func (on *call) derive() {
	for key, compute := range on.row.derived {
		on.set(key, compute(on))
	}
	if tags, ok := on.inputs["tags"]; ok {
		on.outputs["tagsAll"] = tags
	}
}

// withDefaults is what the outputs start as: the inputs, and the schema's defaults.
func withDefaults(r *row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for key, v := range r.defaults {
		if !present(inputs, key) {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(v)
		}
	}
	return outputs
}

// overlay is what the outputs of an update start as: the old ones, without inputs that are
// gone, with the new inputs over them.
func overlay(r *row, old, inputs, outputs resource.PropertyMap) resource.PropertyMap {
	merged := outputs.Copy()
	for key := range old {
		delete(merged, key)
	}
	for key, v := range withDefaults(r, inputs) {
		merged[key] = v
	}
	return merged
}

func previewOutputs(r *row, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := withDefaults(r, inputs)
	for _, computed := range []map[string]value{r.computed, r.derived} {
		for key := range computed {
			if !present(inputs, key) {
				outputs[resource.PropertyKey(key)] = resource.MakeComputed(resource.NewStringProperty(""))
			}
		}
	}
	return outputs
}

func subject(on *call) string {
	if name := on.name(); name != "" {
		return name
	}
	return on.urn[strings.LastIndex(on.urn, "::")+2:]
}

// runHook calls a hook of a row where things run, with the lock given back meanwhile.
func (c *Cloud) runHook(hook func(*Cloud, Record) error, r *Record) error {
	if !c.runs() || hook == nil {
		return nil
	}
	copied := *r
	copied.Inputs, copied.Outputs = r.Inputs.Copy(), r.Outputs.Copy()
	c.mu.Unlock()
	defer c.mu.Lock()
	return hook(c, copied)
}
