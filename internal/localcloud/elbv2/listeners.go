// What a listener starts and stops: the nodes of its network or application load balancer.
package elbv2

import (
	"errors"
	"net/netip"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// These hold the running listeners of network and application load balancers, by ARN.
var (
	balancers    = cloud.NewState(cloud.StopServers, nil, closeAll[*balancer])
	applications = cloud.NewState(cloud.StopRequests, nil, closeAll[*application])
)

func closeAll[T interface{ close() error }](held *cloud.ByID[T]) error {
	var errs []error
	for _, b := range held.TakeAll() {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}

// openBalancer opens a node in every zone for a listener of a load balancer.
func openBalancer(c *cloud.Cloud, listener cloud.Record) error {
	owner := c.CopyOf(LoadBalancerType, "", listener.Str("loadBalancerArn"))
	if owner == nil {
		return nil
	}
	nodes := cloud.View(c, func(tx *cloud.Tx) (nodes []*node) {
		for _, r := range ec2.OwnInterfaces(tx, owner.ID) {
			address, err := netip.ParseAddr(r.Str("privateIp"))
			if err == nil {
				nodes = append(nodes, &node{zone: r.Str("availabilityZone"), address: address})
			}
		}
		return nodes
	})
	if owner.Str("loadBalancerType") == "application" {
		return openApplication(c, *owner, nodes, listener)
	}
	return openNetwork(c, *owner, nodes, listener)
}

func changeApplication(c *cloud.Cloud, listener cloud.Record) error {
	b := applications.Of(c).Get(listener.ID)
	if b == nil {
		return nil
	}
	action, err := actionOf(listener)
	if err == nil {
		b.apply(action)
	}
	return err
}

func closeListener(c *cloud.Cloud, listener cloud.Record) error {
	if b := balancers.Of(c).Take(listener.ID); b != nil {
		return b.close()
	}
	if b := applications.Of(c).Take(listener.ID); b != nil {
		return b.close()
	}
	return nil
}
