// The shadow port, for the time in which the services behind HTTP are replaced by those behind
// NATS: clients get the legacy service's answer as it is, and NATS is asked next to it, so that
// differences are known before anybody depends on its answers.
package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/propagation"
	"golang.org/x/sync/semaphore"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// outcomes of a request on the shadow port.
const (
	outcomeSame      = "same"
	outcomeDifferent = "different"
	outcomeFailed    = "failed"  // over NATS alone
	outcomeSkipped   = "skipped" // nothing that only reads, or nothing that can be compared
	outcomeBusy      = "busy"    // MostCopies are compared already
)

// noSubject names every request that is to no known route: what clients make up is no label.
const noSubject = "unknown"

const (
	// idleConnections to the legacy service are kept; with the library's two, most requests would
	// connect anew.
	idleConnections = 100
	// idleTime is below the 5 s after which common HTTP servers close an idle connection: a request
	// on its way would be lost with it.
	idleTime = 4 * time.Second
)

// legacyAddress reads LEGACY_URL. The error does not repeat it, since a URL that is refused may
// hold a password.
func legacyAddress(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" ||
		*address != (url.URL{Scheme: address.Scheme, Host: address.Host}) {
		return nil, errors.New(
			`LEGACY_URL is no http or https URL of a host and a port alone: write it without user, path and query, ` +
				`like "http://legacy.internal:8080"`,
		)
	}
	return address, nil
}

// shadow answers from the legacy service.
type shadow struct {
	*gateway
	proxy *httputil.ReverseProxy
	// routes asks NATS; methods are by its patterns.
	routes  *http.ServeMux
	methods map[string]contract.Method
	copies  *semaphore.Weighted
	counted *prometheus.CounterVec
	// life is that of the copies: they outlive the requests that they are of, until cut.
	life context.Context
	cut  context.CancelFunc
}

func newShadow(ctx context.Context, f *gateway, methods map[string]contract.Method) (*shadow, error) {
	legacy, err := legacyAddress(f.LegacyURL)
	if err != nil {
		return nil, err
	}
	s := &shadow{
		gateway: f,
		routes:  http.NewServeMux(),
		methods: map[string]contract.Method{},
		copies:  semaphore.NewWeighted(f.MostCopies),
	}
	s.life, s.cut = context.WithCancel(ctx)
	s.proxy = &httputil.ReverseProxy{
		Rewrite:      rewrite(legacy),
		Transport:    transport(f.LegacyTime),
		ErrorHandler: noAnswer,
	}
	s.counted = promauto.With(f.registry).NewCounterVec(prometheus.CounterOpts{
		Name: "gateway_shadow_total",
		Help: "Requests answered by the legacy service, by what asking NATS beside it showed.",
	}, []string{"subject", "outcome"})
	for _, method := range methods {
		for _, path := range paths(method) {
			pattern := "POST " + path
			s.methods[pattern] = method
			s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
				answer := w.(*natsAnswer)
				request, err := f.read(r, method)
				// With a key even a request that reads is a command.
				if answer.command = err == nil &&
					messaging.MetaOf(request).IdempotencyKey != ""; err == nil &&
					!answer.command {
					err = f.answer(w, r, method, request)
				}
				answer.err = err
			})
		}
	}
	return s, nil
}

// rewrite sends a request to the legacy service with the Host and the X-Forwarded headers with
// which the load balancer would send it there: ReverseProxy leaves out what it cannot know to come
// from a proxy, but nobody else reaches this port.
func rewrite(legacy *url.URL) func(*httputil.ProxyRequest) {
	return func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.URL.RawQuery = legacy.Scheme, legacy.Host, r.In.URL.RawQuery
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
			if values, given := r.In.Header[name]; given {
				r.Out.Header[name] = values
			}
		}
	}
}

func transport(begins time.Duration) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = begins
	t.IdleConnTimeout = idleTime
	t.MaxIdleConns = idleConnections
	t.MaxIdleConnsPerHost = idleConnections
	t.MaxConnsPerHost = mostConnections
	// It would ask for gzip by itself, and give a client what it unpacked.
	t.DisableCompression = true
	return t
}

// bodyKey finds the body of a request that is passed on.
type bodyKey struct{}

// noAnswer answers for a legacy service that does not, or for a client whose request did not come
// in time.
func noAnswer(w http.ResponseWriter, r *http.Request, err error) {
	if answer, compared := w.(*legacyAnswer); compared {
		answer.unusable = true
	}
	if body, timed := r.Context().Value(bodyKey{}).(*timedBody); timed && body.late() {
		answerError(
			w,
			http.StatusBadRequest,
			&messaging.Error{Code: messaging.InvalidArgument, Message: "the body could not be read"},
		)
		return
	}
	status, code := http.StatusBadGateway, messaging.Unavailable
	if slow := net.Error(nil); errors.As(err, &slow) && slow.Timeout() {
		status, code = http.StatusGatewayTimeout, messaging.DeadlineExceeded
	}
	if r.Context().Err() == nil { // the client still waits: it is not its going away that ended the request
		slog.Warn("the legacy service did not answer", "status", status, "error", err.Error())
	}
	answerError(w, status, &messaging.Error{Code: code, Message: http.StatusText(status)})
}

// ServeHTTP asks no ServeMux what to answer: it would redirect paths that the legacy service may
// take as they are.
func (s *shadow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/health" {
		// Also without NATS: whoever comes here gets the legacy service's answer.
		probe(func() bool { return !s.draining.Load() })(w, r)
		return
	}
	if r.ContentLength != 0 {
		body := inTime(w, r.Body, r.ContentLength, s.MostTime)
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, body))
		r.Body = body
	}
	// Where the legacy service names no type, net/http would guess one.
	w.Header()["Content-Type"] = nil
	_, pattern := s.routes.Handler(r)
	method, known := s.methods[pattern]
	switch {
	case !known:
		s.count(noSubject, outcomeSkipped)
	case !method.Reads():
		s.count(method.Subject, outcomeSkipped)
	case !s.copies.TryAcquire(1):
		s.count(method.Subject, outcomeBusy)
	default:
		s.askBoth(w, r, method.Subject)
		return
	}
	s.proxy.ServeHTTP(w, r)
}

func (s *shadow) count(subject, outcome string) { s.counted.WithLabelValues(subject, outcome).Inc() }

// askBoth keeps the request and the legacy service's answer while it passes them on, and has NATS
// asked when the client has its answer.
func (s *shadow) askBoth(w http.ResponseWriter, r *http.Request, subject string) {
	copied := false
	defer func() { // also where ReverseProxy panics, since the legacy service broke off
		if !copied {
			s.count(subject, outcomeSkipped)
			s.copies.Release(1)
		}
	}()
	sent := r.Body
	body, err := io.ReadAll(io.LimitReader(sent, s.MostBody+1))
	complete := err == nil && int64(len(body)) <= s.MostBody
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !complete {
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), sent)) // the server closes what was sent
	}
	legacy := &legacyAnswer{recorded: recorded{ResponseWriter: w, status: http.StatusOK}, most: s.MostBody}
	s.proxy.ServeHTTP(legacy, r)
	text, readable := legacy.text()
	if !complete || !readable {
		return
	}
	copied = true
	request := r.Clone(propagation.TraceContext{}.Extract(s.life, propagation.HeaderCarrier(r.Header)))
	request.Body = io.NopCloser(bytes.NewReader(body))
	go func() {
		defer s.copies.Release(1)
		s.count(subject, s.compare(request, subject, legacy.status, text))
	}()
}

// compare asks NATS and says what came of it. Logs name fields, never what is in them: answers are
// the players' own.
func (s *shadow) compare(request *http.Request, subject string, legacyStatus int, legacyText []byte) (outcome string) {
	defer func() { // net/http, which keeps a panic on the main port from ending the process, is not below this one
		if found := recover(); found != nil {
			slog.Error("asking NATS for comparison panicked", "subject", subject, "panic", fmt.Sprint(found))
			outcome = outcomeFailed
		}
	}()
	ctx, cancel := context.WithTimeout(request.Context(), s.MostTime)
	defer cancel()
	answer, succeeded := &natsAnswer{header: http.Header{}}, legacyStatus/100 == 2
	s.routes.ServeHTTP(answer, request.WithContext(ctx))
	switch {
	case answer.command:
		return outcomeSkipped
	case answer.err != nil && succeeded:
		slog.Warn("failed over NATS alone", "subject", subject, "code", messaging.AsError(answer.err).Code.String())
		return outcomeFailed
	case answer.err != nil: // each has its own words for a failure
		return outcomeSame
	case !succeeded:
		slog.Warn("the legacy service failed, NATS did not", "subject", subject, "legacyStatus", legacyStatus)
		return outcomeDifferent
	}
	if fields := differing(legacyText, answer.Bytes()); len(fields) > 0 {
		slog.Warn("NATS answers differently", "subject", subject, "fields", fields)
		return outcomeDifferent
	}
	return outcomeSame
}

// finish lets the copies under way end, and takes no new ones. What is under way at the end of ctx
// is cut off.
func (s *shadow) finish(ctx context.Context) {
	defer s.cut()
	if err := s.copies.Acquire(ctx, s.MostCopies); err != nil {
		slog.Info("requests that were compared are cut off")
	}
}
