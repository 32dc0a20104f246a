// Package gateway is the HTTP front of the services: JSON comes in, the subject's request goes out over NATS, and the answer goes
// back as JSON. It answers the routes of the gateway before it, and POST /v1/<subject with slashes> for every subject.
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

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// Settings are what a task definition gives the gateway.
type Settings struct {
	Messaging messaging.Options
	// Listen is ":8000" by default.
	Listen string
	// MostBody is the largest request body, in bytes; MostAtOnce how many requests are under way at once; MostTime how long one may take.
	// Defaults: 1 MB, 512, 10 s.
	MostBody   int64
	MostAtOnce int
	MostTime   time.Duration
	// DrainTime is how long an end may take after SIGTERM, below the task's stopTimeout. Default 100 s.
	DrainTime time.Duration
}

const (
	defaultListen     = ":8000"
	defaultMostBody   = 1 << 20
	defaultMostAtOnce = 512
	defaultMostTime   = 10 * time.Second
	defaultDrainTime  = 100 * time.Second
	// headerLimit bounds how long a client may take to send its headers.
	headerLimit = 5 * time.Second
)

// Named says whether a task definition is the gateway's: it names no service.
func Named(variable func(string) string) bool { return variable("SERVICE_NAME") == "" }

// FromEnvironment reads the variables and secrets of the task definition and tells all that is missing at once.
func FromEnvironment(variable func(string) string) (Settings, error) {
	s := Settings{Messaging: messaging.FromEnvironment(variable), Listen: defaultListen, MostBody: defaultMostBody, MostAtOnce: defaultMostAtOnce,
		MostTime: defaultMostTime, DrainTime: defaultDrainTime}
	s.Messaging.Name = strings.TrimPrefix(variable("NATS_INBOX_PREFIX"), "_INBOX_")
	var errs []error
	for _, name := range []string{"NATS_URL", "NATS_CA", "NATS_NKEY_SEED", "NATS_INBOX_PREFIX"} {
		if variable(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set: the task definition gives it", name))
		}
	}
	return s, errors.Join(errs...)
}

// Run serves until ctx ends, and lets requests under way end then.
func Run(ctx context.Context, s Settings) error {
	methods, err := contract.Load(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.Messaging.Name, err)
	}
	client, err := messaging.Connect(ctx, s.Messaging)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	front := newFront(s, client)
	server := &http.Server{Handler: front.handler(methods), ReadHeaderTimeout: headerLimit, ReadTimeout: s.MostTime}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	slog.Info("serving", "gateway", s.Messaging.Name, "subjects", len(methods))
	select {
	case <-ctx.Done():
		err = nil
	case err = <-ended:
		err = fmt.Errorf("answering HTTP: %w", err)
	}
	// The load balancer asks /ready, and sends nothing more to a task that says no; what comes meanwhile is answered.
	front.draining.Store(true)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTime)
	defer cancel()
	return errors.Join(err, server.Shutdown(draining), client.Drain(draining))
}

// handler knows all routes.
func (f *front) handler(methods map[string]contract.Method) http.Handler {
	mux := http.NewServeMux()
	status := func(good func() bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if !good() {
				http.Error(w, "not connected to NATS, or ending", http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte("ok\n"))
		}
	}
	mux.HandleFunc("GET /health", status(f.client.Connected))
	mux.HandleFunc("GET /ready", status(func() bool { return f.client.Connected() && !f.draining.Load() }))
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
		paths := []string{"/v1/" + strings.ReplaceAll(subject, ".", "/")}
		if method.Route != "" {
			paths = append(paths, method.Route)
		}
		for _, path := range paths {
			mux.Handle("POST "+path, f.limited(subject, func(w http.ResponseWriter, r *http.Request) error { return f.pass(w, r, method) }))
		}
	}
	return mux
}
