// Dead letters: messages whose deliveries ran out are put where a person can look at them, with
// where they came from.
//
// The server only publishes an advisory when that happens. A stream keeps the advisories, so none
// is missed while nobody listens; the controller reads it as a work queue and acknowledges an
// advisory when its letter is stored.
package controller

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/bodybroker/platform/catalog"
)

// Headers of a dead letter, besides those that the message had.
const (
	LetterStream     = "Dead-Letter-Stream"
	LetterConsumer   = "Dead-Letter-Consumer"
	LetterSequence   = "Dead-Letter-Sequence"
	LetterSubject    = "Dead-Letter-Subject" // under which the message was published
	LetterDeliveries = "Dead-Letter-Deliveries"
	LetterTime       = "Dead-Letter-Time" // when the deliveries ran out, RFC 3339 with nanoseconds
	// LetterSignature is the controller's, over what a letter says of its origin and its body:
	// services can put messages of their own next to letters.
	LetterSignature = "Dead-Letter-Signature"
	// LetterLacks says why the body is not there, where it is not.
	LetterLacks = "Dead-Letter-Lacks"
)

// advisoryConsumer is the controller's durable consumer on nats.AdvisoryStream.
const advisoryConsumer = "controller"

// advisoryWait ends a tick's reading: what was stored a moment ago reaches the consumer in that
// time.
const advisoryWait = 500 * time.Millisecond

// exhausted is the advisory of a message whose deliveries ran out (nats-server, events of type
// io.nats.jetstream.advisory.v1.max_deliver).
type exhausted struct {
	Type       string    `json:"type"`
	Stream     string    `json:"stream"`
	Consumer   string    `json:"consumer"`
	Sequence   uint64    `json:"stream_seq"`
	Deliveries int       `json:"deliveries"`
	Time       time.Time `json:"timestamp"`
}

const advisoryType = "io.nats.jetstream.advisory.v1.max_deliver"

// errForged is an advisory that the server did not write. Whoever may publish or pull can have the
// server's answer stored under this subject (ADR 0012), so what one says is compared with what the
// cluster knows.
var errForged = errors.New("the server did not write this advisory")

// reportedErrors is how many errors of one tick are reported in full; of more, only the number is.
const reportedErrors = 5

// watchAdvisories makes the consumer with which ticks read the advisories.
func watchAdvisories(ctx context.Context, access jetstream.JetStream) error {
	_, err := access.CreateOrUpdateConsumer(ctx, catalog.AdvisoryStream, jetstream.ConsumerConfig{
		Durable:     advisoryConsumer,
		Description: "The controller moves what ran out of deliveries",
		AckPolicy:   jetstream.AckExplicitPolicy,
		AckWait:     tickLimit,
		// Those that wait for another try must keep no other one waiting.
		MaxAckPending: -1,
	})
	return err
}

// moveDeadLetters moves all that waits, one at a time, and says how many. An advisory that fails is
// tried again by a later tick, and one that is forged is not; neither keeps another waiting.
func moveDeadLetters(
	ctx context.Context,
	access jetstream.JetStream,
	own nkeys.KeyPair,
	subjects map[string]string,
) (moved int, err error) {
	consumer, err := access.Consumer(ctx, catalog.AdvisoryStream, advisoryConsumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil // the streams are still to be made
	}
	if err != nil {
		return 0, fmt.Errorf("moving dead letters: %w", err)
	}
	var failed []error
	for ctx.Err() == nil {
		batch, err := consumer.Fetch(1, jetstream.FetchMaxWait(advisoryWait))
		if err != nil {
			return moved, fmt.Errorf("moving dead letters: %w", err)
		}
		advisory, more := <-batch.Messages()
		if !more {
			return moved, errors.Join(append(few(failed), batch.Error())...)
		}
		what, err := read(advisory)
		if err == nil {
			err = what.move(ctx, access, own, subjects)
		}
		switch {
		case errors.Is(err, errForged):
			failed = append(failed, err, advisory.Term())
		case err != nil:
			failed = append(
				failed,
				fmt.Errorf(
					"moving message %d of %s, which %s could not process: %w",
					what.Sequence,
					what.Stream,
					what.Consumer,
					err,
				),
				advisory.NakWithDelay(tickLimit),
			)
		default:
			if err := advisory.DoubleAck(ctx); err != nil {
				return moved, fmt.Errorf("moving dead letters: %w", err)
			}
			moved++
		}
	}
	return moved, errors.Join(append(few(failed), ctx.Err())...)
}

// few are the first of many errors, and how many more there are.
func few(all []error) []error {
	all = slices.DeleteFunc(all, func(err error) bool { return err == nil })
	if len(all) <= reportedErrors {
		return all
	}
	return append(all[:reportedErrors:reportedErrors], fmt.Errorf("and %d more", len(all)-reportedErrors))
}

// read reads an advisory; it must speak of the stream and consumer that its own subject ends with.
func read(advisory jetstream.Msg) (e exhausted, err error) {
	if err := json.Unmarshal(advisory.Data(), &e); err != nil {
		return e, fmt.Errorf("moving dead letters: reading an advisory: %w: %w", errForged, err)
	}
	if e.Type != advisoryType || e.Sequence == 0 ||
		!strings.HasSuffix(advisory.Subject(), "."+e.Stream+"."+e.Consumer) {
		return e, fmt.Errorf(
			"moving dead letters: an advisory under %s names message %d of %s and %s: %w",
			advisory.Subject(),
			e.Sequence,
			e.Stream,
			e.Consumer,
			errForged,
		)
	}
	return e, nil
}

// check requires a consumer that exists, and a message that it was given. A message that is still
// being worked on looks like one that is not: a forged advisory can bring it into the DLQ, where it
// is not lost.
func (e exhausted) check(ctx context.Context, origin jetstream.Stream) error {
	consumer, err := origin.Consumer(ctx, e.Consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("%s has no consumer %s: %w", e.Stream, e.Consumer, errForged)
	}
	if err != nil {
		return err
	}
	if given := consumer.CachedInfo().Delivered.Stream; e.Sequence > given {
		return fmt.Errorf(
			"%s was given messages up to %d and not message %d: %w",
			e.Consumer,
			given,
			e.Sequence,
			errForged,
		)
	}
	return nil
}

// move puts one message into the DLQ, once, and takes it out of a work queue.
func (e exhausted) move(
	ctx context.Context,
	access jetstream.JetStream,
	own nkeys.KeyPair,
	subjects map[string]string,
) error {
	subject := subjects[e.Stream+"."+e.Consumer]
	if subject == "" {
		subject = "dlq." + e.Stream + "." + e.Consumer
	}
	name, err := access.StreamNameBySubject(ctx, subject)
	if err != nil {
		return fmt.Errorf("finding the stream that stores %s: %w", subject, err)
	}
	letters, err := access.Stream(ctx, name)
	if err != nil {
		return err
	}
	origin, err := access.Stream(ctx, e.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		origin, err = nil, nil
	}
	if err != nil {
		return err
	}
	if origin != nil {
		if err := e.check(ctx, origin); err != nil {
			return err
		}
	}
	if stored, err := e.isStored(ctx, letters, subject); err != nil || stored {
		return errors.Join(err, e.takeOut(ctx, origin))
	}
	var message *jetstream.RawStreamMsg
	if origin != nil {
		if message, err = origin.GetMsg(ctx, e.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
	}
	letter := e.letter(subject, message, letters.CachedInfo().Config.MaxMsgSize)
	if err := sign(letter, own); err != nil {
		return err
	}
	if _, err := access.PublishMsg(ctx, letter); err != nil {
		return err
	}
	if letter.Header.Get(LetterLacks) != "" {
		return nil // what is left of it is in its stream
	}
	return e.takeOut(ctx, origin)
}

// isStored says whether the letter was stored by a tick that ended before it could acknowledge the
// advisory: it would be the newest of its consumer. The time distinguishes it from one of
// a stream that was made anew, whose sequences begin again.
func (e exhausted) isStored(ctx context.Context, letters jetstream.Stream, subject string) (bool, error) {
	newest, err := letters.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return newest.Header.Get(LetterStream) == e.Stream && newest.Header.Get(LetterConsumer) == e.Consumer &&
		newest.Header.Get(
			LetterSequence,
		) == strconv.FormatUint(
			e.Sequence,
			10,
		) && newest.Header.Get(LetterTime) == e.when(), nil
}

func (e exhausted) when() string { return e.Time.UTC().Format(time.RFC3339Nano) }

// letter is the message with its origin. Headers that would make the server do something with it
// ("Nats-…"), or that an earlier letter had, are kept under another name. A message that is gone,
// or does not fit, is a letter without its body.
func (e exhausted) letter(subject string, message *jetstream.RawStreamMsg, most int32) *natsgo.Msg {
	letter := natsgo.NewMsg(subject)
	set := func(name, value string) { letter.Header.Set(name, value) }
	if message != nil {
		for name, values := range message.Header {
			if strings.HasPrefix(name, "Nats-") || strings.HasPrefix(name, "Dead-Letter-") {
				name = "Original-" + name
			}
			letter.Header[name] = values
		}
		set(LetterSubject, message.Subject)
	}
	set(jetstream.MsgIDHeader, fmt.Sprintf("%s.%s.%d.%d", e.Stream, e.Consumer, e.Sequence, e.Time.UnixNano()))
	set(LetterStream, e.Stream)
	set(LetterConsumer, e.Consumer)
	set(LetterSequence, strconv.FormatUint(e.Sequence, 10))
	set(LetterDeliveries, strconv.Itoa(e.Deliveries))
	set(LetterTime, e.when())
	if message == nil {
		set(LetterLacks, "its stream did not have it any more")
		return letter
	}
	if letter.Data = message.Data; most > 0 && letter.Size() > int(most) {
		letter.Data = nil
		set(
			LetterLacks,
			fmt.Sprintf(
				"its %d bytes do not fit here; %s has it as long as it keeps messages",
				len(message.Data),
				e.Stream,
			),
		)
	}
	return letter
}

// signed is what a letter's signature is over: each header that resend believes, and the body.
func signed(header natsgo.Header, body []byte) []byte {
	var text []byte
	for _, name := range []string{
		LetterStream,
		LetterConsumer,
		LetterSequence,
		LetterSubject,
		LetterTime,
		LetterLacks,
	} {
		text = fmt.Appendf(text, "%q", header.Get(name))
	}
	return append(text, body...)
}

func sign(letter *natsgo.Msg, own nkeys.KeyPair) error {
	signature, err := own.Sign(signed(letter.Header, letter.Data))
	if err != nil {
		return fmt.Errorf("signing the letter: %w", err)
	}
	letter.Header.Set(LetterSignature, base64.StdEncoding.EncodeToString(signature))
	return nil
}

// takeOut removes the message from a work queue, where it would lie for ever: nobody gets it again.
// Other streams keep messages for all their readers.
func (e exhausted) takeOut(ctx context.Context, origin jetstream.Stream) error {
	if origin == nil || origin.CachedInfo().Config.Retention != jetstream.WorkQueuePolicy {
		return nil
	}
	if err := origin.DeleteMsg(ctx, e.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return err
	}
	return nil
}
