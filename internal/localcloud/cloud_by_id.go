// Running things by their id, as services keep them in their state.
package localcloud

import (
	"maps"
	"slices"
	"sync"
)

// byID holds things of one kind. A nil one, as in a cloud where nothing runs, holds nothing.
type byID[T any] struct {
	mu    sync.Mutex
	items map[string]T
}

// get is the thing of an id, or T's zero value.
func (b *byID[T]) get(id string) T {
	var none T
	if b == nil {
		return none
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.items[id]
}

func (b *byID[T]) set(id string, item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.items == nil {
		b.items = map[string]T{}
	}
	b.items[id] = item
}

// getOrMake is the thing of an id, made once.
func (b *byID[T]) getOrMake(id string, make func() (T, error)) (T, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if item, known := b.items[id]; known {
		return item, nil
	}
	item, err := make()
	if err == nil {
		if b.items == nil {
			b.items = map[string]T{}
		}
		b.items[id] = item
	}
	return item, err
}

// take is get, and the thing is no longer held.
func (b *byID[T]) take(id string) T {
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

// all are the things held, in any order.
func (b *byID[T]) all() []T {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.items))
}

// takeAll is all, and none is held any longer.
func (b *byID[T]) takeAll() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := slices.Collect(maps.Values(b.items))
	clear(b.items)
	return items
}
