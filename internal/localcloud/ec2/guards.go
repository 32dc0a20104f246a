// How real connections of processes meet the security groups: a guard checks each one, and drills
// can partition the network.
package ec2

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// network is the state of the network between machines.
type network struct {
	mu        sync.Mutex
	partition *partition      // nil: it is not cut
	dropped   map[string]bool // why connections were dropped
}

var networks = cloud.NewState(
	cloud.StopServers,
	func(*cloud.Cloud, cloud.Runtime) (*network, error) { return &network{dropped: map[string]bool{}}, nil },
	func(*network) error { return nil },
)

func (n *network) cutBetween(a, b netip.Addr) bool {
	if n == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.partition.between(a, b)
}

func (n *network) noteDropped(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropped[why.Error()] = true
}

// partition is a cut of the network: nothing passes from one side to the other.
type partition struct {
	one, other []netip.Addr
}

func (p *partition) between(a, b netip.Addr) bool {
	return p != nil &&
		(slices.Contains(p.one, a) && slices.Contains(p.other, b) ||
			slices.Contains(p.other, a) && slices.Contains(p.one, b))
}

// NewGuard creates a guard for the processes of the machine with an address. It fills in the
// source, the network and the decisions of o. Call flowguard.Supported first.
func NewGuard(c *cloud.Cloud, source netip.Addr, o flowguard.Options) (*flowguard.Guard, error) {
	network, err := networkOf(c, source)
	if err != nil {
		return nil, err
	}
	o.Source, o.Network = source, network
	o.Decide = func(_ int, destination netip.AddrPort) error {
		err := CheckConnection(c, source, destination.Addr(), int(destination.Port()))
		if err != nil {
			networks.Of(c).noteDropped(err)
		}
		return err
	}
	return flowguard.New(o)
}

// networkOf returns the range of the VPC that contains an address.
func networkOf(c *cloud.Cloud, address netip.Addr) (netip.Prefix, error) {
	return cloud.View2(c, func(tx *cloud.Tx) (netip.Prefix, error) {
		for _, vpc := range tx.All(VpcType) {
			if network, ok := CIDRBlock(vpc); ok && network.Contains(address) {
				return network, nil
			}
		}
		return netip.Prefix{}, fmt.Errorf("guarding the connections of %s: no VPC has that address", address)
	})
}

// Dropped returns which connections of processes on machines were dropped, and why: each once, in
// alphabetical order.
func Dropped(c *cloud.Cloud) []string {
	n := networks.Of(c)
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.dropped))
}

// Partition cuts the network between two sets of private addresses until Heal: connections between
// machines of both fall silent, and new ones get no answer. Connections to all others go on.
func Partition(c *cloud.Cloud, one, other []netip.Addr) error {
	if err := flowguard.Supported(); err != nil {
		return fmt.Errorf("cutting the network between %v and %v: %w", one, other, err)
	}
	cut := &partition{one: one, other: other}
	if err := networks.Of(c).cut(cut); err != nil {
		return err
	}
	// A connection that was allowed a moment ago may appear only after the first look.
	before := -1
	for {
		found, err := eachCut(c, cut, (*flowguard.Guard).Silence)
		if err != nil || found == before {
			return err
		}
		before = found
	}
}

// Heal ends the partition. Silent connections go on where TCP left them.
func Heal(c *cloud.Cloud) error {
	n := networks.Of(c)
	n.mu.Lock()
	cut := n.partition
	n.partition = nil
	n.mu.Unlock()
	if cut == nil {
		return errors.New("healing the network: it is not cut")
	}
	_, err := eachCut(c, cut, (*flowguard.Guard).Hear)
	return err
}

func (n *network) cut(p *partition) error {
	if n == nil {
		return errors.New("cutting the network: nothing runs in this cloud")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.partition != nil {
		return errors.New("cutting the network: it is cut already")
	}
	n.partition = p
	return nil
}

// eachCut calls do for every connection across a partition, at both ends.
func eachCut(c *cloud.Cloud, cut *partition, do func(*flowguard.Guard, flowguard.Match) (int, error)) (int, error) {
	across := func(local, remote netip.AddrPort) bool { return cut.between(local.Addr(), remote.Addr()) }
	total := 0
	for _, m := range Machines.Of(c).All() {
		if m.Guard == nil {
			continue
		}
		found, err := do(m.Guard, across)
		if err != nil {
			return total, err
		}
		total += found
	}
	return total, nil
}
