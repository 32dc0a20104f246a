package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/messaging/messagingtest"
	"github.com/bodybroker/platform/workload/contract"
)

// fronted is a gateway that runs, with a client beside it.
type fronted struct {
	server  messagingtest.Server
	address string
	shadow  string // the address of the second port, "" if it is closed
	stop    func() error
}

func start(t *testing.T, change func(*Settings)) fronted {
	t.Helper()
	s := messagingtest.Serve(t)
	environment := map[string]string{
		"NATS_URL": s.Options.URL, "NATS_CA": s.Options.CertificateAuthority, "NATS_NKEY_SEED": s.Options.Seed,
		"NATS_INBOX_PREFIX": "_INBOX_http-nats-gateway",
	}
	settings, err := FromEnvironment(func(name string) string { return environment[name] })
	require.NoError(t, err)
	settings.Listen, settings.ShadowListen, settings.MostTime = "127.0.0.1:0", "127.0.0.1:0", 5*time.Second
	if change != nil {
		change(&settings)
	}
	listeners, err := settings.listen()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- settings.run(ctx, listeners) }()
	f := fronted{
		server:  s,
		address: "http://" + listeners[0].Addr().String(),
		stop:    func() error { cancel(); return <-ended },
	}
	if len(listeners) > 1 {
		f.shadow = "http://" + listeners[1].Addr().String()
	}
	require.Eventually(
		t,
		func() bool { status, _ := f.get("/ready"); return status == http.StatusOK },
		10*time.Second,
		10*time.Millisecond,
	)
	return f
}

func (f fronted) get(path string) (int, string) {
	response, err := http.Get(f.address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// answer is what came of a request.
type answer struct {
	StatusCode int
	Header     http.Header
}

func (f fronted) post(t *testing.T, path, body string, headers map[string]string) (answer, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, f.address+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header}, string(text)
}

// posting posts an empty object; the status comes when the answer does, 0 if none.
func (f fronted) posting(path string) <-chan int {
	status := make(chan int, 1)
	go func() {
		response, err := http.Post(f.address+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	return status
}

// answers serves a subject.
func (f fronted) answers(t *testing.T, subject string, handle messaging.Handler) contract.Method {
	t.Helper()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	c := f.server.Connect(t)
	require.NoError(t, c.Serve(subject, "q", methods[subject].Messaging(), handle))
	require.NoError(t, c.Flush(t.Context()))
	return methods[subject]
}

// failing is a handler that only fails.
func failing(err error) messaging.Handler {
	return func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		return nil, err
	}
}

func TestJSONGoesThereAndBackOnBothRoutes(t *testing.T) {
	f := start(t, nil)
	var m contract.Method
	traced := make(chan string, 2)
	m = f.answers(
		t,
		"svc.quest.v1.generate",
		func(ctx context.Context, request proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			traced <- trace.SpanContextFromContext(ctx).TraceID().String()
			fields := request.ProtoReflect().Descriptor().Fields()
			response := m.Messaging().Response()
			return response, protojson.Unmarshal(fmt.Appendf(
				nil,
				`{"quest": {"title": "for %s %d"}}`,
				request.ProtoReflect().
					Get(fields.ByName("player_id")).
					String(),
				request.ProtoReflect().Get(fields.ByName("seed")).Uint(),
			), response)
		},
	)
	for _, path := range []string{"/quest/generate", "/v1/svc/quest/v1/generate"} {
		response, text := f.post(
			t,
			path,
			`{"playerId": "p-1", "seed": "7", "context": {"a": [1, {"b": null}]}}`,
			map[string]string{
				"X-Request-Id": "r-1", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			},
		)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, "r-1", response.Header.Get("X-Request-Id"))
		var got struct {
			Quest struct{ Title string }
			Meta  struct{ RequestID, TraceID string }
		}
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		assert.Equal(t, "for p-1 7", got.Quest.Title)
		assert.Equal(t, "r-1", got.Meta.RequestID)
		assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", <-traced)
	}
}

func TestARoutesOwnValueIsPartOfTheRequest(t *testing.T) {
	f := start(t, nil)
	got := make(chan string, 1)
	var m contract.Method
	m = f.answers(
		t,
		"svc.ai.model.v1.get",
		func(_ context.Context, request proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			got <- request.ProtoReflect().Get(m.Request.Fields().ByName("model_id")).String()
			return m.Messaging().Response(), nil
		},
	)
	response, _ := f.post(t, "/ai/models/gpt%2F5", "", nil)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "gpt/5", <-got)
}

func TestEveryFailureHasItsStatusAndTellsNoSecret(t *testing.T) {
	f := start(t, nil)
	fails := make(chan error, 1)
	f.answers(
		t,
		"svc.time.v1.get_time",
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			return nil, <-fails
		},
	)
	const path = "/v1/svc/time/v1/get_time"
	for code, status := range map[messaging.Code]int{
		messaging.InvalidArgument: 400, messaging.Unauthenticated: 401, messaging.PermissionDenied: 403,
		messaging.NotFound: 404, messaging.Conflict: 409, messaging.ResourceExhausted: 429,
	} {
		fails <- &messaging.Error{Code: code, Message: "the reason"}
		response, text := f.post(t, path, `{}`, nil)
		assert.Equal(t, status, response.StatusCode, code)
		assert.Contains(t, text, "the reason")
		assert.Contains(t, text, code.String())
	}
	fails <- errors.New("password hunter2 refused")
	response, text := f.post(t, path, `{}`, nil)
	assert.Equal(t, 500, response.StatusCode)
	assert.NotContains(t, text, "hunter2")

	response, text = f.post(t, "/v1/svc/weather/v1/get_weather", `{}`, nil)
	assert.Equal(t, 503, response.StatusCode, "nobody answers it")
	assert.NotContains(t, text, "svc.weather", "what it is called inside")
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	f := start(t, func(s *Settings) { s.MostBody = 1000 })
	f.answers(t, "svc.quest.v1.generate", failing(errors.New("never reached")))
	const path = "/quest/generate"
	for body, status := range map[string]int{
		"{": 400, "[]": 400, `{"nobody": 1}`: 400, `{"seed": "x"}`: 400, "\xff\xfe": 400, `{"playerId": "` +
			strings.Repeat("x", 2000) + `"}`: 413,
		strings.Repeat("[", 900): 400,
	} {
		response, text := f.post(t, path, body, nil)
		assert.Equal(t, status, response.StatusCode, body[:min(len(body), 40)])
		assert.Contains(t, text, `"error"`)
	}
	response, _ := f.post(t, path, `{}`, map[string]string{"Idempotency-Key": strings.Repeat("k", 300)})
	assert.Equal(t, 400, response.StatusCode)
	response, _ = f.post(t, "/v1/svc/nobody/v1/knows", `{}`, nil)
	assert.Equal(t, 404, response.StatusCode)
	response, _ = f.post(t, "/v1/$JS/API/STREAM/PURGE/GAME_EVENTS", `{}`, nil)
	assert.Equal(t, 404, response.StatusCode)
	status, _ := f.get(path)
	assert.Equal(t, 405, status)
}

func TestTimeAndNumberAreLimited(t *testing.T) {
	f := start(t, func(s *Settings) { s.MostTime, s.MostAtOnce = 500*time.Millisecond, 1 })
	begun, goOn := make(chan struct{}, 2), make(chan struct{})
	t.Cleanup(func() { close(goOn) })
	f.answers(
		t,
		"svc.time.v1.get_time",
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			begun <- struct{}{}
			<-goOn
			return nil, errors.New("too late")
		},
	)
	first := f.posting("/v1/svc/time/v1/get_time")
	<-begun
	response, _ := f.post(t, "/v1/svc/time/v1/get_time", `{}`, nil)
	assert.Equal(t, 503, response.StatusCode, "the only place is taken")
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
	assert.Equal(t, 504, <-first)
}

func TestAStreamedAnswerIsServerSentEvents(t *testing.T) {
	f := start(t, nil)
	var m contract.Method
	m = f.answers(
		t,
		"svc.ai.llm.v1.infer",
		func(_ context.Context, _ proto.Message, send func(proto.Message) error) (proto.Message, error) {
			for i := range 3 {
				part := m.Messaging().Part()
				if err := errors.Join(
					protojson.Unmarshal(
						fmt.Appendf(nil, `{"index": %d, "outputTextDelta": "word %d", "isFinal": %t}`, i, i, i == 2),
						part,
					),
					send(part),
				); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
	)
	response, text := f.post(t, "/ai/llm/infer", `{"prompt": "tell", "params": {"stream": true}}`, nil)
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	events := strings.Split(strings.TrimSpace(text), "\n\n")
	require.Len(t, events, 3)
	for i, event := range events {
		assert.Contains(t, event, fmt.Sprintf("word %d", i))
		assert.True(t, strings.HasPrefix(event, "data: {"), event)
	}
}

func TestHealthReadinessAndMetrics(t *testing.T) {
	f := start(t, nil)
	f.post(t, "/v1/svc/time/v1/get_time", `{`, nil)
	_, text := f.get("/metrics")
	assert.True(
		t,
		strings.Contains(text, `gateway_request_seconds_count{status="400",subject="svc.time.v1.get_time"} 1`),
	)
	request, err := http.NewRequest(http.MethodGet, f.address+"/metrics", nil)
	require.NoError(t, err)
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 404, response.StatusCode, "players do not see it")
	f.server.Shutdown()
	for _, path := range []string{"/health", "/ready"} {
		assert.Eventually(
			t,
			func() bool { status, _ := f.get(path); return status == 503 },
			10*time.Second,
			10*time.Millisecond,
			path,
		)
	}
}

func TestWhatTheTaskDefinitionLacksIsToldAtOnce(t *testing.T) {
	_, err := FromEnvironment(func(string) string { return "" })
	for _, name := range []string{"NATS_URL", "NATS_CA", "NATS_NKEY_SEED", "NATS_INBOX_PREFIX"} {
		assert.ErrorContains(t, err, name+" is not set")
	}
	assert.True(t, Named(func(string) string { return "" }))
	assert.False(t, Named(func(string) string { return "router" }))
}

func TestAnEndAnswersWhatIsUnderWay(t *testing.T) {
	f := start(t, nil)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var m contract.Method
	m = f.answers(
		t,
		"svc.time.v1.get_time",
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			close(begun)
			<-goOn
			return m.Messaging().Response(), nil
		},
	)
	answered := make(chan int, 1)
	go func() {
		response, err := http.Post(f.address+"/v1/svc/time/v1/get_time", "application/json", strings.NewReader(`{}`))
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- f.stop() }()
	require.Eventually(
		t,
		func() bool { status, _ := f.get("/ready"); return status != http.StatusOK },
		10*time.Second,
		10*time.Millisecond,
	)
	close(goOn)
	assert.Equal(t, 200, <-answered)
	assert.NoError(t, <-ended)
}
