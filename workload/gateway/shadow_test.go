// The shadow port, with real NATS beside a legacy service that each test writes.
package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/workload/contract"
)

const (
	timeSubject = "svc.time.v1.get_time"
	timePath    = "/v1/svc/time/v1/get_time"
)

// shadowed is a gateway whose address is its shadow port's; main is its own.
type shadowed struct {
	fronted
	main fronted
}

func startShadow(t *testing.T, legacy http.HandlerFunc, change func(*Settings)) shadowed {
	t.Helper()
	server := httptest.NewServer(legacy)
	t.Cleanup(server.Close)
	return startShadowOf(t, server.URL, change)
}

func startShadowOf(t *testing.T, url string, change func(*Settings)) shadowed {
	t.Helper()
	main := start(t, func(s *Settings) {
		s.LegacyURL = url
		if change != nil {
			change(s)
		}
	})
	beside := main
	beside.address = main.shadow
	return shadowed{beside, main}
}

// counts waits until an outcome was counted so often.
func (s shadowed) counts(t *testing.T, subject, outcome string, times int) {
	t.Helper()
	line, text := fmt.Sprintf("gateway_shadow_total{outcome=%q,subject=%q} %d\n", outcome, subject, times), ""
	if !assert.Eventually(
		t,
		func() bool { _, text = s.main.get("/metrics"); return strings.Contains(text, line) },
		10*time.Second,
		10*time.Millisecond,
		line,
	) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "gateway_shadow_total") {
				t.Log(line)
			}
		}
	}
}

// says is a legacy service that answers everything the same.
func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

// replying is a handler of NATS that answers everything the same.
func (f fronted) replying(t *testing.T, subject, text string) {
	t.Helper()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	f.answers(t, subject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		response := methods[subject].Messaging().Response()
		return response, protojson.Unmarshal([]byte(text), response)
	})
}

// logged collects what is logged until the test ends.
func logged(t *testing.T) func() string {
	t.Helper()
	lines := &lockedLines{}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(lines, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return lines.text
}

type lockedLines struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *lockedLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(line)
}

func (l *lockedLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// The request as the legacy service sees it, and its answer as the client does, are those without a
// gateway in between.
func TestTheShadowPortIsTheLegacyServiceByteForByte(t *testing.T) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write([]byte(`{"gameTime": {"hour": 7}}`))
	require.NoError(t, errors.Join(err, writer.Close()))
	seen := make(chan string, 2)
	legacy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- fmt.Sprintf("%s %s %s %q %v", r.Method, r.RequestURI, r.Host, body, r.Header)
		w.Header()["Set-Cookie"], w.Header()["Content-Type"] = []string{"a=1", "b=2"}, nil
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Date", "Mon, 23 Nov 2026 10:00:00 GMT")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(packed.Bytes())
	}))
	t.Cleanup(legacy.Close)
	s := startShadowOf(t, legacy.URL, nil)
	ask := func(address, target string) string {
		request, err := http.NewRequest(http.MethodPost, address+target, strings.NewReader("{ \"a\" : \xff }"))
		require.NoError(t, err)
		request.Host = "api.example.com"
		request.Header = http.Header{
			"Accept-Encoding":   {"gzip"},
			"X-Forwarded-For":   {"203.0.113.7"},
			"X-Forwarded-Proto": {"https"},
			"X-Forwarded-Port":  {"443"},
			"Forwarded":         {"for=203.0.113.7"},
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return fmt.Sprintf("%s %q %v", response.Status, text, response.Header)
	}
	for _, target := range []string{timePath, "/quest/generate", "//a/../b%2Fc?x=1;y=%zz", "/ready", "/metrics"} {
		assert.Equal(t, ask(legacy.URL, target), ask(s.address, target))
		assert.Equal(t, <-seen, <-seen)
	}
}

func TestAClientWaitsForTheLegacyServiceOnly(t *testing.T) {
	s := startShadow(t, says(200, `{}`), func(s *Settings) { s.MostCopies, s.MostTime = 1, time.Minute })
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.answers(t, timeSubject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		begun <- struct{}{}
		<-goOn
		return nil, errors.New("at last")
	})
	response, _ := s.post(t, timePath, `{}`, nil)
	assert.Equal(t, 200, response.StatusCode, "NATS has not answered yet")
	<-begun
	response, _ = s.post(t, timePath, `{}`, nil)
	assert.Equal(t, 200, response.StatusCode)
	s.counts(t, timeSubject, "busy", 1)
	close(goOn)
	s.counts(t, timeSubject, "failed", 1)

	s.server.Shutdown()
	response, text := s.post(t, timePath, `{}`, nil)
	assert.Equal(t, 200, response.StatusCode, "without NATS")
	assert.Equal(t, `{}`, text)
	status, _ := s.get("/health")
	assert.Equal(t, 200, status, "whoever comes here needs the legacy service alone")
}

func TestALegacyServiceThatDoesNotAnswer(t *testing.T) {
	goOn := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-goOn }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(goOn) })
	gone := httptest.NewServer(nil)
	gone.Close()
	for url, status := range map[string]int{slow.URL: 504, gone.URL: 502} {
		s := startShadowOf(t, url, func(s *Settings) { s.LegacyTime = 100 * time.Millisecond })
		for _, path := range []string{timePath, "/quest/generate"} {
			response, text := s.post(t, path, `{}`, nil)
			assert.Equal(t, status, response.StatusCode)
			assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
			assert.Contains(t, text, `{"error":{"code":`)
			assert.NotContains(t, text, "127.0.0.1")
		}
		s.counts(t, timeSubject, "skipped", 1)
		up, text := s.get("/health")
		assert.Equal(t, 200, up, "the gateway's own")
		assert.Equal(t, "ok\n", text)
	}
}

func TestWithoutALegacyServiceNoPortIsOpened(t *testing.T) {
	s := startShadowOf(t, "", nil)
	assert.Empty(t, s.main.shadow, "the second port is open")
	_, text := s.main.get("/metrics")
	assert.NotContains(t, text, "gateway_shadow_total")
}

func TestALegacyURLThatIsNoneIsTold(t *testing.T) {
	for _, url := range []string{
		"legacy.internal:8080", "//legacy.internal", "ftp://legacy.internal", "http://",
		"http://:8080", "http://legacy.internal/", "http://legacy.internal/api",
		"http://legacy.internal?a=1", "http://legacy.internal?",
		"http://somebody:hunter2@legacy.internal", "http://legacy internal", "mailto:a@b",
	} {
		_, err := FromEnvironment(func(name string) string { return map[string]string{"LEGACY_URL": url}[name] })
		assert.ErrorContains(t, err, "LEGACY_URL", url)
		assert.ErrorContains(t, err, "NATS_URL is not set", "together with the other faults")
		assert.NotContains(t, err.Error(), "hunter2")
	}
	for _, url := range []string{"", "http://legacy.internal:8080", "https://legacy.internal", "http://[::1]:80"} {
		settings, err := FromEnvironment(func(name string) string { return map[string]string{"LEGACY_URL": url}[name] })
		assert.NotContains(t, err.Error(), "LEGACY_URL", url)
		assert.Equal(t, url, settings.LegacyURL)
		assert.Equal(t, ":8001", settings.ShadowListen)
	}
}

func TestAnEndLetsBothPortsAnswerAndCopiesEnd(t *testing.T) {
	lines := logged(t)
	inLegacy, fromLegacy, inNats, fromNats := make(
		chan struct{},
	), make(
		chan struct{},
	), make(
		chan struct{},
	), make(
		chan struct{},
	)
	s := startShadow(t, func(w http.ResponseWriter, _ *http.Request) {
		inLegacy <- struct{}{}
		<-fromLegacy
		says(200, `{"mark": 1}`)(w, nil)
	}, nil)
	s.answers(t, timeSubject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		close(inNats)
		<-fromNats
		methods, err := contract.Load(t.Context())
		return methods[timeSubject].Messaging().Response(), err
	})
	answered := s.posting(timePath)
	<-inLegacy
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	for _, port := range []fronted{s.fronted, s.main} {
		require.Eventually(
			t,
			func() bool { status, _ := port.get("/health"); return status == 0 },
			10*time.Second,
			10*time.Millisecond,
			"it listens no more",
		)
	}
	close(fromLegacy)
	assert.Equal(t, 200, <-answered)
	<-inNats
	close(fromNats)
	assert.NoError(t, <-ended)
	assert.Contains(t, lines(), `"fields":["mark"]`, "the comparison came to its end")
}

func TestAnEndCutsCopiesOff(t *testing.T) {
	s := startShadow(
		t,
		says(200, `{}`),
		func(s *Settings) { s.MostTime, s.DrainTime = time.Hour, 200*time.Millisecond },
	)
	begun, goOn := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(goOn) })
	s.answers(t, timeSubject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		close(begun)
		<-goOn
		return nil, errors.New("too late")
	})
	s.post(t, timePath, `{}`, nil)
	<-begun
	ended := make(chan struct{})
	go func() { _ = s.stop(); close(ended) }()
	require.Eventually(t, func() bool { return over(ended) }, 10*time.Second, 10*time.Millisecond)
}

// over says whether something has ended.
func over(ended chan struct{}) bool {
	select {
	case <-ended:
		return true
	default:
		return false
	}
}
