// Package gateway is the HTTP front of the services: JSON comes in, the subject's request goes out
// over NATS, and the answer goes back as JSON. It answers the routes of the gateway before it, and
// POST /v1/<subject with slashes> for every subject.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// Settings are what a task definition gives the gateway.
type Settings struct {
	Messaging messaging.Options
	// Listen is ":8000" by default.
	Listen string
	// MostBody is the largest request body, in bytes, and MostValues how many values, lists and
	// objects its JSON may have: each becomes some 450 bytes. MostAtOnce is how many requests are
	// under way at once, where one with many values counts for several. BodyTime is how long a body
	// may take to arrive, MostTime how long the request may then take. Defaults: 1 MB, 10,000, 512,
	// 5 s, 10 s.
	MostBody           int64
	MostValues         int
	MostAtOnce         int64
	BodyTime, MostTime time.Duration
	// DrainTime is how long an end may take after SIGTERM, below the task's stopTimeout. Default
	// 100 s.
	DrainTime time.Duration
	// LegacyURL is the HTTP service that is being replaced, "http://host:port". Default "": nothing
	// is shadowed, ShadowListen stays closed.
	LegacyURL string
	// ShadowListen is where requests are answered from LegacyURL and compared with NATS
	// (shadow.go). ":8001" by default.
	ShadowListen string
	// LegacyTime is how long the legacy service may take to begin its answer; MostCopies how many
	// requests are compared at once. Defaults: 60 s, 64.
	LegacyTime time.Duration
	MostCopies int64
}

const (
	defaultListen     = ":8000"
	defaultMostBody   = 1 << 20
	defaultMostValues = 10_000
	defaultMostAtOnce = 512
	defaultBodyTime   = 5 * time.Second
	defaultMostTime   = 10 * time.Second
	defaultDrainTime  = 100 * time.Second

	defaultShadowListen = ":8001"
	// defaultLegacyTime is the load balancer's idle timeout: nobody waits for longer.
	defaultLegacyTime = 60 * time.Second
	defaultMostCopies = 64

	// idleLimit is longer than the load balancer's idle timeout, 60 s: whoever closes a connection
	// first loses the request that the other is sending (Application Load Balancers, "HTTP 502: Bad
	// gateway").
	idleLimit = 75 * time.Second
	// headerLimit bounds how long a client may take to send its headers.
	headerLimit = 5 * time.Second
	// writeLimit is for what does not go out since a client does not read.
	writeLimit = 5 * time.Second
	// mostConnections of each port, and to the legacy service: each costs memory before it asks for
	// anything.
	mostConnections = 2048
)

// Named says whether a task definition is the gateway's: it names no service.
func Named(variable func(string) string) bool { return variable("SERVICE_NAME") == "" }

// FromEnvironment reads the variables and secrets of the task definition and reports all that is
// missing or wrong at once.
func FromEnvironment(variable func(string) string) (Settings, error) {
	s := Settings{
		Messaging:    messaging.FromEnvironment(variable),
		Listen:       defaultListen,
		MostBody:     defaultMostBody,
		MostValues:   defaultMostValues,
		MostAtOnce:   defaultMostAtOnce,
		BodyTime:     defaultBodyTime,
		MostTime:     defaultMostTime,
		DrainTime:    defaultDrainTime,
		LegacyURL:    variable("LEGACY_URL"),
		ShadowListen: defaultShadowListen,
		LegacyTime:   defaultLegacyTime,
		MostCopies:   defaultMostCopies,
	}
	s.Messaging.Name = strings.TrimPrefix(variable("NATS_INBOX_PREFIX"), "_INBOX_")
	var errs []error
	for _, name := range []string{"NATS_URL", "NATS_CA", "NATS_NKEY_SEED", "NATS_INBOX_PREFIX"} {
		if variable(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set: the task definition gives it", name))
		}
	}
	if s.LegacyURL != "" {
		_, err := legacyAddress(s.LegacyURL)
		errs = append(errs, err)
	}
	return s, errors.Join(errs...)
}

// Run serves until ctx ends, and lets requests under way end then.
func Run(ctx context.Context, s Settings) error {
	listeners, err := s.listen()
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.Messaging.Name, err)
	}
	return s.run(ctx, listeners)
}

func (s Settings) run(ctx context.Context, listeners []net.Listener) error {
	methods, err := contract.Load(ctx)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	client, err := messaging.Connect(ctx, s.Messaging)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	served := newGateway(s, client)
	servers, finish := []*http.Server{{
		Handler:           served.handler(methods),
		ReadHeaderTimeout: headerLimit,
		ReadTimeout:       headerLimit + s.BodyTime,
		WriteTimeout:      headerLimit + s.BodyTime + s.MostTime + writeLimit,
		IdleTimeout:       idleLimit,
	}}, func(context.Context) {}
	if s.LegacyURL != "" {
		shadowing, err := newShadow(context.WithoutCancel(ctx), served, methods)
		if err != nil {
			return errors.Join(err, closeAll(listeners), client.Drain(ctx))
		}
		servers, finish = append(
			servers,
			&http.Server{Handler: shadowing, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit},
		), shadowing.finish
	}
	slog.Info("serving", "gateway", s.Messaging.Name, "subjects", len(methods), "shadowing", s.LegacyURL != "")
	return served.serve(ctx, servers, listeners, finish)
}

// serve serves until ctx ends or a server does, and then lets what is under way end, the requests
// first.
func (f *gateway) serve(
	ctx context.Context,
	servers []*http.Server,
	listeners []net.Listener,
	finish func(context.Context),
) (err error) {
	ended := make(chan error, len(servers))
	for i, server := range servers {
		go func() { ended <- server.Serve(listeners[i]) }()
	}
	select {
	case <-ctx.Done():
	case err = <-ended:
		err = fmt.Errorf("answering HTTP: %w", err)
	}
	// On AWS the load balancer has let the task go before it is asked to end; elsewhere whoever
	// sends requests here asks /ready.
	f.draining.Store(true)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.DrainTime)
	defer cancel()
	var drained errgroup.Group
	for _, server := range servers {
		drained.Go(func() error { return server.Shutdown(draining) })
	}
	err = errors.Join(err, drained.Wait())
	finish(draining)
	return errors.Join(err, f.client.Drain(draining))
}

// listen opens the port of the gateway, and after it the one that is shadowed if there is a legacy
// service.
func (s Settings) listen() (listeners []net.Listener, err error) {
	addresses := []string{s.Listen}
	if s.LegacyURL != "" {
		addresses = append(addresses, s.ShadowListen)
	}
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, errors.Join(err, closeAll(listeners))
		}
		listeners = append(listeners, netutil.LimitListener(listener, mostConnections))
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, listener := range listeners {
		err = errors.Join(err, listener.Close())
	}
	return err
}

// handler knows all routes.
func (f *gateway) handler(methods map[string]contract.Method) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", probe(f.client.Connected))
	mux.HandleFunc("GET /ready", probe(func() bool { return f.client.Connected() && !f.draining.Load() }))
	metrics := promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		// The load balancer adds this header: what comes through it comes from anybody.
		if r.Header.Get("X-Forwarded-For") != "" {
			http.NotFound(w, r)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	for subject, method := range methods {
		for _, path := range paths(method) {
			mux.Handle(
				"POST "+path,
				f.limited(subject, func(w http.ResponseWriter, r *http.Request) error { return f.pass(w, r, method) }),
			)
		}
	}
	return mux
}

// probe answers whoever asks how the gateway is.
func probe(good func() bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if !good() {
			http.Error(w, "not connected to NATS, or ending", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	}
}

// paths are where a method is asked for.
func paths(method contract.Method) []string {
	known := []string{"/v1/" + strings.ReplaceAll(method.Subject, ".", "/")}
	if method.Route != "" {
		known = append(known, method.Route)
	}
	return known
}
