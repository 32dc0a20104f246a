// Workers: they answer a subject together with the other tasks of their service.
package messaging

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
)

// Method is what a subject takes and answers.
type Method struct {
	Request  func() proto.Message // an empty request
	Response func() proto.Message // an empty response
	// Part is an empty part of an answer that is streamed; nil where none is.
	Part func() proto.Message
}

// Handler answers one request. An *Error is reported to the caller as it is; of another error the
// caller learns that it was internal. Send, for a method with parts, sends one before the return; a
// handler that has sent returns no response.
type Handler func(ctx context.Context, request proto.Message, send func(proto.Message) error) (proto.Message, error)

type worker struct {
	client       *Client
	subject      string
	method       Method
	handle       Handler
	subscription *nats.Subscription
	places       chan struct{}
	under        sync.WaitGroup
}

// Serve answers a subject in a queue group until Drain. When all places are taken, requests wait in
// the connection's buffer.
func (c *Client) Serve(subject, queue string, method Method, handle Handler) error {
	w := &worker{
		client:  c,
		subject: subject,
		method:  method,
		handle:  handle,
		places:  make(chan struct{}, c.options.Concurrency),
	}
	var err error
	if w.subscription, err = c.connection.QueueSubscribe(subject, queue, w.take); err != nil {
		return fmt.Errorf("serving %s in %s: %w", subject, queue, err)
	}
	c.mu.Lock()
	c.workers = append(c.workers, w)
	c.mu.Unlock()
	return nil
}

// Flush returns when the server knows of everything that was asked for so far, subscriptions among
// it.
func (c *Client) Flush(ctx context.Context) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	return c.connection.FlushWithContext(ctx)
}

// inboxes is how the inbox of every identity begins. An answer goes nowhere else: the service may
// publish events and requests too, and callers would choose which (docs/adr/0012).
const inboxes = "_INBOX_"

func (w *worker) take(message *nats.Msg) {
	if !strings.HasPrefix(message.Reply, inboxes) {
		return
	}
	w.places <- struct{}{}
	w.under.Go(func() {
		defer func() { <-w.places }()
		w.answer(message)
	})
}

func (w *worker) answer(message *nats.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), w.client.options.HandlerTimeout)
	defer cancel()
	ctx, end := span(traceContext.Extract(ctx, headers(message.Header)), trace.SpanKindServer, "process", w.subject)
	request := w.method.Request()
	err := proto.Unmarshal(message.Data, request)
	if err != nil {
		err = &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("the request is no %s", request.ProtoReflect().Descriptor().FullName()),
			cause:   err,
		}
		request = w.method.Request()
	}
	sent := false
	send := func(part proto.Message) error {
		sent = true
		return w.respond(ctx, message, request, part)
	}
	var response proto.Message
	if err == nil {
		response, err = w.run(ctx, request, send)
	}
	if err != nil {
		if response = w.method.Response(); sent {
			response = w.method.Part()
		}
		err = errors.Join(err, setError(response, AsError(err)))
	}
	if response != nil {
		err = errors.Join(err, w.respond(ctx, message, request, response))
	}
	w.log(ctx, request, err)
	end(err)
}

// log reports to the operator what the caller does not see. What is the caller's own fault is
// reported to the caller alone.
func (w *worker) log(ctx context.Context, request proto.Message, err error) {
	if err == nil {
		return
	}
	if failed := AsError(err); broken(nil, failed) || failed.Code == Unknown {
		w.client.options.Logger.Error(
			"request failed",
			"subject",
			w.subject,
			"code",
			failed.Code.String(),
			"error",
			err.Error(),
			"request_id",
			MetaOf(request).RequestID,
			"trace_id",
			traceID(ctx),
		)
	}
}

// run keeps a handler that panics from ending the process: the others' requests are none of its
// business.
func (w *worker) run(
	ctx context.Context,
	request proto.Message,
	send func(proto.Message) error,
) (response proto.Message, err error) {
	defer func() {
		if found := recover(); found != nil {
			err = fmt.Errorf("the handler of %s panicked: %v", w.subject, found)
		}
	}()
	return w.handle(ctx, request, send)
}

// respond answers with the request's metadata.
func (w *worker) respond(ctx context.Context, message *nats.Msg, request, response proto.Message) error {
	complete(response, MetaOf(request))
	answer, err := encode(ctx, message.Reply, response)
	if err != nil {
		return err
	}
	if err := message.RespondMsg(answer); err != nil {
		return transportError(message.Reply, err)
	}
	return nil
}

// drain takes no more requests and waits for those under way.
func (w *worker) drain(ctx context.Context) error {
	gone := make(chan struct{})
	w.subscription.SetClosedHandler(func(string) { close(gone) })
	if err := w.subscription.Drain(); err != nil {
		return fmt.Errorf("%s: %w", w.subject, err)
	}
	done := make(chan struct{})
	go func() {
		<-gone
		w.under.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: requests are still under way: %w", w.subject, ctx.Err())
	}
}
