// How a running application load balancer chooses a target: it has a node in each zone, and chooses
// for each request anew among the target groups of the listener's action, by weight (Application
// Load Balancers, "Listeners for your Application Load Balancers").
package elbv2

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// application is one running listener of an application load balancer.
type application struct {
	cloud   *cloud.Cloud
	owner   cloud.Record // the load balancer
	port    int
	nodes   []*node
	server  *http.Server
	stop    context.CancelFunc
	context context.Context //nolint:containedctx // its groups begin and end with the listener
	running sync.WaitGroup

	mu     sync.Mutex
	action listenerAction
	groups map[string]*watched // by target group
}

// watched is a target group with the function that ends its health checks.
type watched struct {
	*targetGroup
	end context.CancelFunc
}

// connectLimit is how long the load balancer waits until a target accepts a connection (Application
// Load Balancers, "HTTP 504: Gateway timeout": "within the connection timeout (10 seconds)").
const connectLimit = 10 * time.Second

// openApplication opens the nodes of a listener. Without running tasks there are no targets, and it
// does nothing.
func openApplication(c *cloud.Cloud, owner cloud.Record, nodes []*node, listener cloud.Record) error {
	if !c.RunsTasks() {
		return nil
	}
	action, err := actionOf(listener)
	if err != nil {
		return err
	}
	var certificate *tls.Config
	if listener.Str("protocol") == "HTTPS" {
		if certificate, err = acm.PublicCertificate(c, listener.Str("certificateArn")); err != nil {
			return err
		}
	}
	b := &application{
		cloud:  c,
		owner:  owner,
		port:   int(cloud.Number(listener.Get("port"))),
		nodes:  nodes,
		groups: map[string]*watched{},
	}
	b.context, b.stop = context.WithCancel(context.Background())
	// The idle timeout limits the wait for a response.
	idle := time.Duration(cloud.Number(owner.Get("idleTimeout"))) * time.Second
	transport := &http.Transport{
		DialContext:           b.connect,
		ResponseHeaderTimeout: idle,
		IdleConnTimeout:       idle,
		MaxIdleConnsPerHost:   64,
	}
	proxy := &httputil.ReverseProxy{
		Transport:    transport,
		Rewrite:      b.rewrite,
		ErrorHandler: answerFailure,
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	b.server = &http.Server{
		Handler:           b.handler(proxy),
		ReadHeaderTimeout: idle,
		IdleTimeout:       idle,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	b.apply(action) // from here on, an error has to close b
	for _, f := range nodes {
		socket, err := net.Listen("tcp", netip.AddrPortFrom(f.address, uint16(b.port)).String())
		if err != nil {
			return errors.Join(fmt.Errorf("opening the load balancer's node in %s: %w", f.zone, err), b.close())
		}
		f.socket = &admitting{Listener: socket, balancer: b, address: f.address}
		if certificate != nil {
			f.socket = tls.NewListener(f.socket, certificate)
		}
		b.running.Go(func() { _ = b.server.Serve(f.socket) }) // it ends with the socket
	}
	applications.Of(c).Set(listener.ID, b)
	return nil
}

// apply replaces the action of the listener, and starts and ends the health checks of target
// groups.
func (b *application) apply(action listenerAction) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.action = action
	for group, one := range b.groups {
		if _, needed := action.weights[group]; !needed {
			one.end()
			delete(b.groups, group)
		}
	}
	for group := range action.weights {
		if b.groups[group] == nil {
			ctx, cancel := context.WithCancel(b.context)
			one := &watched{newTargetGroup(b.cloud, group, b.dialer), cancel}
			b.groups[group] = one
			b.running.Go(func() { one.watch(ctx) })
		}
	}
}

func (b *application) groupOf(group string) *targetGroup {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.groups[group]; found != nil {
		return found.targetGroup
	}
	return nil
}

// addresses returns the addresses of all nodes, in random order.
func (b *application) addresses() []netip.Addr {
	var all []netip.Addr
	for _, f := range b.nodes {
		all = append(all, f.address)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// close closes the nodes and the open requests.
func (b *application) close() error {
	b.stop()
	err := b.server.Close()
	b.running.Wait()
	return err
}

// dialer connects from a node to a target of any zone: application load balancers always cross
// zones (Application Load Balancers, "Cross-zone load balancing").
func (b *application) dialer(to target, port int) (*net.Dialer, error) {
	from := b.nodes[max(0, slices.IndexFunc(b.nodes, func(f *node) bool { return f.zone == to.zone }))]
	if err := ec2.CheckConnection(b.cloud, from.address, to.Address, port); err != nil {
		return nil, err
	}
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: from.address.AsSlice()}, Timeout: connectLimit}, nil
}

// connect connects the transport to an address that choose returned.
func (b *application) connect(ctx context.Context, network, address string) (net.Conn, error) {
	chosen, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	dialer, err := b.dialer(
		target{Address: chosen.Addr(), zone: ec2.ZoneOf(b.cloud, chosen.Addr())},
		int(chosen.Port()),
	)
	if err != nil {
		// A connection that no security group allows gets no answer.
		return nil, fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return dialer.DialContext(ctx, network, address)
}

// choose picks a target group by weight, then one of its targets: a healthy one, or any if none is
// (fail open).
func (b *application) choose() (netip.AddrPort, bool) {
	b.mu.Lock()
	total := 0
	for _, weight := range b.action.weights {
		total += weight
	}
	var chosen *watched
	if total > 0 {
		at := rand.IntN(total)
		for _, group := range slices.Sorted(maps.Keys(b.action.weights)) {
			if at -= b.action.weights[group]; at < 0 {
				chosen = b.groups[group]
				break
			}
		}
	}
	b.mu.Unlock()
	if chosen == nil {
		return netip.AddrPort{}, false
	}
	all := chosen.Snapshot()
	good := slices.DeleteFunc(slices.Clone(all), func(t target) bool { return !t.Healthy })
	if len(good) == 0 {
		good = all
	}
	if len(good) == 0 {
		return netip.AddrPort{}, false
	}
	t := good[rand.IntN(len(good))]
	return netip.AddrPortFrom(t.Address, uint16(t.port)), true
}
