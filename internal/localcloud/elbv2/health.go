// What the health checks of running load balancers find of targets: for services and rehearsals.
package elbv2

import (
	"net/netip"
	"slices"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// TargetHealth is what the health checks of all network load balancers say of their targets, by
// address.
func TargetHealth(c *cloud.Cloud) map[string]bool {
	found := map[string]bool{}
	for _, b := range balancers.Of(c).All() {
		for _, t := range b.targetGroup.Snapshot() {
			found[t.Address.String()] = t.Healthy
		}
	}
	return found
}

// Register makes an address a target of a group, as ECS does.
func Register(c *cloud.Cloud, group string, address netip.Addr, port int) {
	c.Update(func(tx *cloud.Tx) {
		tx.Keep(
			RegisteredType,
			group+" "+address.String(),
			map[string]any{"targetGroupArn": group, "targetId": address.String(), "port": float64(port)},
		)
	})
}

func Deregister(c *cloud.Cloud, group string, address netip.Addr) {
	c.Update(func(tx *cloud.Tx) {
		tx.Remove(RegisteredType, group+" "+address.String())
	})
}

// RegisteredType records targets that AWS itself registers, for ECS: no row, for no program makes
// one.
const RegisteredType = "aws:elasticloadbalancing/registered:Target"

// RunningTargetGroups are those of all running load balancers that stand for a target group.
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

// HealthyEverywhere says whether all load balancers of a target group that run hold an address
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

// HasLoadBalancer says whether a listener or one of its rules forwards to a target group.
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

// DeregistrationDelay is a target group's, on the scaled clock; none where no load balancer runs
// that would drain.
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
