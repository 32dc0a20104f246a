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
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

func (c *Cloud) note(operation, token, id, urn string) {
	c.events = append(c.events, Event{
		Operation: operation,
		Type:      token,
		ID:        id,
		URN:       urn,
	})
}
