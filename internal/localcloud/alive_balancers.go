// Network load balancers that pass connections on: one front in each zone, behind which only the
// zone's own healthy targets stand, with AWS's health checks and delays on the scaled clock.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// propagation is how long new connections still go to a target that is known to be unhealthy:
// 30 to 40 s (facts, "AWS"): the middle.
const propagation = 35 * time.Second

// balancer is one TCP listener of a network load balancer.
type balancer struct {
	cloud    *Cloud
	alive    *alive
	listener Record
	dnsName  string
	affinity bool
	fronts   []*front
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	targets map[string]*target  // by address
	pipes   map[net.Conn]string // open connections and the target they lead to
}

// front is the load balancer's address in one zone.
type front struct {
	zone    string
	address netip.Addr
	socket  net.Listener
}

// target is one address behind the load balancer, as its health checks see it.
type target struct {
	address netip.Addr
	port    int
	zone    string
	healthy bool
	initial bool // no verdict yet: gets connections only when nobody has one
	streak  int  // equal answers against the verdict
	since   time.Time
}

// openBalancer opens a front in every zone of a network load balancer's listener. Listeners of
// application load balancers come alive with the tasks behind them, in a later step.
func openBalancer(c *Cloud, listener Record) error {
	c.mu.Lock()
	owner := c.find(loadBalancerType, "", listener.str("loadBalancerArn"))
	if owner == nil || owner.str("loadBalancerType") != "network" {
		c.mu.Unlock()
		return nil
	}
	b := &balancer{cloud: c, alive: c.alive, listener: listener, dnsName: owner.str("dnsName"), targets: map[string]*target{},
		affinity: owner.str("dnsRecordClientRoutingPolicy") == "availability_zone_affinity", pipes: map[net.Conn]string{}}
	for _, r := range c.ownInterfaces(owner.ID) {
		address, err := netip.ParseAddr(r.str("privateIp"))
		if err == nil {
			b.fronts = append(b.fronts, &front{zone: r.str("availabilityZone"), address: address})
		}
	}
	c.mu.Unlock()
	port := int(number(listener.Get("port")))
	for _, f := range b.fronts {
		socket, err := net.Listen("tcp", netip.AddrPortFrom(f.address, uint16(port)).String())
		if err != nil {
			return errors.Join(fmt.Errorf("opening the load balancer's front in %s: %w", f.zone, err), b.close())
		}
		f.socket = socket
	}
	b.start()
	b.alive.mu.Lock()
	defer b.alive.mu.Unlock()
	b.alive.balancers[listener.ID] = b
	return nil
}

func number(v any) float64 {
	n, _ := v.(float64)
	return n
}

func (b *balancer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	b.running.Go(func() { b.watch(ctx) })
	for _, f := range b.fronts {
		b.running.Go(func() { b.accept(f) })
	}
}

func closeBalancerFronts(c *Cloud, listener Record) error {
	a := c.life()
	a.mu.Lock()
	b := a.balancers[listener.ID]
	delete(a.balancers, listener.ID)
	a.mu.Unlock()
	if b == nil {
		return nil
	}
	return b.close()
}

// close ends the fronts and every connection through them.
func (b *balancer) close() error {
	var errs []error
	if b.stop != nil {
		b.stop()
	}
	for _, f := range b.fronts {
		if f.socket != nil {
			errs = append(errs, f.socket.Close())
		}
	}
	b.mu.Lock()
	open := slices.Collect(maps.Keys(b.pipes))
	b.mu.Unlock()
	for _, connection := range open {
		_ = connection.Close() // it is being ended, whatever its state
	}
	b.running.Wait()
	return errors.Join(errs...)
}

// check is a target group's health check, as its record says.
type healthProbe struct {
	interval, timeout  time.Duration
	path               string
	port               int
	healthy, unhealthy int
}

// watch looks at every target again and again, at the interval of its health check.
func (b *balancer) watch(ctx context.Context) {
	for {
		probe, known := b.refresh()
		var looking sync.WaitGroup
		if known {
			for _, t := range b.snapshot() {
				looking.Go(func() { b.judge(t.address.String(), probe, b.probe(ctx, t, probe)) })
			}
		}
		looking.Wait()
		select {
		case <-ctx.Done():
			return
		case <-time.After(scaled(max(probe.interval, time.Second), b.alive.Scale)):
		}
	}
}

func scaled(d time.Duration, scale float64) time.Duration { return time.Duration(float64(d) / scale) }

// refresh reads the targets that are registered now, and how they are checked.
func (b *balancer) refresh() (healthProbe, bool) {
	c := b.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	actions, _ := b.listener.Get("defaultActions").([]any)
	if len(actions) == 0 {
		return healthProbe{}, false
	}
	action, _ := actions[0].(map[string]any)
	group := c.find(targetGroupType, "arn", fmt.Sprint(action["targetGroupArn"]))
	if group == nil {
		return healthProbe{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	registered := map[string]bool{}
	for _, r := range c.all(targetAttachmentType) {
		address, err := netip.ParseAddr(r.str("targetId"))
		if r.str("targetGroupArn") != group.ID || err != nil {
			continue
		}
		registered[address.String()] = true
		if b.targets[address.String()] == nil {
			end, _ := c.flowEnd(address)
			b.targets[address.String()] = &target{address: address, port: int(number(r.Get("port"))), zone: end.zone, initial: true, since: time.Now()}
		} else if b.targets[address.String()].zone == "" {
			end, _ := c.flowEnd(address)
			b.targets[address.String()].zone = end.zone
		}
	}
	for address := range b.targets {
		if !registered[address] {
			delete(b.targets, address)
		}
	}
	return probeOf(group), true
}

func probeOf(group *Record) healthProbe {
	says, _ := group.Get("healthCheck").(map[string]any)
	seconds := func(key string) time.Duration { return time.Duration(number(says[key]) * float64(time.Second)) }
	var port int
	_, _ = fmt.Sscan(fmt.Sprint(says["port"]), &port) // "traffic-port" stays 0
	path, _ := says["path"].(string)
	return healthProbe{interval: seconds("interval"), timeout: seconds("timeout"), path: path, port: port,
		healthy: int(number(says["healthyThreshold"])), unhealthy: int(number(says["unhealthyThreshold"]))}
}

func (b *balancer) snapshot() []target {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]target, 0, len(b.targets))
	for _, t := range b.targets {
		list = append(list, *t)
	}
	return list
}

// probe asks one target once, from the load balancer's own address in the target's zone.
func (b *balancer) probe(ctx context.Context, t target, p healthProbe) bool {
	port := p.port
	if port == 0 {
		port = t.port
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	dialer, err := b.dialer(t.zone, t.address, port)
	if err != nil {
		return false
	}
	if p.path == "" {
		connection, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(t.address, uint16(port)).String())
		return err == nil && connection.Close() == nil
	}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d%s", t.address, port, p.path), nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the status alone counts
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// dialer connects from the front of a zone, if the security groups let it.
func (b *balancer) dialer(zone string, to netip.Addr, port int) (*net.Dialer, error) {
	i := slices.IndexFunc(b.fronts, func(f *front) bool { return f.zone == zone })
	if i < 0 {
		return nil, fmt.Errorf("the load balancer has no front in zone %q", zone)
	}
	if err := b.cloud.Allowed(b.fronts[i].address, to, port); err != nil {
		return nil, err
	}
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: b.fronts[i].address.AsSlice()}}, nil
}

// judge counts answers until there are enough of one kind for another verdict.
func (b *balancer) judge(address string, p healthProbe, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.targets[address]
	if t == nil {
		return
	}
	if answered == t.healthy && !t.initial {
		t.streak = 0
		return
	}
	t.streak++
	if needed := map[bool]int{true: p.healthy, false: p.unhealthy}[answered]; t.streak >= needed {
		t.healthy, t.initial, t.streak, t.since = answered, false, 0, time.Now()
	}
}
