// Targets: who stands behind a load balancer's listener, as the health checks of its target group
// see them on the scaled clock.
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

// targetGroup is a target group as one running load balancer finds it.
type targetGroup struct {
	cloud *cloud.Cloud
	arn   string
	// dial gives a dialer from the load balancer to one of its targets, if security groups let it
	// connect to that port.
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
	Initial bool // no verdict yet: gets connections only when nobody has one
	streak  int  // equal answers against the verdict
	since   time.Time
}

// healthProbe is a target group's health check, as its record says.
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

// watch looks at every target again and again, at the interval of its health check, until ctx ends.
func (p *targetGroup) watch(ctx context.Context) {
	for {
		probe, known := p.refresh()
		var looking sync.WaitGroup
		if known {
			for _, t := range p.Snapshot() {
				looking.Go(func() { p.countProbe(t.Address.String(), probe, p.probe(ctx, t, probe)) })
			}
		}
		looking.Wait()
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.cloud.Scaled(max(probe.interval, time.Second))):
		}
	}
}

// refresh reads the targets that are registered now, and how they are checked.
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
	says, _ := group.Get("healthCheck").(map[string]any)
	seconds := func(key string) time.Duration { return time.Duration(cloud.Number(says[key]) * float64(time.Second)) }
	port, _ := strconv.Atoi(fmt.Sprint(says["port"])) // "traffic-port" stays 0
	path, _ := says["path"].(string)
	matcher, _ := says["matcher"].(string)
	return healthProbe{
		interval:  seconds("interval"),
		timeout:   seconds("timeout"),
		path:      path,
		matcher:   matcher,
		port:      port,
		healthy:   int(cloud.Number(says["healthyThreshold"])),
		unhealthy: int(cloud.Number(says["unhealthyThreshold"])),
	}
}

func (p *targetGroup) Snapshot() []target {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]target, 0, len(p.targets))
	for _, t := range p.targets {
		list = append(list, *t)
	}
	return list
}

// probe asks one target once.
func (p *targetGroup) probe(ctx context.Context, t target, how healthProbe) bool {
	port := how.port
	if port == 0 {
		port = t.port
	}
	ctx, cancel := context.WithTimeout(ctx, how.timeout)
	defer cancel()
	dialer, err := p.dial(t, port)
	if err != nil {
		return false
	}
	if how.path == "" {
		connection, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(t.Address, uint16(port)).String())
		return err == nil && connection.Close() == nil
	}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(
		ctx,
		http.MethodGet,
		fmt.Sprintf("http://%s:%d%s", t.Address, port, how.path),
		nil,
	)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the status alone counts
	return response.Body.Close() == nil && matched(how.matcher, response.StatusCode)
}

// matched says whether a status is one of a matcher's: "200", "200,202" or "200-399".
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

// countProbe counts answers until there are enough of one kind for another verdict.
func (p *targetGroup) countProbe(address string, how healthProbe, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.targets[address]
	if t == nil {
		return
	}
	if answered == t.Healthy && !t.Initial {
		t.streak = 0
		return
	}
	t.streak++
	if needed := map[bool]int{true: how.healthy, false: how.unhealthy}[answered]; t.streak >= needed {
		t.Healthy, t.Initial, t.streak, t.since = answered, false, 0, time.Now()
	}
}
