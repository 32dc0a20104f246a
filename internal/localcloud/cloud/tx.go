// The lock of a cloud, as a value: what reads or changes records takes a Tx, and only View and
// Update give one. So nothing reads records without the lock.
package cloud

import "fmt"

// Tx is a transaction: a cloud's records while nothing else reads or changes them. It ends with the
// function that View or Update calls.
type Tx struct {
	Cloud *Cloud
	// Values are what no record shows (the content of objects, tokens, sessions), by keys that each
	// service chooses.
	Values   map[string]any
	writable bool
}

// View calls a function that reads records.
func (c *Cloud) View(do func(*Tx)) { c.locked(false, do) }

// Update calls a function that reads and changes records.
func (c *Cloud) Update(do func(*Tx)) { c.locked(true, do) }

func (c *Cloud) locked(writable bool, do func(*Tx)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&Tx{Cloud: c, Values: c.values, writable: writable})
}

// Paused calls a function without the lock in the middle of a transaction. What was read before may
// have changed afterwards.
func (tx *Tx) Paused(do func()) {
	tx.Cloud.mu.Unlock()
	defer tx.Cloud.mu.Lock()
	do()
}

// mustWrite panics where a View changes records.
func (tx *Tx) mustWrite(what, token, id string) {
	if !tx.writable {
		panic(fmt.Sprintf("localcloud: %s %s %q in a View: call Update", what, token, id))
	}
}

// View is Cloud.View with a result.
func View[T any](c *Cloud, do func(*Tx) T) (result T) {
	c.View(func(tx *Tx) { result = do(tx) })
	return result
}

// View2 is Cloud.View with two results.
func View2[T, U any](c *Cloud, do func(*Tx) (T, U)) (first T, second U) {
	c.View(func(tx *Tx) { first, second = do(tx) })
	return first, second
}

// Update is Cloud.Update with a result.
func Update[T any](c *Cloud, do func(*Tx) T) (result T) {
	c.Update(func(tx *Tx) { result = do(tx) })
	return result
}

// Update2 is Cloud.Update with two results.
func Update2[T, U any](c *Cloud, do func(*Tx) (T, U)) (first T, second U) {
	c.Update(func(tx *Tx) { first, second = do(tx) })
	return first, second
}
