// What the health checks of running load balancers find of targets: for services and rehearsals.
package localcloud

import (
	"net/netip"
	"slices"
	"time"
)

// TargetHealth is what the health checks of all network load balancers say of their targets, by
// address.
func (c *Cloud) TargetHealth() map[string]bool {
	found := map[string]bool{}
	for _, b := range balancers.of(c).all() {
		for _, t := range b.targetGroup.snapshot() {
			found[t.address.String()] = t.healthy
		}
	}
	return found
}

// register makes an address a target of a group, as ECS does.
func (c *Cloud) register(group string, address netip.Addr, port int) {
	c.Update(func(tx *Tx) {
		tx.keep(
			registeredType,
			group+" "+address.String(),
			map[string]any{"targetGroupArn": group, "targetId": address.String(), "port": float64(port)},
		)
	})
}

func (c *Cloud) deregister(group string, address netip.Addr) {
	c.Update(func(tx *Tx) {
		tx.remove(registeredType, group+" "+address.String())
	})
}

// registeredType records targets that AWS itself registers, for ECS: no row, for no program makes
// one.
const registeredType = "aws:elasticloadbalancing/registered:Target"

// runningGroups are those of all running load balancers that stand for a target group.
func (c *Cloud) runningGroups(group string) (found []*targetGroup) {
	for _, b := range balancers.of(c).all() {
		if b.targetGroup.arn == group {
			found = append(found, b.targetGroup)
		}
	}
	for _, b := range applications.of(c).all() {
		if p := b.groupOf(group); p != nil {
			found = append(found, p)
		}
	}
	return found
}

// inService says whether all load balancers of a target group that run hold an address healthy.
func (c *Cloud) inService(group string, address netip.Addr) bool {
	for _, p := range c.runningGroups(group) {
		healthy := false
		for _, t := range p.snapshot() {
			healthy = healthy || t.address == address && t.healthy
		}
		if !healthy {
			return false
		}
	}
	return true
}

// behindLoadBalancer says whether a listener or one of its rules forwards to a target group.
func (tx *Tx) behindLoadBalancer(arn string) bool {
	for token, actions := range map[string]string{
		"aws:lb/listener:Listener":         "defaultActions",
		"aws:lb/listenerRule:ListenerRule": "actions",
	} {
		for _, r := range tx.all(token) {
			on := &call{cloud: tx.cloud, inputs: r.Inputs}
			if slices.Contains(on.all(actions+".targetGroupArn"), arn) ||
				slices.Contains(on.all(actions+".forward.targetGroups.arn"), arn) {
				return true
			}
		}
	}
	return false
}

// deregistrationDelay is a target group's, on the scaled clock; none where no load balancer runs
// that would drain.
func (c *Cloud) deregistrationDelay(group string) time.Duration {
	if len(c.runningGroups(group)) == 0 {
		return 0
	}
	return view(c, func(tx *Tx) time.Duration {
		found := tx.find(targetGroupType, "arn", group)
		if found == nil {
			return 0
		}
		return c.scaled(time.Duration(number(found.Get("deregistrationDelay"))) * time.Second)
	})
}
