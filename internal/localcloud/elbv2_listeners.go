// Listeners that run: a network or an application load balancer opens and closes at each.
package localcloud

import (
	"errors"
	"net/netip"
)

// The running listeners of network and of application load balancers, by ARN.
var (
	balancers    = newState(stopServers, nil, closeAll[*balancer])
	applications = newState(stopRequests, nil, closeAll[*application])
)

func closeAll[T interface{ close() error }](held *byID[T]) error {
	var errs []error
	for _, b := range held.takeAll() {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}

// openBalancer opens a node in every zone of a load balancer's listener.
func openBalancer(c *Cloud, listener Record) error {
	owner := c.copyOf(loadBalancerType, "", listener.str("loadBalancerArn"))
	if owner == nil {
		return nil
	}
	nodes := view(c, func(tx *Tx) (nodes []*node) {
		for _, r := range tx.ownInterfaces(owner.ID) {
			address, err := netip.ParseAddr(r.str("privateIp"))
			if err == nil {
				nodes = append(nodes, &node{zone: r.str("availabilityZone"), address: address})
			}
		}
		return nodes
	})
	if owner.str("loadBalancerType") == "application" {
		return openApplication(c, *owner, nodes, listener)
	}
	return openNetwork(c, *owner, nodes, listener)
}

func changeApplication(c *Cloud, listener Record) error {
	b := applications.of(c).get(listener.ID)
	if b == nil {
		return nil
	}
	action, err := actionOf(listener)
	if err == nil {
		b.apply(action)
	}
	return err
}

func closeListener(c *Cloud, listener Record) error {
	if b := balancers.of(c).take(listener.ID); b != nil {
		return b.close()
	}
	if b := applications.of(c).take(listener.ID); b != nil {
		return b.close()
	}
	return nil
}
