package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/messaging/messagingtest"
	"github.com/bodybroker/platform/workload/contract"
)

const token = "a token of forty characters that is secret"

// running is a service that runs, with a Redis of its own.
type running struct {
	Settings
	store *miniredis.Miniredis
	stop  func() error
}

// started runs a service of the table until the test ends or stop is called.
func started(t *testing.T, s messagingtest.Server, row catalog.Service) running {
	t.Helper()
	certificate, authority := messagingtest.Certify(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(authority)))
	store, err := miniredis.RunTLS(
		&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	store.RequireAuth(token)
	environment := map[string]string{
		"SERVICE_NAME":      row.Name,
		"NATS_URL":          s.Options.URL,
		"NATS_CA":           s.Options.CertificateAuthority,
		"NATS_NKEY_SEED":    s.Options.Seed,
		"NATS_INBOX_PREFIX": "_INBOX_" + row.Name,
		"NATS_QUEUE_GROUP":  row.Queue,
		"NATS_SUBJECTS":     strings.Join(row.RPC, ","),
		"REDIS_ADDRESS":     store.Addr(),
		"REDIS_AUTH_TOKEN":  token,
	}
	settings, err := FromEnvironment(func(name string) string { return environment[name] })
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	settings.RedisRoots, settings.Listen = roots, listener.Addr().String()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- settings.run(ctx, methods, listener) }()
	require.Eventually(
		t,
		func() bool { return healthy(settings) == http.StatusOK },
		10*time.Second,
		10*time.Millisecond,
	)
	return running{Settings: settings, store: store, stop: func() error { cancel(); return <-ended }}
}

// healthy is the status of the health page; 0 if nobody answers.
func healthy(s Settings) int {
	response, err := http.Get("http://" + s.Listen + "/health")
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func named(t *testing.T, name string) catalog.Service {
	t.Helper()
	row, known, err := catalog.ServiceNamed(name)
	require.NoError(t, err)
	require.True(t, known, "the table has no service %s", name)
	return row
}

// asked asks until the service has subscribed; text is the request's JSON.
func asked(t *testing.T, c *messaging.Client, subject, text string) (proto.Message, error) {
	t.Helper()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	m := methods[subject].Messaging()
	request, response := m.Request(), m.Response()
	require.NoError(t, protojson.Unmarshal([]byte(text), request))
	return response, c.Request(t.Context(), subject, request, response)
}

func TestEveryServiceAnswersAllItsSubjectsWithFieldsOfTheContract(t *testing.T) {
	table, _, err := catalog.Services()
	require.NoError(t, err)
	s := messagingtest.Serve(t)
	c := s.Connect(t)
	for _, row := range table {
		r := started(t, s, row)
		for _, subject := range row.RPC {
			response, err := asked(t, c, subject, `{"meta": {"requestId": "r"}}`)
			require.NoError(t, err, subject)
			text, err := protojson.Marshal(response)
			require.NoError(t, err)
			assert.Contains(t, string(text), row.Name, "its name is in the labels")
			fields := response.ProtoReflect().Descriptor().Fields()
			for i := range fields.Len() {
				f := fields.Get(i)
				if f.Name() != "error" && f.ContainingOneof() == nil {
					assert.True(t, response.ProtoReflect().Has(f), "%s has no %s", subject, f.Name())
				}
			}
		}
		require.NoError(t, r.stop())
	}
}

func TestACommandIsDoneOnceAndToldOnce(t *testing.T) {
	s := messagingtest.Serve(t)
	c := s.Connect(t)
	access, err := jetstream.New(c.Native())
	require.NoError(t, err)
	events, err := access.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"evt.>"}})
	require.NoError(t, err)
	r := started(t, s, named(t, "quest-system"))
	const subject, command = "svc.quest.v1.generate", `{"meta": {"requestId": "%s", "idempotencyKey": "k-1"}, ` +
		`"playerId": "p"}`
	_, err = asked(t, c, subject, fmt.Sprintf(command, "first"))
	require.NoError(t, err)
	require.Len(t, r.store.Keys(), 1)
	key := r.store.Keys()[0]
	assert.True(t, strings.HasPrefix(key, "answer:quest-system:"+subject+"."), key)
	held, err := r.store.Get(key)
	require.NoError(t, err)
	require.NoError(t, r.store.Set(key, held[:sha256.Size]+"\x01\x12\x06\x0a\x04kept"))
	second, err := asked(t, c, subject, fmt.Sprintf(command, "second"))
	require.NoError(t, err)
	text, err := protojson.Marshal(second)
	require.NoError(t, err)
	assert.Contains(t, string(text), "kept", "what Redis holds is the answer")
	assert.Equal(t, "second", messaging.MetaOf(second).RequestID)
	info, err := events.Info(t.Context(), jetstream.WithSubjectFilter("evt.quest.answered"))
	require.NoError(t, err)
	assert.Equal(t, map[string]uint64{"evt.quest.answered": 1}, info.State.Subjects)
}

// commandNamed is one that nothing was asked with.
func commandNamed(id string) command {
	return command{id: id, digest: make([]byte, sha256.Size), token: rand.Text()}
}

func TestAKeyIsItsGiversAndOfOneCommand(t *testing.T) {
	s := messagingtest.Serve(t)
	c := s.Connect(t)
	r := started(t, s, named(t, "router"))
	const subject = "svc.router.v1.route"
	_, err := asked(t, c, subject, `{"meta": {"idempotencyKey": "1", "userId": "one"}, "operation": "a"}`)
	require.NoError(t, err)
	_, err = asked(t, c, subject, `{"meta": {"idempotencyKey": "1", "userId": "two"}, "operation": "b"}`)
	require.NoError(t, err, "another user's key is another one")
	assert.Len(t, r.store.Keys(), 2)
	_, err = asked(t, c, subject, `{"meta": {"idempotencyKey": "1", "userId": "one"}, "operation": "b"}`)
	assert.Equal(t, messaging.Conflict, messaging.AsError(err).Code)
}

func TestACommandThatAnotherTaskDoesIsAbortedUntilItsAnswerIsKept(t *testing.T) {
	s := messagingtest.Serve(t)
	settings := started(t, s, named(t, "router")).Settings
	a, given := openAnswers(settings), commandNamed("s")
	done, err := a.claim(t.Context(), given, nil)
	require.NoError(t, err)
	assert.False(t, done)
	_, err = a.claim(t.Context(), commandNamed("s"), nil)
	assert.Equal(t, messaging.Aborted, messaging.AsError(err).Code)
	done, err = a.claim(t.Context(), given, nil)
	require.NoError(t, err, "whose own claim it is goes on")
	assert.False(t, done)
	require.NoError(t, a.release(t.Context(), given))
	done, err = a.claim(t.Context(), given, nil)
	require.NoError(t, err, "what failed may be done again")
	assert.False(t, done)
	require.NoError(t, a.close())
}

func TestACommandWithoutRedisIsUnavailableAndSaysNoSecret(t *testing.T) {
	s := messagingtest.Serve(t)
	other := started(t, s, named(t, "time-manager")).Settings
	other.RedisAddress = "127.0.0.1:1" // nobody listens there
	other.Queue = "another"
	_, err := asked(t, s.Connect(t), "svc.time.v1.get_time", `{}`)
	require.NoError(t, err)
	answers := openAnswers(other)
	_, err = answers.claim(t.Context(), commandNamed("s"), nil)
	assert.Equal(t, messaging.Unavailable, messaging.AsError(err).Code)
	assert.NotContains(t, err.Error(), token)
	require.NoError(t, answers.close())
}

// No stream stores evt.answered.
func TestWhoMayPublishEveryEventHasNoneOfItsOwn(t *testing.T) {
	assert.Empty(t, Event(named(t, "event-bus")))
	assert.Empty(t, Event(named(t, "router")))
	assert.Equal(t, "evt.quest.answered", Event(named(t, "quest-system")))
}

func TestAStreamedAnswerHasItsParts(t *testing.T) {
	s := messagingtest.Serve(t)
	started(t, s, named(t, "ai-integration"))
	const subject = "svc.ai.llm.v1.infer"
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	m := methods[subject].Messaging()
	request := m.Request()
	require.NoError(t, protojson.Unmarshal([]byte(`{"prompt": "tell", "params": {"stream": true}}`), request))
	count := 0
	require.NoError(t, s.Connect(t).Stream(t.Context(), subject, request, m.Part, func(part proto.Message) error {
		assert.EqualValues(
			t,
			count,
			part.ProtoReflect().Get(part.ProtoReflect().Descriptor().Fields().ByName("index")).Uint(),
		)
		count++
		return nil
	}))
	assert.Equal(t, streamParts, count)
}

// A task that nobody can ask is not healthy; ECS starts another.
func TestHealthIsTrueOnlyWhileNATSIsConnected(t *testing.T) {
	s := messagingtest.Serve(t)
	settings := started(t, s, named(t, "weather-manager")).Settings
	s.Shutdown()
	assert.Eventually(
		t,
		func() bool { return healthy(settings) == http.StatusServiceUnavailable },
		10*time.Second,
		10*time.Millisecond,
	)
}

func TestAnEndKeepsNobodyWaiting(t *testing.T) {
	s := messagingtest.Serve(t)
	row := named(t, "router")
	one := started(t, s, row)
	started(t, s, row) // the other task
	c := s.Connect(t)
	var failed, done atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	m := methods[row.RPC[0]].Messaging()
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if err := c.Request(t.Context(), row.RPC[0], m.Request(), m.Response()); err != nil {
				failed.Add(1)
			}
			done.Add(1)
		}
	}()
	more := func() bool {
		before := done.Load()
		return assert.Eventually(t, func() bool { return done.Load() > before+50 }, 10*time.Second, time.Millisecond)
	}
	more()
	require.NoError(t, one.stop())
	more()
	cancel()
	<-ended
	assert.Zero(t, failed.Load(), "of %d requests", done.Load())
}

func TestWhatTheTaskDefinitionLacksIsToldAtOnce(t *testing.T) {
	_, err := FromEnvironment(func(name string) string {
		return map[string]string{"SERVICE_NAME": "router", "NATS_NKEY_SEED": "SUSECRET"}[name]
	})
	for _, name := range []string{
		"NATS_URL",
		"NATS_CA",
		"NATS_INBOX_PREFIX",
		"NATS_QUEUE_GROUP",
		"NATS_SUBJECTS",
		"REDIS_ADDRESS",
		"REDIS_AUTH_TOKEN",
	} {
		assert.ErrorContains(t, err, name+" is not set")
	}
	assert.NotContains(t, err.Error(), "SUSECRET")
	err = Run(t.Context(), Settings{Subjects: []string{"svc.nobody.v1.knows"}})
	assert.ErrorContains(t, err, "the wire contract has no subject svc.nobody.v1.knows")
}

// Whatever the contract holds, a stand-in fills it and comes to an end.
func TestAnythingOfTheContractCanBeFilled(t *testing.T) {
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	for subject, m := range methods {
		for _, descriptor := range []protoreflect.MessageDescriptor{m.Request, m.Response} {
			message := dynamicpb.NewMessage(descriptor)
			fill(message, dynamicpb.NewMessage(descriptor), depth)
			data, err := proto.Marshal(message)
			require.NoError(t, err)
			assert.NotEmpty(t, data, fmt.Sprintf("%s: %s", subject, descriptor.FullName()))
		}
	}
}
