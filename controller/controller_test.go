package controller

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startServer runs a real nats-server with its monitoring port on a free port.
func startServer(t *testing.T, name string) (port int) {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: name, Host: "127.0.0.1", Port: -1, HTTPHost: "127.0.0.1", HTTPPort: -1, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, s.ReadyForConnections(10*time.Second))
	return s.MonitorAddr().Port
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestGatePassesTheNodeItWasAskedFor(t *testing.T) {
	c := Controller{MonitorPort: startServer(t, "nats-1"), Interval: time.Millisecond}
	response, err := c.Handle(within(t, time.Minute), Request{Action: "gate", Node: "nats-1", Address: "127.0.0.1"})
	require.NoError(t, err)
	assert.Equal(t, "nats-1", response.Node)
	assert.Equal(t, server.VERSION, response.Version)
}

func TestGateRefusesAnotherServerUnderTheAddress(t *testing.T) {
	c := Controller{MonitorPort: startServer(t, "nats-2"), Interval: time.Millisecond}
	_, err := c.Handle(within(t, margin+200*time.Millisecond), Request{Action: "gate", Node: "nats-1", Address: "127.0.0.1"})
	assert.ErrorContains(t, err, `gate of nats-1 at 127.0.0.1: not up`)
}

func TestGateWaitsForAServerThatIsNotHealthyYet(t *testing.T) {
	var asked atomic.Int32
	monitor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"server_name":"nats-1","version":"2.15.2"}`))
	}))
	defer monitor.Close()
	_, portText, err := net.SplitHostPort(monitor.Listener.Addr().String())
	require.NoError(t, err)
	port, err := strconv.Atoi(portText)
	require.NoError(t, err)
	c := Controller{MonitorPort: port, Interval: time.Millisecond}
	_, err = c.Handle(within(t, time.Minute), Request{Action: "gate", Node: "nats-1", Address: "127.0.0.1"})
	require.NoError(t, err)
	assert.EqualValues(t, 3, asked.Load(), "two refusals, then healthy")
}

func TestBadRequestsSayWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		request Request
		want    string
	}{
		"unknown action": {Request{Action: "gat", Node: "nats-1", Address: "127.0.0.1"}, `action "gat" is not known`},
		"no node":        {Request{Action: "gate", Address: "127.0.0.1"}, "lacks node"},
		"no address":     {Request{Action: "gate", Node: "nats-1"}, "lacks address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Controller{}.Handle(context.Background(), c.request)
			assert.ErrorContains(t, err, c.want)
		})
	}
}
