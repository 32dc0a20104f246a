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

// RollBack makes every deployment of a service from now on end where it is now, as ECS's circuit
// breaker does with tasks that never become healthy: the service is steady again, on the task
// definition of before, and only a look at it tells. The returned function ends that.
func (c *Cloud) RollBack(service string) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.all("aws:ecs/service:Service") {
		if s.str("name") == service {
			c.private[rollbackKey(service)] = s.str("taskDefinition")
		}
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.private, rollbackKey(service))
	}
}

func rollbackKey(service string) string { return "rolled back " + service }

// Put puts an object into a bucket, as somebody with the right to write could, over whatever is
// there; S3's own checksums fit it. The returned function puts back what was.
func (c *Cloud) Put(bucket, key string, content []byte) (undo func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, found := c.object(bucket, key)
	held, _ := c.private[objectPropertiesKey(bucket, key)].(storedObject)
	put := func(content []byte, held storedObject) {
		c.private[objectKey(bucket, key)] = content
		c.private[objectPropertiesKey(bucket, key)] = held
	}
	other := held
	other.tag, other.checksums = tagOf(content), nil
	put(content, other)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if found {
			put(before, held)
		} else {
			c.dropObject(bucket, key)
		}
	}
}
