// What the cloud did, in order: drills and reports read it.
package localcloud

import "slices"

// Event is one thing that the cloud did, in order.
type Event struct {
	Operation string // create, update, delete, refuse
	Type, ID  string
	URN       string
}

// Events returns what the cloud did so far, in order.
func (c *Cloud) Events() []Event {
	return view(c, func(tx *Tx) []Event {
		return slices.Clone(tx.cloud.events)
	})
}

func (tx *Tx) note(operation, token, id, urn string) {
	tx.mustWrite("noting an event of", token, id)
	tx.cloud.events = append(tx.cloud.events, Event{
		Operation: operation,
		Type:      token,
		ID:        id,
		URN:       urn,
	})
}
