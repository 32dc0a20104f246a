// What a service runs, by id. Hooks of several resources run at once, so services share one safe
// map.
package cloud

import (
	"maps"
	"slices"
	"sync"
)

// ByID is a map that many goroutines may use. A nil ByID, as in a cloud where nothing runs, is
// empty.
type ByID[T any] struct {
	mu    sync.Mutex
	items map[string]T
}

// Get returns the item of an id, or T's zero value.
func (b *ByID[T]) Get(id string) T {
	var none T
	if b == nil {
		return none
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.items[id]
}

// Set stores an item under an id, over whatever is there.
func (b *ByID[T]) Set(id string, item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.items == nil {
		b.items = map[string]T{}
	}
	b.items[id] = item
}

// GetOrMake returns the item of an id and creates it on the first call. After an error nothing is
// stored.
func (b *ByID[T]) GetOrMake(id string, create func() (T, error)) (T, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if item, known := b.items[id]; known {
		return item, nil
	}
	item, err := create()
	if err == nil {
		if b.items == nil {
			b.items = map[string]T{}
		}
		b.items[id] = item
	}
	return item, err
}

// Take removes the item of an id and returns it, or T's zero value.
func (b *ByID[T]) Take(id string) T {
	var none T
	if b == nil {
		return none
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	item := b.items[id]
	delete(b.items, id)
	return item
}

// All returns the items in any order.
func (b *ByID[T]) All() []T {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.items))
}

// TakeAll removes all items and returns them in any order.
func (b *ByID[T]) TakeAll() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := slices.Collect(maps.Values(b.items))
	clear(b.items)
	return items
}
