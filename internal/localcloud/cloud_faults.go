// Faults on order: the drills make one creation fail, as AWS does on a bad night.
package localcloud

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

// Arm makes creations that match fail until Disarm. The returned function tells how many did.
func (c *Cloud) Arm(f Fault) (hits func() int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	armed := &f
	c.faults = append(c.faults, armed)
	return func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return armed.hits
	}
}

// Disarm takes all faults back.
func (c *Cloud) Disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// armed returns the error of the first fault that matches, "" if none does.
func (c *Cloud) armed(token, urn string) string {
	for _, f := range c.faults {
		if f.Token == token && (f.Name == "" || strings.HasSuffix(urn, "::"+f.Name)) {
			f.hits++
			return f.Error
		}
	}
	return ""
}
