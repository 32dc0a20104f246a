package monitoring

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPageIsReadOnlyWhereTheServerSaysThatAllIsWell(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.String() {
		case "/varz":
			_, _ = w.Write([]byte(`{"server_name": "nats-1"}`))
		case "/healthz?js-enabled-only=true":
			http.Error(w, `{"status": "unavailable"}`, http.StatusServiceUnavailable)
		default:
			_, _ = w.Write([]byte("no JSON"))
		}
	}))
	defer server.Close()
	var dialed string
	reader := Reader{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = address
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	var page struct {
		Name string `json:"server_name"`
	}
	require.NoError(t, reader.Read(t.Context(), "10.20.0.10", "/varz", &page))
	assert.Equal(t, "nats-1", page.Name)
	assert.Equal(t, "10.20.0.10:8222", dialed)

	err := reader.Read(t.Context(), "10.20.0.10", "/healthz?js-enabled-only=true", nil)
	require.ErrorContains(
		t,
		err,
		`/healthz?js-enabled-only=true answers 503 Service Unavailable: {"status": "unavailable"}`,
	)
	require.NoError(t, reader.Read(t.Context(), "10.20.0.10", "/other", nil), "without a value only the status counts")
	assert.ErrorContains(t, reader.Read(t.Context(), "10.20.0.10", "/other", &page), "reading /other: ")
}
