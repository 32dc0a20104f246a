// How targets become healthy and unhealthy: each running load balancer probes the targets of its
// groups, on the scaled clock.
package elbv2

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// targetGroup is a target group as one running load balancer sees it.
type targetGroup struct {
	cloud *cloud.Cloud
	arn   string
	// dial returns a dialer from the load balancer to a port of one of its targets, if the security
	// groups allow the connection.
	dial func(to target, port int) (*net.Dialer, error)

	mu      sync.Mutex
	targets map[string]*target // by address
}

// target is one address of a target group.
type target struct {
	Address netip.Addr
	port    int
	zone    string
	Healthy bool
	Initial bool // not enough probes yet: gets connections only if no target has passed
	streak  int  // probes in a row that contradict Healthy
	since   time.Time
}

// healthProbe holds the health check settings of a target group.
type healthProbe struct {
	interval, timeout  time.Duration
	path, matcher      string
	port               int // 0: the target's own
	healthy, unhealthy int
}

func newTargetGroup(c *cloud.Cloud, group string, dial func(target, int) (*net.Dialer, error)) *targetGroup {
	return &targetGroup{
		cloud:   c,
		arn:     group,
		dial:    dial,
		targets: map[string]*target{},
	}
}

// watch probes every target at the interval of the health check, until ctx ends.
func (p *targetGroup) watch(ctx context.Context) {
	for {
		probe, known := p.refresh()
		var probing sync.WaitGroup
		if known {
			for _, t := range p.Snapshot() {
				probing.Go(func() { p.countProbe(t.Address.String(), probe, p.probe(ctx, t, probe)) })
			}
		}
		probing.Wait()
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.cloud.Scaled(max(probe.interval, time.Second))):
		}
	}
}

// refresh reads the registered targets and the health check settings; false if the group is gone.
func (p *targetGroup) refresh() (healthProbe, bool) {
	c := p.cloud
	return cloud.View2(c, func(tx *cloud.Tx) (healthProbe, bool) {
		group := tx.Find(TargetGroupType, "arn", p.arn)
		if group == nil {
			return healthProbe{}, false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		registered := map[string]bool{}
		for _, r := range append(tx.All(TargetAttachmentType), tx.All(RegisteredType)...) {
			address, err := netip.ParseAddr(r.Str("targetId"))
			if r.Str("targetGroupArn") != p.arn || err != nil {
				continue
			}
			registered[address.String()] = true
			if p.targets[address.String()] == nil {
				p.targets[address.String()] = &target{
					Address: address,
					port:    int(cloud.Number(r.Get("port"))),
					Initial: true,
					since:   time.Now(),
				}
			}
			if t := p.targets[address.String()]; t.zone == "" {
				end, _ := ec2.FindFlowEnd(tx, address)
				t.zone = end.Zone
			}
		}
		for address := range p.targets {
			if !registered[address] {
				delete(p.targets, address)
			}
		}
		return probeOf(group), true
	})
}

func probeOf(group *cloud.Record) healthProbe {
	settings, _ := group.Get("healthCheck").(map[string]any)
	seconds := func(key string) time.Duration {
		return time.Duration(cloud.Number(settings[key]) * float64(time.Second))
	}
	port, _ := strconv.Atoi(fmt.Sprint(settings["port"])) // "traffic-port" stays 0
	path, _ := settings["path"].(string)
	matcher, _ := settings["matcher"].(string)
	return healthProbe{
		interval:  seconds("interval"),
		timeout:   seconds("timeout"),
		path:      path,
		matcher:   matcher,
		port:      port,
		healthy:   int(cloud.Number(settings["healthyThreshold"])),
		unhealthy: int(cloud.Number(settings["unhealthyThreshold"])),
	}
}

// Snapshot returns a copy of all targets.
func (p *targetGroup) Snapshot() []target {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]target, 0, len(p.targets))
	for _, t := range p.targets {
		list = append(list, *t)
	}
	return list
}

// probe probes one target once. It returns true if the probe passed.
func (p *targetGroup) probe(ctx context.Context, t target, settings healthProbe) bool {
	port := settings.port
	if port == 0 {
		port = t.port
	}
	ctx, cancel := context.WithTimeout(ctx, settings.timeout)
	defer cancel()
	dialer, err := p.dial(t, port)
	if err != nil {
		return false
	}
	if settings.path == "" {
		connection, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(t.Address, uint16(port)).String())
		return err == nil && connection.Close() == nil
	}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(
		ctx,
		http.MethodGet,
		fmt.Sprintf("http://%s:%d%s", t.Address, port, settings.path),
		nil,
	)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // only the status counts
	return response.Body.Close() == nil && matched(settings.matcher, response.StatusCode)
}

// matched reports whether a matcher contains a status: "200", "200,202" or "200-399".
func matched(matcher string, status int) bool {
	for _, part := range strings.Split(matcher, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, lowErr := strconv.Atoi(first)
		high, highErr := strconv.Atoi(last)
		if lowErr == nil && highErr == nil && status >= low && status <= high {
			return true
		}
	}
	return false
}

// countProbe counts the results of probes. Enough results in a row change whether a target is
// healthy.
func (p *targetGroup) countProbe(address string, settings healthProbe, passed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.targets[address]
	if t == nil {
		return
	}
	if passed == t.Healthy && !t.Initial {
		t.streak = 0
		return
	}
	t.streak++
	if needed := map[bool]int{true: settings.healthy, false: settings.unhealthy}[passed]; t.streak >= needed {
		t.Healthy, t.Initial, t.streak, t.since = passed, false, 0, time.Now()
	}
}
