// Faults on order: the drills make one creation fail, as AWS does on a bad night.
package cloud

import "strings"

// Fault makes calls fail while it is armed.
type Fault struct {
	// Token is the type that fails.
	Token string
	// Name is the logical name that fails; empty: any of the type.
	Name string
	// Error is what AWS says.
	Error string

	hits int
}

// Arm makes creations that match fail until Disarm. The returned function says how many did.
func (c *Cloud) Arm(f Fault) (hits func() int) {
	armed := &f
	c.Update(func(*Tx) { c.faults = append(c.faults, armed) })
	return func() int {
		return View(c, func(*Tx) int { return armed.hits })
	}
}

// Disarm takes all faults back.
func (c *Cloud) Disarm() {
	c.Update(func(*Tx) { c.faults = nil })
}

// armedFault returns the error of the first fault that matches, "" if none does.
func (tx *Tx) armedFault(token, urn string) string {
	for _, f := range tx.Cloud.faults {
		if f.Token == token && (f.Name == "" || strings.HasSuffix(urn, "::"+f.Name)) {
			f.hits++
			return f.Error
		}
	}
	return ""
}
