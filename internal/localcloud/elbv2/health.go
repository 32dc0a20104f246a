// Which targets are healthy, for ECS and for rehearsals; ECS also registers its tasks here.
package elbv2

import (
	"net/netip"
	"slices"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// TargetHealth returns whether the targets of all network load balancers are healthy, by address.
func TargetHealth(c *cloud.Cloud) map[string]bool {
	found := map[string]bool{}
	for _, b := range balancers.Of(c).All() {
		for _, t := range b.targetGroup.Snapshot() {
			found[t.Address.String()] = t.Healthy
		}
	}
	return found
}

// Register registers an address as a target of a group, as ECS does.
func Register(c *cloud.Cloud, group string, address netip.Addr, port int) {
	c.Update(func(tx *cloud.Tx) {
		tx.Keep(
			RegisteredType,
			group+" "+address.String(),
			map[string]any{"targetGroupArn": group, "targetId": address.String(), "port": float64(port)},
		)
	})
}

// Deregister removes an address that Register registered.
func Deregister(c *cloud.Cloud, group string, address netip.Addr) {
	c.Update(func(tx *cloud.Tx) {
		tx.Remove(RegisteredType, group+" "+address.String())
	})
}

// RegisteredType records the targets that AWS itself registers for ECS. It has no row, because no
// program creates them.
const RegisteredType = "aws:elasticloadbalancing/registered:Target"

// RunningTargetGroups returns a target group as each running load balancer sees it.
func RunningTargetGroups(c *cloud.Cloud, group string) (found []*targetGroup) {
	for _, b := range balancers.Of(c).All() {
		if b.targetGroup.arn == group {
			found = append(found, b.targetGroup)
		}
	}
	for _, b := range applications.Of(c).All() {
		if p := b.groupOf(group); p != nil {
			found = append(found, p)
		}
	}
	return found
}

// HealthyEverywhere reports whether all running load balancers of a target group find an address
// healthy.
func HealthyEverywhere(c *cloud.Cloud, group string, address netip.Addr) bool {
	for _, p := range RunningTargetGroups(c, group) {
		healthy := false
		for _, t := range p.Snapshot() {
			healthy = healthy || t.Address == address && t.Healthy
		}
		if !healthy {
			return false
		}
	}
	return true
}

// HasLoadBalancer reports whether a listener or one of its rules forwards to a target group.
func HasLoadBalancer(tx *cloud.Tx, arn string) bool {
	for token, actions := range map[string]string{
		"aws:lb/listener:Listener":         "defaultActions",
		"aws:lb/listenerRule:ListenerRule": "actions",
	} {
		for _, r := range tx.All(token) {
			on := &cloud.Call{Cloud: tx.Cloud, Inputs: r.Inputs}
			if slices.Contains(on.All(actions+".targetGroupArn"), arn) ||
				slices.Contains(on.All(actions+".forward.targetGroups.arn"), arn) {
				return true
			}
		}
	}
	return false
}

// DeregistrationDelay returns the deregistration delay of a target group on the scaled clock; 0 if
// no running load balancer would drain it.
func DeregistrationDelay(c *cloud.Cloud, group string) time.Duration {
	if len(RunningTargetGroups(c, group)) == 0 {
		return 0
	}
	return cloud.View(c, func(tx *cloud.Tx) time.Duration {
		found := tx.Find(TargetGroupType, "arn", group)
		if found == nil {
			return 0
		}
		return c.Scaled(time.Duration(cloud.Number(found.Get("deregistrationDelay"))) * time.Second)
	})
}
