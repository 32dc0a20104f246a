// The lock of a cloud, as a value: whatever reads or changes records takes a Tx, which only View and
// Update give.
package localcloud

import "fmt"

// Tx is a cloud's records while nobody else reads or changes them. It ends with the function that it
// was given to.
type Tx struct {
	cloud *Cloud
	// values are what no record shows (the content of objects, tokens, sessions), by keys that each
	// service chooses.
	values   map[string]any
	writable bool
}

// View reads records.
func (c *Cloud) View(do func(*Tx)) { c.locked(false, do) }

// Update reads and changes records.
func (c *Cloud) Update(do func(*Tx)) { c.locked(true, do) }

func (c *Cloud) locked(writable bool, do func(*Tx)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&Tx{cloud: c, values: c.values, writable: writable})
}

// paused does something without the lock in the middle of a transaction: what was read before may
// have changed after it.
func (tx *Tx) paused(do func()) {
	tx.cloud.mu.Unlock()
	defer tx.cloud.mu.Lock()
	do()
}

// mustWrite ends the program where View was called for what Update is for.
func (tx *Tx) mustWrite(what, token, id string) {
	if !tx.writable {
		panic(fmt.Sprintf("localcloud: %s %s %q in a View: call Update", what, token, id))
	}
}

// view is View with a result.
func view[T any](c *Cloud, do func(*Tx) T) (result T) {
	c.View(func(tx *Tx) { result = do(tx) })
	return result
}

// view2 is View with two results.
func view2[T, U any](c *Cloud, do func(*Tx) (T, U)) (first T, second U) {
	c.View(func(tx *Tx) { first, second = do(tx) })
	return first, second
}

// update is Update with a result.
func update[T any](c *Cloud, do func(*Tx) T) (result T) {
	c.Update(func(tx *Tx) { result = do(tx) })
	return result
}

// update2 is Update with two results.
func update2[T, U any](c *Cloud, do func(*Tx) (T, U)) (first T, second U) {
	c.Update(func(tx *Tx) { first, second = do(tx) })
	return first, second
}
