package messaging_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/messaging/messagingtest"
	"github.com/bodybroker/platform/workload/contract"
)

const timeSubject = "svc.time.v1.get_time"

// method is one of the contract's.
func method(t *testing.T, subject string) messaging.Method {
	t.Helper()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	return methods[subject].Messaging()
}

// answering serves a subject.
func answering(t *testing.T, s messagingtest.Server, subject string, handle messaging.Handler) *messaging.Client {
	t.Helper()
	c := s.Connect(t)
	require.NoError(t, c.Serve(subject, "q", method(t, subject), handle))
	require.NoError(t, c.Flush(t.Context()))
	return c
}

// failing is a handler that only fails.
func failing(err error) messaging.Handler {
	return func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		return nil, err
	}
}

func fill(t *testing.T, message proto.Message, text string) proto.Message {
	t.Helper()
	require.NoError(t, protojson.Unmarshal([]byte(text), message))
	return message
}

// code asks and returns the code of the failure.
func code(t *testing.T, c *messaging.Client, ctx context.Context, request string) messaging.Code {
	t.Helper()
	m := method(t, timeSubject)
	var failed *messaging.Error
	require.ErrorAs(t, c.Request(ctx, timeSubject, fill(t, m.Request(), request), m.Response()), &failed)
	return failed.Code
}

func TestARequestIsAnsweredWithItsMetadataAndTrace(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	traced := make(chan string, 1)
	answering(
		t,
		p,
		timeSubject,
		func(ctx context.Context, request proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			traced <- trace.SpanContextFromContext(ctx).TraceID().String()
			return fill(t, m.Response(), `{"gameTime": {"hour": 7}}`), nil
		},
	)
	parent, err := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	require.NoError(t, err)
	ctx := trace.ContextWithSpanContext(
		t.Context(),
		trace.NewSpanContext(trace.SpanContextConfig{TraceID: parent, SpanID: trace.SpanID{1}, Remote: true}),
	)
	response := m.Response()
	require.NoError(
		t,
		p.Connect(t).Request(ctx, timeSubject, fill(t, m.Request(), `{"meta": {"requestId": "r-1"}}`), response),
	)
	assert.Equal(t, parent.String(), <-traced)
	meta := messaging.MetaOf(response)
	assert.Equal(t, "r-1", meta.RequestID)
	assert.Equal(t, parent.String(), meta.TraceID)
	text, err := protojson.Marshal(response)
	require.NoError(t, err)
	assert.Contains(t, strings.ReplaceAll(string(text), " ", ""), `"gameTime":{"hour":7}`)
}

func TestAServicesErrorArrivesAsItIs(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	answering(
		t,
		p,
		timeSubject,
		failing(
			&messaging.Error{
				Code:    messaging.NotFound,
				Message: "no world w-1",
				Details: map[string]string{"world": "w-1"},
			},
		),
	)
	err := p.Connect(t).Request(t.Context(), timeSubject, m.Request(), m.Response())
	var failed *messaging.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, messaging.NotFound, failed.Code)
	assert.Equal(t, "no world w-1", failed.Message)
	assert.Equal(t, map[string]string{"world": "w-1"}, failed.Details)
}

func TestWhatBrokeInsideAServiceIsNotToldToItsCaller(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	for _, handle := range []messaging.Handler{
		failing(errors.New("password hunter2 refused")),
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			panic("hunter2")
		},
	} {
		own := answering(t, p, timeSubject, handle)
		err := p.Connect(t).Request(t.Context(), timeSubject, m.Request(), m.Response())
		assert.ErrorContains(t, err, "internal")
		assert.NotContains(t, err.Error(), "hunter2")
		require.NoError(t, own.Drain(t.Context()))
	}
}

// Whoever guesses the inbox can answer; the request's id is known to the service alone.
func TestAnAnswerOfAnotherRequestIsNone(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	for _, answer := range []string{
		`{"meta": {"requestId": "guessed"}, "gameTime": {"hour": 7}}`,
		`{"meta": {"requestId": "guessed"}, "error": {"code": "UNAUTHENTICATED"}}`,
	} {
		forged, err := proto.Marshal(fill(t, m.Response(), answer))
		require.NoError(t, err)
		forger := p.Connect(t)
		subscription, err := forger.Native().Subscribe(timeSubject, func(m *nats.Msg) { _ = m.Respond(forged) })
		require.NoError(t, err)
		require.NoError(t, forger.Flush(t.Context()))
		assert.Equal(t, messaging.Internal, code(t, p.Connect(t), t.Context(), `{}`), answer)
		if strings.Contains(answer, "error") {
			continue
		}
		streamed := p.Connect(t).
			Stream(t.Context(), timeSubject, m.Request(), m.Response, func(proto.Message) error {
				return errors.New("used")
			})
		assert.ErrorContains(t, streamed, `the answer is of request "guessed"`)
		require.NoError(t, subscription.Unsubscribe())
		require.NoError(t, forger.Flush(t.Context()))
	}
}

// Callers have gone by then, and the place is needed.
func TestAHandlersTimeEnds(t *testing.T) {
	p := messagingtest.Serve(t)
	var logged bytes.Buffer
	p.Options.HandlerTimeout, p.Options.Logger = 50*time.Millisecond, slog.New(slog.NewJSONHandler(&logged, nil))
	left := make(chan time.Duration, 3)
	own := answering(
		t,
		p,
		timeSubject,
		func(ctx context.Context, _ proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			ends, _ := ctx.Deadline()
			left <- time.Until(ends)
			<-ctx.Done()
			return nil, fmt.Errorf("asking the store: %w", ctx.Err())
		},
	)
	assert.Equal(t, messaging.DeadlineExceeded, code(t, p.Connect(t), t.Context(), `{"meta": {"requestId": "r-1"}}`))
	assert.LessOrEqual(t, <-left, p.Options.HandlerTimeout)
	require.NoError(t, own.Drain(t.Context()))
	for _, word := range []string{timeSubject, "asking the store", `"request_id":"r-1"`, "deadline exceeded"} {
		assert.Contains(t, logged.String(), word, "the operator learns why")
	}
}

func TestARequestThatIsNoneIsRefused(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	answering(t, p, timeSubject, failing(errors.New("never reached")))
	answer, err := p.Connect(t).Native().Request(timeSubject, []byte{0xff, 0xff}, 5*time.Second)
	require.NoError(t, err)
	response := m.Response()
	require.NoError(t, proto.Unmarshal(answer.Data, response))
	text, err := protojson.Marshal(response)
	require.NoError(t, err)
	assert.Contains(t, string(text), "INVALID_ARGUMENT")
}

// The answer would be the service's own event.
func TestWhoAsksDoesNotChooseWhatAServicePublishes(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	handled := make(chan struct{}, 1)
	answering(
		t,
		p,
		timeSubject,
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			handled <- struct{}{}
			return m.Response(), nil
		},
	)
	c := p.Connect(t)
	events, err := c.Native().SubscribeSync("evt.payment.completed")
	require.NoError(t, err)
	require.NoError(t, c.Native().PublishRequest(timeSubject, "evt.payment.completed", nil))
	require.NoError(t, c.Request(t.Context(), timeSubject, m.Request(), m.Response()))
	<-handled
	_, err = events.NextMsg(100 * time.Millisecond)
	assert.ErrorIs(t, err, nats.ErrTimeout)
	assert.Empty(t, handled, "the first request was not even looked at")
}

func TestASubjectThatNobodyAnswersIsUnavailableAfterThreeAttempts(t *testing.T) {
	p := messagingtest.Serve(t)
	begun := time.Now()
	assert.Equal(t, messaging.Unavailable, code(t, p.Connect(t), t.Context(), `{}`))
	assert.Greater(t, time.Since(begun), 75*time.Millisecond, "it was asked again after pauses")
}

func TestATimeoutIsAskedAgainOnlyWithAnIdempotencyKey(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	var asked atomic.Int32
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	answering(
		t,
		p,
		timeSubject,
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			if asked.Add(1) == 1 {
				<-over
			}
			return m.Response(), nil
		},
	)
	c := p.Connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	assert.Equal(t, messaging.DeadlineExceeded, code(t, c, ctx, `{}`))
	assert.EqualValues(t, 1, asked.Load())

	asked.Store(0)
	ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	assert.NoError(
		t,
		c.Request(ctx, timeSubject, fill(t, m.Request(), `{"meta": {"idempotencyKey": "k"}}`), m.Response()),
	)
	assert.EqualValues(t, 2, asked.Load())
}

func TestAServiceThatOnlyFailsIsLeftAlone(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	var asked atomic.Int32
	answering(
		t,
		p,
		timeSubject,
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			asked.Add(1)
			return nil, errors.New("broken")
		},
	)
	c := p.Connect(t)
	for range 40 {
		require.Error(t, c.Request(t.Context(), timeSubject, m.Request(), m.Response()))
	}
	assert.Less(t, asked.Load(), int32(40))
	assert.Equal(t, messaging.Unavailable, code(t, c, t.Context(), `{}`))
}

func TestAnAnswerInPartsEndsWithTheLast(t *testing.T) {
	const subject = "svc.ai.llm.v1.infer"
	p, m := messagingtest.Serve(t), method(t, subject)
	answering(
		t,
		p,
		subject,
		func(_ context.Context, _ proto.Message, send func(proto.Message) error) (proto.Message, error) {
			for i := range 3 {
				if err := send(
					fill(
						t,
						m.Part(),
						fmt.Sprintf(`{"index": %d, "outputTextDelta": "part %d", "isFinal": %t}`, i, i, i == 2),
					),
				); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
	)
	var parts []string
	err := p.Connect(t).Stream(t.Context(), subject, m.Request(), m.Part, func(part proto.Message) error {
		text, err := protojson.Marshal(part)
		parts = append(parts, string(text))
		return err
	})
	require.NoError(t, err)
	require.Len(t, parts, 3)
	assert.Contains(t, parts[2], "part 2")

	err = p.Connect(t).Stream(t.Context(), timeSubject, m.Request(), m.Part, func(proto.Message) error { return nil })
	var failed *messaging.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, messaging.Unavailable, failed.Code, "nobody answers that one")
}

func TestAnEventIsStoredOnce(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	c := p.Connect(t)
	access, err := jetstream.New(c.Native())
	require.NoError(t, err)
	stream, err := access.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"evt.>"}})
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, c.Publish(t.Context(), "evt.time.hour", "hour-7", m.Response()))
	}
	info, err := stream.Info(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, info.State.Msgs)
	assert.Error(t, c.Publish(t.Context(), "nobody.stores.this", "x", m.Response()))
}

func TestDrainAnswersWhatIsUnderWayAndTakesNoMore(t *testing.T) {
	p, m := messagingtest.Serve(t), method(t, timeSubject)
	begun, goOn := make(chan struct{}), make(chan struct{})
	own := answering(
		t,
		p,
		timeSubject,
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			close(begun)
			<-goOn
			return m.Response(), nil
		},
	)
	c := p.Connect(t)
	answered, drained := make(chan error, 1), make(chan error, 1)
	go func() { answered <- c.Request(t.Context(), timeSubject, m.Request(), m.Response()) }()
	<-begun
	go func() { drained <- own.Drain(t.Context()) }()
	require.Eventually(t, func() bool { return !hasInterest(p) }, 10*time.Second, 10*time.Millisecond)
	close(goOn)
	assert.NoError(t, <-answered)
	assert.NoError(t, <-drained)
	assert.False(t, own.Connected())
	assert.Equal(t, messaging.Unavailable, code(t, c, t.Context(), `{}`))
}

// hasInterest says whether anybody answers the subject.
func hasInterest(p messagingtest.Server) bool {
	account, err := p.LookupAccount("$G")
	return err == nil && account.Interest(timeSubject) > 0
}

func TestOptionsTellAllTheirFaultsAndNotTheSeed(t *testing.T) {
	_, err := messaging.Connect(t.Context(), messaging.Options{Seed: "SUSECRETSEED", CertificateAuthority: "no"})
	for _, fault := range []string{
		"Name is not set",
		"URL is not set",
		"InboxPrefix is not set",
		"CertificateAuthority is not a PEM",
		"Seed is not an nkey seed",
	} {
		assert.ErrorContains(t, err, fault)
	}
	assert.NotContains(t, err.Error(), "SUSECRETSEED")
}

func TestAnotherAuthorityIsNotTrusted(t *testing.T) {
	p := messagingtest.Serve(t)
	_, p.Options.CertificateAuthority = messagingtest.Certify(t)
	_, err := messaging.Connect(t.Context(), p.Options)
	assert.ErrorContains(t, err, "certificate")
}
