package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// monitors serves one page, /varz, for each address; an address without one does not answer.
func monitors(t *testing.T, varz map[string]string) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	listeners := map[string]string{}
	for address, page := range varz {
		s := httptest.NewServer(
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }),
		)
		t.Cleanup(s.Close)
		listeners[address+":8222"] = s.Listener.Addr().String()
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if listeners[address] == "" {
			return nil, net.UnknownNetworkError("refused")
		}
		return (&net.Dialer{}).DialContext(ctx, network, listeners[address])
	}
}

func varz(leader, revision string, stored, slow int, certificate time.Duration) string {
	return fmt.Sprintf(
		`{"tags":["configuration:%s"],"slow_consumers":%d,"tls_cert_not_after":%q,`+
			`"jetstream":{"config":{"max_storage":1000},"stats":{"storage":%d},"meta":{"leader":%q}}}`,
		revision,
		slow,
		time.Now().Add(certificate).Format(time.RFC3339),
		stored,
		leader,
	)
}

func TestServersAreMeasured(t *testing.T) {
	const day = 24 * time.Hour
	c := New(
		Settings{
			Dial: monitors(
				t,
				map[string]string{
					"10.0.0.1": varz("nats-1", "new", 100, 2, 5*day),
					"10.0.0.2": varz("nats-1", "old", 900, 1, 2*day),
				},
			),
		},
	)
	request := Request{
		Revision: "new",
		Nodes: []Node{
			{Name: "nats-1", Address: "10.0.0.1"},
			{Name: "nats-2", Address: "10.0.0.2"},
			{Name: "nats-3", Address: "10.0.0.3"},
		},
	}
	m := measurement{}
	c.measureServers(t.Context(), request, m)
	assert.InDelta(t, 2, m["CertificateDaysLeft"], 0.01, "of the certificate that ends first")
	delete(m, "CertificateDaysLeft")
	assert.Equal(
		t,
		measurement{
			"ServersUp":             2,
			"MetaLeader":            1,
			"StorageUsedPercent":    90,
			"SlowConsumers":         3,
			"ConfigurationMismatch": 1,
		},
		m,
	)

	c = New(
		Settings{
			Dial: monitors(
				t,
				map[string]string{"10.0.0.1": varz("nats-1", "new", 0, 0, day), "10.0.0.2": varz("", "new", 0, 0, day)},
			),
		},
	)
	m = measurement{}
	c.measureServers(t.Context(), request, m)
	assert.Zero(t, m["MetaLeader"], "one of them knows none")
}

func TestStreamsAreMeasured(t *testing.T) {
	access := applied(t)
	for range 3 {
		_, err := access.PublishMsg(
			t.Context(),
			&natsgo.Msg{Subject: "evt.orchestration.step", Data: make([]byte, 100_000)},
		)
		require.NoError(t, err)
	}
	m := measurement{}
	oldest, err := measureStreams(t.Context(), access, m)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), oldest, time.Minute)
	assert.Equal(t, 3.0, m["ConsumerBacklog"])
	assert.InDelta(t, 100*300_000.0/float64(small(t)[3].MaxBytes), m["WorkQueueUsedPercent"], 1)
	assert.Zero(t, m["ReplicasNotCurrent"])
}

// Zeros instead of what could not be seen would tell alarms that all is well.
func TestWhatCannotBeListedIsNotMeasured(t *testing.T) {
	access := applied(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	m := measurement{}
	_, err := measureStreams(over, access, m)
	assert.Error(t, err)
	assert.Empty(t, m)
}

// A server whose disk failed goes on without JetStream, and still shows on /varz what its JetStream
// was last.
func TestAServerWithoutJetStreamIsNotUp(t *testing.T) {
	page := varz("nats-1", "new", 0, 0, time.Hour)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() == "/healthz?js-enabled-only=true" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	c := New(Settings{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}})
	m := measurement{}
	c.measureServers(t.Context(), Request{Revision: "new", Nodes: []Node{{Name: "nats-1", Address: "10.0.0.1"}}}, m)
	assert.Equal(t, measurement{"ServersUp": 0, "MetaLeader": 0}, m)
}

// A tick that reaches nobody is when its metrics count most.
func TestATickWithoutAClusterStillMeasures(t *testing.T) {
	var logged bytes.Buffer
	c := New(Settings{Environment: "test", Dial: monitors(t, nil), Log: &logged})
	_, err := c.Handle(
		t.Context(),
		Request{Action: "tick", Revision: "r", Nodes: []Node{{Name: "nats-1", Address: "10.0.0.1"}}},
	)
	assert.ErrorContains(t, err, "tick: reading the administrator's seed")
	var line struct {
		ServersUp, MetaLeader *float64
		AWS                   struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	require.NoError(t, json.Unmarshal(logged.Bytes(), &line))
	require.NotNil(t, line.ServersUp)
	assert.Zero(t, *line.ServersUp)
	require.Len(t, line.AWS.CloudWatchMetrics, 1)
	directive := line.AWS.CloudWatchMetrics[0]
	assert.Equal(t, "NATS/test", directive.Namespace)
	assert.Equal(t, [][]string{{}}, directive.Dimensions)
	assert.Contains(t, directive.Metrics, struct{ Name, Unit string }{"ServersUp", "Count"})
	for _, m := range directive.Metrics {
		assert.NotEmpty(t, m.Unit, m.Name)
	}
	assert.InDelta(t, time.Now().UnixMilli(), line.AWS.Timestamp, 60_000)
}
