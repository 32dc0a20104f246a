// Listeners that run: a network or an application load balancer opens and closes at each.
package localcloud

import "net/netip"

// openBalancer opens a front in every zone of a load balancer's listener.
func openBalancer(c *Cloud, listener Record) error {
	c.mu.Lock()
	found := c.find(loadBalancerType, "", listener.str("loadBalancerArn"))
	if found == nil {
		c.mu.Unlock()
		return nil
	}
	owner, fronts := *found, []*front(nil)
	for _, r := range c.ownInterfaces(owner.ID) {
		address, err := netip.ParseAddr(r.str("privateIp"))
		if err == nil {
			fronts = append(fronts, &front{zone: r.str("availabilityZone"), address: address})
		}
	}
	c.mu.Unlock()
	if owner.str("loadBalancerType") == "application" {
		return openApplication(c, owner, fronts, listener)
	}
	return openNetwork(c, owner, fronts, listener)
}

func changeApplication(c *Cloud, listener Record) error {
	a := c.life()
	a.mu.Lock()
	b := a.applications[listener.ID]
	a.mu.Unlock()
	if b == nil {
		return nil
	}
	action, err := actionOf(listener)
	if err == nil {
		b.apply(action)
	}
	return err
}

func closeBalancerFronts(c *Cloud, listener Record) error {
	a := c.life()
	a.mu.Lock()
	b, application := a.balancers[listener.ID], a.applications[listener.ID]
	delete(a.balancers, listener.ID)
	delete(a.applications, listener.ID)
	a.mu.Unlock()
	switch {
	case b != nil:
		return b.close()
	case application != nil:
		return application.close()
	}
	return nil
}
