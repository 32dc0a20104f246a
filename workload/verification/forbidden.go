// The part of check "errors" that tries what the identity must be refused: it is a caller, and no
// more.
package verification

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// refusal is something that the identity must not do. Where it may nevertheless, it does no harm:
// no stream stores what is published here and nobody reads it, and a subscription is ended at once.
type refusal struct {
	verb, subject, why string
}

// refusals name the subjects once for each run, for the connection may remember the refusal of an
// earlier one. Front is the gateway's name.
func refusals(id, front string) []refusal {
	return []refusal{
		{verb: "publish", subject: "evt.verification." + id, why: "an event in another's name"},
		{verb: "publish", subject: "_INBOX_" + front + "." + id, why: "an answer to another's request"},
		{verb: "publish", subject: "$SYS.REQ.USER." + id, why: "a request to the system account"},
		{verb: "publish", subject: "$JS.API.STREAM.CREATE." + id, why: "a stream"},
		{verb: "subscribe", subject: "svc." + id + ".>", why: "others' requests"},
		{verb: "subscribe", subject: "evt." + id + ".>", why: "others' events"},
		{verb: "subscribe", subject: "_INBOX_" + front + "." + id + ".>", why: "answers to others' requests"},
	}
}

// forbidden tries them one after the other on the run's own connection.
func (r *run) forbidden(ctx context.Context) {
	connection := r.Client.Native()
	// Without a handler the client library writes each refusal to standard error.
	before := connection.ErrorHandler()
	connection.SetErrorHandler(func(c *nats.Conn, s *nats.Subscription, err error) {
		if before != nil && !errors.Is(err, nats.ErrPermissionViolation) {
			before(c, s, err)
		}
	})
	defer connection.SetErrorHandler(before)
	for _, refusal := range refusals(r.id, r.front) {
		err := r.try(ctx, connection, refusal)
		held := errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), refusal.subject)
		seen := "allowed"
		if err != nil {
			seen = strings.ReplaceAll(err.Error(), r.id, "…")
		}
		r.add("errors", "forbidden/"+refusal.verb+" "+strings.ReplaceAll(refusal.subject, r.id, "…"), KindCheck, held,
			fmt.Sprintf("a permissions violation: %s is not for this identity", refusal.why), seen)
	}
}

// try does it and returns what the server said of it; nil if it said nothing.
func (r *run) try(ctx context.Context, connection *nats.Conn, what refusal) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	if what.verb == "subscribe" {
		subscription, err := connection.SubscribeSync(what.subject)
		if err != nil {
			return fmt.Errorf("subscribing to %s: %w", what.subject, err)
		}
		defer func() { _ = subscription.Unsubscribe() }()
	} else if err := connection.Publish(what.subject, nil); err != nil {
		return fmt.Errorf("publishing to %s: %w", what.subject, err)
	}
	// The server's word on it comes before its word on the flush.
	if err := connection.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("waiting for the server's word on %s: %w", what.subject, err)
	}
	if err := connection.LastError(); err != nil && strings.Contains(err.Error(), what.subject) {
		return err
	}
	return nil
}
