// What the cloud did, in order. Drills and reports read it to check what a deployment changed.
package cloud

import "slices"

// Event is one operation of the cloud on one resource.
type Event struct {
	Operation string // create, update, delete, refuse
	Type, ID  string
	URN       string
}

// Events returns all operations so far, oldest first.
func (c *Cloud) Events() []Event {
	return View(c, func(tx *Tx) []Event {
		return slices.Clone(tx.Cloud.events)
	})
}

// Note adds an event; operation is one of those that Event lists.
func (tx *Tx) Note(operation, token, id, urn string) {
	tx.mustWrite("noting an event of", token, id)
	tx.Cloud.events = append(tx.Cloud.events, Event{
		Operation: operation,
		Type:      token,
		ID:        id,
		URN:       urn,
	})
}
