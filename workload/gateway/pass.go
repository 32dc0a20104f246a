// One request, from JSON to protobuf and back.
package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// headers of a request that become its metadata.
const (
	requestIDHeader      = "X-Request-Id"
	idempotencyKeyHeader = "Idempotency-Key"
)

// longestText bounds what a client may have passed on in each text of the metadata, in bytes.
const longestText = 256

// buckets are from half a millisecond to 8 s.
var buckets = prometheus.ExponentialBuckets(0.0005, 2, 15)

func newGateway(s Settings, client *messaging.Client) *gateway {
	f := &gateway{
		Settings: s,
		client:   client,
		places:   semaphore.NewWeighted(s.MostAtOnce),
		full:     rate.Sometimes{Interval: time.Second},
		registry: prometheus.NewRegistry(),
	}
	f.took = promauto.With(f.registry).NewHistogramVec(prometheus.HistogramOpts{
		Name: "gateway_request_seconds",
		Help: "Time to answer, by subject and HTTP status.", Buckets: buckets,
	}, []string{"subject", "status"})
	return f
}

type gateway struct {
	Settings
	client   *messaging.Client
	places   *semaphore.Weighted
	full     rate.Sometimes // says that all places are taken
	draining atomic.Bool
	registry *prometheus.Registry
	took     *prometheus.HistogramVec
}

// statuses are the HTTP statuses of failures.
var statuses = map[messaging.Code]int{
	messaging.InvalidArgument:    http.StatusBadRequest,
	messaging.OutOfRange:         http.StatusBadRequest,
	messaging.FailedPrecondition: http.StatusBadRequest,
	messaging.Unauthenticated:    http.StatusUnauthorized,
	messaging.PermissionDenied:   http.StatusForbidden,
	messaging.NotFound:           http.StatusNotFound,
	messaging.Unimplemented:      http.StatusNotFound,
	messaging.Conflict:           http.StatusConflict,
	messaging.Aborted:            http.StatusConflict,
	messaging.ResourceExhausted:  http.StatusTooManyRequests,
	messaging.Unavailable:        http.StatusServiceUnavailable,
	messaging.DeadlineExceeded:   http.StatusGatewayTimeout,
}

// errTooLarge is a body above the limit.
var errTooLarge = errors.New("the body is too large")

// limited bounds body, number and time of requests, and answers their failures.
func (f *gateway) limited(subject string, pass func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, response := time.Now(), &recorded{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			f.took.WithLabelValues(subject, strconv.Itoa(response.status)).Observe(time.Since(begun).Seconds())
		}()
		r = r.WithContext(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
		if err := f.within(response, r, pass); err != nil {
			f.fail(response, r, subject, err)
		}
	})
}

func (f *gateway) fail(w http.ResponseWriter, r *http.Request, subject string, err error) {
	failed := messaging.AsError(err)
	status, known := statuses[failed.Code]
	if !known {
		status = http.StatusInternalServerError
	}
	// What is small as JSON can be more than NATS takes.
	if errors.Is(err, errTooLarge) || errors.Is(err, nats.ErrMaxPayload) {
		status = http.StatusRequestEntityTooLarge
	}
	log := func() {
		slog.Warn(
			"request failed",
			"subject",
			subject,
			"status",
			status,
			"error",
			err.Error(),
			"request_id",
			shortened(r.Header.Get(requestIDHeader)),
			"trace_id",
			trace.SpanContextFromContext(r.Context()).TraceID().String(),
		)
	}
	switch {
	case errors.Is(err, errFull):
		w.Header().Set("Retry-After", "1")
		f.full.Do(log)
	case status >= http.StatusInternalServerError:
		log()
	}
	// What happened on the way names servers and subjects, and what broke inside a service is its
	// own; a caller learns what kind of failure it is.
	if !known || errors.Unwrap(failed) != nil && !errors.Is(err, errTooLarge) && status != http.StatusBadRequest {
		failed = &messaging.Error{Code: failed.Code, Message: http.StatusText(status)}
	}
	answerError(w, status, failed)
}

// shortened bounds what a client may write into the log.
func shortened(text string) string { return text[:min(len(text), longestText)] }

func answerError(w http.ResponseWriter, status int, failed *messaging.Error) {
	text, err := json.Marshal(
		map[string]any{
			"error": map[string]any{"code": failed.Code.String(), "message": failed.Message, "details": failed.Details},
		},
	)
	if err != nil {
		text = []byte(`{"error": {}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that has gone away misses it
}

// pass asks the subject.
func (f *gateway) pass(w http.ResponseWriter, r *http.Request, method contract.Method) error {
	request, err := f.read(r, method)
	if err != nil {
		return err
	}
	return f.answer(w, r, method, request)
}

func (f *gateway) answer(w http.ResponseWriter, r *http.Request, method contract.Method, request proto.Message) error {
	if method.Part != nil && contract.WantsStream(request) {
		return f.stream(w, r, method, request)
	}
	response := method.Messaging().Response()
	if err := f.client.Request(r.Context(), method.Subject, request, response); err != nil {
		return err
	}
	text, err := protojson.Marshal(response)
	if err != nil {
		return fmt.Errorf("writing the answer of %s: %w", method.Subject, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(requestIDHeader, messaging.MetaOf(response).RequestID)
	_, err = w.Write(append(text, '\n'))
	if err != nil {
		slog.Info("the caller has gone", "subject", method.Subject)
	}
	return nil
}

// stream answers with server-sent events, one for each part. A failure after the first is an event
// named error.
func (f *gateway) stream(w http.ResponseWriter, r *http.Request, method contract.Method, request proto.Message) error {
	begun := false
	err := f.client.Stream(
		r.Context(),
		method.Subject,
		request,
		method.Messaging().Part,
		func(part proto.Message) error {
			if !begun {
				begun = true
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("Cache-Control", "no-store")
			}
			text, err := protojson.Marshal(part)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
				return err
			}
			return http.NewResponseController(w).Flush()
		},
	)
	if err == nil || !begun {
		return err
	}
	_, _ = fmt.Fprintf(
		w,
		"event: error\ndata: {\"code\": %q}\n\n",
		messaging.AsError(err).Code,
	) // a client that has gone away misses it
	return nil
}

// read makes the request of a body, of the route's own values, and of headers.
func (f *gateway) read(r *http.Request, method contract.Method) (proto.Message, error) {
	body, err := f.body(r.Body)
	if err != nil {
		return nil, err
	}
	request := method.Messaging().Request()
	if len(strings.TrimSpace(string(body))) > 0 {
		if err := protojson.Unmarshal(body, request); err != nil {
			return nil, &messaging.Error{
				Code:    messaging.InvalidArgument,
				Message: fmt.Sprintf("the body is no JSON of %s: %v", method.Request.FullName(), err),
			}
		}
	}
	for _, name := range wildcards(method.Route) {
		if value := r.PathValue(name); value != "" {
			if !utf8.ValidString(value) {
				return nil, &messaging.Error{
					Code:    messaging.InvalidArgument,
					Message: fmt.Sprintf("the %s in the path is no UTF-8", name),
				}
			}
			field := method.Request.Fields().ByName(protoreflect.Name(name))
			request.ProtoReflect().Set(field, protoreflect.ValueOfString(value))
		}
	}
	for header, name := range map[string]protoreflect.Name{
		requestIDHeader:      "request_id",
		idempotencyKeyHeader: "idempotency_key",
	} {
		if value := r.Header.Get(header); value != "" {
			meta := request.ProtoReflect().Mutable(method.Request.Fields().ByName("meta")).Message()
			meta.Set(meta.Descriptor().Fields().ByName(name), protoreflect.ValueOfString(value))
		}
	}
	return request, passable(messaging.MetaOf(request))
}

// passable refuses metadata, of headers or of the body, that could not be repeated as it is: it
// becomes headers of answers and of events, keys of Redis and lines of logs.
func passable(meta messaging.Meta) error {
	for name, value := range map[string]string{
		"request id":      meta.RequestID,
		"trace id":        meta.TraceID,
		"idempotency key": meta.IdempotencyKey,
	} {
		if len(value) > longestText {
			return &messaging.Error{
				Code:    messaging.InvalidArgument,
				Message: fmt.Sprintf("the %s has more than %d bytes", name, longestText),
			}
		}
		if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return &messaging.Error{
				Code:    messaging.InvalidArgument,
				Message: fmt.Sprintf("the %s has characters that are no text", name),
			}
		}
	}
	return nil
}

// wildcards are the names in a route's braces.
func wildcards(route string) (names []string) {
	for _, part := range strings.Split(route, "/") {
		if name, found := strings.CutPrefix(part, "{"); found {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// recorded remembers the status.
type recorded struct {
	http.ResponseWriter
	status int
}

func (r *recorded) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (r *recorded) Unwrap() http.ResponseWriter { return r.ResponseWriter }
