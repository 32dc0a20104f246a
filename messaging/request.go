// Requests: asked again where that is safe, and not at all while a subject's services fail.
package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
)

const (
	// attempts and the pauses between them bridge the restart of a service's task or a server, not
	// an outage.
	attempts  = 3
	firstWait = 50 * time.Millisecond
	lastWait  = 500 * time.Millisecond
	// A subject of which so many of the last requests failed is left alone for a while.
	brokenAt, brokenOf = 10, 20
	brokenFor          = 2 * time.Second
)

// policy is how a subject is asked.
type policy = failsafe.Executor[any]

// policyFor is made once for each subject: what is counted is a subject's own.
func (c *Client) policyFor(subject string) policy {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, found := c.policies[subject]; found {
		return known
	}
	made := failsafe.With[any](
		retrypolicy.NewBuilder[any]().HandleIf(again).
			WithMaxAttempts(attempts).
			WithBackoff(firstWait, lastWait).
			WithJitterFactor(0.5).
			ReturnLastFailure().
			Build(),
		circuitbreaker.NewBuilder[any]().HandleIf(broken).
			WithFailureThresholdRatio(brokenAt, brokenOf).
			WithDelay(brokenFor).
			Build(),
	)
	c.policies[subject] = made
	return made
}

// unsure is a failure after which the request may have been done, or not.
type unsure struct{ failed *Error }

func (u unsure) Error() string { return u.failed.Error() }
func (u unsure) Unwrap() error { return u.failed }

// again says whether a failure is of a request that was not done, or that may be done twice.
func again(_ any, err error) bool {
	var failed *Error
	if !errors.As(err, &failed) || errors.As(err, new(unsure)) {
		return false
	}
	return failed.Code == Unavailable || failed.Code == DeadlineExceeded || failed.Code == Aborted
}

// broken says whether a failure is the service's or the way's, and not the request's.
func broken(_ any, err error) bool {
	var failed *Error
	return errors.As(err, &failed) &&
		(failed.Code == Unavailable || failed.Code == DeadlineExceeded || failed.Code == Internal)
}

// Request asks and decodes the answer into response; a failure that the service reports is returned
// as an *Error. The request's metadata is completed, and an answer must repeat its request id. If
// nobody answers the subject, or the service says that it is unavailable or doing just that, it is
// asked again, twice at most; after a time-out only if the request has an idempotency key. Without
// a deadline the context gets DefaultTimeout, which the attempts share.
func (c *Client) Request(ctx context.Context, subject string, request, response proto.Message) (err error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx, end := span(ctx, trace.SpanKindClient, "request", subject)
	defer func() { end(err) }()
	complete(request, Meta{TraceID: traceID(ctx)})
	message, err := encode(ctx, subject, request)
	if err != nil {
		return err
	}
	meta := MetaOf(request)
	twice := meta.IdempotencyKey != ""
	err = c.policyFor(subject).
		WithContext(ctx).
		Run(func() error { return c.ask(ctx, message, meta.RequestID, response, twice) })
	var failed *Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, circuitbreaker.ErrOpen):
		return &Error{
			Code:    Unavailable,
			Message: fmt.Sprintf("%s: not sent, because its last requests failed", subject),
			cause:   err,
		}
	case errors.As(err, &failed):
		return failed
	}
	return transportError(subject, err)
}

// ask is one attempt. It waits for a share of the time that is left, so that another one has time
// too.
func (c *Client) ask(ctx context.Context, message *nats.Msg, id string, response proto.Message, twice bool) error {
	if deadline, has := ctx.Deadline(); has && twice {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	answer, err := c.connection.RequestMsgWithContext(ctx, message)
	if err != nil {
		return sure(transportError(message.Subject, err), twice)
	}
	proto.Reset(response)
	if err := proto.Unmarshal(answer.Data, response); err != nil {
		return &Error{
			Code: Internal,
			Message: fmt.Sprintf(
				"%s: the answer is no %s: %v",
				message.Subject,
				response.ProtoReflect().Descriptor().FullName(),
				err,
			),
			cause: err,
		}
	}
	if err := ofRequest(message.Subject, id, response); err != nil {
		return err
	}
	return sure(errorIn(response), twice)
}

// ofRequest requires that an answer belongs to the request with an id. Whoever has an identity can
// publish into any inbox, and guess which one waits; the id is random, and known to those alone who
// were asked.
//
// A service that could not read the request does not know its id, and says so: that is believed.
func ofRequest(subject, id string, answer proto.Message) error {
	failed := errorIn(answer)
	if field(answer, "meta") == nil || MetaOf(answer).RequestID == id ||
		failed != nil && failed.Code == InvalidArgument {
		return nil
	}
	return &Error{
		Code: Internal,
		Message: fmt.Sprintf(
			"%s: the answer is of request %q, sent was %q: services must repeat meta.request_id",
			subject,
			MetaOf(answer).RequestID,
			id,
		),
	}
}

func sure(failed *Error, twice bool) error {
	switch {
	case failed == nil:
		return nil
	case failed.Code == DeadlineExceeded && !twice:
		return unsure{failed}
	}
	return failed
}

// Stream asks and gives each part of the answer to use, in order, until the service says that it
// was the last (a bool field "is_final"), use or the service fails, or ctx ends. Nothing is asked
// twice.
func (c *Client) Stream(
	ctx context.Context,
	subject string,
	request proto.Message,
	part func() proto.Message,
	use func(proto.Message) error,
) (err error) {
	ctx, end := span(ctx, trace.SpanKindClient, "stream", subject)
	defer func() { end(err) }()
	complete(request, Meta{TraceID: traceID(ctx)})
	message, err := encode(ctx, subject, request)
	if err != nil {
		return err
	}
	message.Reply = c.connection.NewInbox()
	answers, err := c.connection.SubscribeSync(message.Reply)
	if err != nil {
		return transportError(subject, err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := c.connection.PublishMsg(message); err != nil {
		return transportError(subject, err)
	}
	for {
		answer, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return transportError(subject, err)
		}
		if len(answer.Data) == 0 && answer.Header.Get("Status") == "503" {
			return transportError(subject, nats.ErrNoResponders)
		}
		next := part()
		if err := proto.Unmarshal(answer.Data, next); err != nil {
			return &Error{
				Code: Internal,
				Message: fmt.Sprintf(
					"%s: a part of the answer is no %s: %v",
					subject,
					next.ProtoReflect().Descriptor().FullName(),
					err,
				),
				cause: err,
			}
		}
		if err := ofRequest(subject, MetaOf(request).RequestID, next); err != nil {
			return err
		}
		if failed := errorIn(next); failed != nil {
			return failed
		}
		if err := use(next); err != nil {
			return err
		}
		if last := next.ProtoReflect().
			Descriptor().
			Fields().
			ByName("is_final"); last == nil ||
			next.ProtoReflect().Get(last).Bool() {
			return nil
		}
	}
}
