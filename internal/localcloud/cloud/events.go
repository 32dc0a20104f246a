// What the cloud did, in order: drills and reports read it.
package cloud

import "slices"

// Event is one thing that the cloud did, in order.
type Event struct {
	Operation string // create, update, delete, refuse
	Type, ID  string
	URN       string
}

// Events returns what the cloud did so far, in order.
func (c *Cloud) Events() []Event {
	return View(c, func(tx *Tx) []Event {
		return slices.Clone(tx.Cloud.events)
	})
}

func (tx *Tx) Note(operation, token, id, urn string) {
	tx.mustWrite("noting an event of", token, id)
	tx.Cloud.events = append(tx.Cloud.events, Event{
		Operation: operation,
		Type:      token,
		ID:        id,
		URN:       urn,
	})
}
