// W3C trace context in message headers. Spans are made by whatever tracer provider the program has
// set (otel.SetTracerProvider); without one they cost nothing and the context still travels.
package messaging

import (
	"context"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var traceContext = propagation.TraceContext{}

// headers lets the propagator read and write the headers of a message under their W3C names, which
// are lower case.
type headers nats.Header

func (h headers) Get(name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (h headers) Set(name, value string) { h[name] = []string{value} }

func (h headers) Keys() (names []string) {
	for name := range h {
		names = append(names, name)
	}
	return names
}

// span begins one of a message; end it with the outcome.
func span(ctx context.Context, kind trace.SpanKind, verb, subject string) (context.Context, func(error)) {
	ctx, s := otel.Tracer("github.com/bodybroker/platform/messaging").
		Start(ctx, verb+" "+subject, trace.WithSpanKind(kind),
			trace.WithAttributes(
				attribute.String("messaging.system", "nats"),
				attribute.String("messaging.destination.name", subject),
			),
		)
	return ctx, func(err error) {
		if err != nil {
			s.RecordError(err)
			s.SetStatus(codes.Error, err.Error())
		}
		s.End()
	}
}

func traceID(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}
