// Faults on order: drills make a creation fail as AWS might, and check what the platform does then.
package cloud

import "strings"

// Fault makes calls fail while it is armed.
type Fault struct {
	// Token is the type that fails.
	Token string
	// Name is the logical name that fails; empty: any of the type.
	Name string
	// Error is the text of AWS's error.
	Error string

	hits int
}

// Arm makes matching creations fail until Disarm. The returned function says how many have failed.
func (c *Cloud) Arm(f Fault) (hits func() int) {
	armed := &f
	c.Update(func(*Tx) { c.faults = append(c.faults, armed) })
	return func() int {
		return View(c, func(*Tx) int { return armed.hits })
	}
}

// Disarm removes all faults.
func (c *Cloud) Disarm() {
	c.Update(func(*Tx) { c.faults = nil })
}

// armedFault returns the error of the first fault that matches and counts the hit; "" if none does.
func (tx *Tx) armedFault(token, urn string) string {
	for _, f := range tx.Cloud.faults {
		if f.Token == token && (f.Name == "" || strings.HasSuffix(urn, "::"+f.Name)) {
			f.hits++
			return f.Error
		}
	}
	return ""
}
