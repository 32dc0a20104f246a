// Running things by their id, as services keep them in their state.
package cloud

import (
	"maps"
	"slices"
	"sync"
)

// ByID holds things of one kind. A nil one, as in a cloud where nothing runs, holds nothing.
type ByID[T any] struct {
	mu    sync.Mutex
	items map[string]T
}

// Get is the thing of an id, or T's zero value.
func (b *ByID[T]) Get(id string) T {
	var none T
	if b == nil {
		return none
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.items[id]
}

func (b *ByID[T]) Set(id string, item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.items == nil {
		b.items = map[string]T{}
	}
	b.items[id] = item
}

// GetOrMake is the thing of an id, made once.
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

// Take is get, and the thing is no longer held.
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

// All are the things held, in any order.
func (b *ByID[T]) All() []T {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.items))
}

// TakeAll is all, and none is held any longer.
func (b *ByID[T]) TakeAll() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := slices.Collect(maps.Values(b.items))
	clear(b.items)
	return items
}
