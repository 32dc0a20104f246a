// Wires the parts of one kind: the services, the identities.

package stacks

import "golang.org/x/sync/errgroup"

// each makes a part from every item, side by side, and returns them in the order of the items. A
// component registers its outputs last, which waits until the engine has seen it; one after the
// other, that wait was a tenth of an update on the embedded AWS. The error is the first one's.
func each[Item, Part any](items []Item, wire func(Item) (Part, error)) ([]Part, error) {
	parts := make([]Part, len(items))
	var group errgroup.Group
	for i, item := range items {
		group.Go(func() (err error) {
			parts[i], err = wire(item)
			return err
		})
	}
	return parts, group.Wait()
}
