package controller

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
)

// pages are what one server's monitoring port answers; a page that is not there is a 503.
type pages map[string]string

// served is a controller of servers that answer as given; absent servers refuse connections.
func served(t *testing.T, servers map[string]pages) *Controller {
	t.Helper()
	listeners := map[string]string{}
	for address, answers := range servers {
		monitor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, found := answers[r.URL.RequestURI()]
			if !found {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(monitor.Close)
		listeners[address+":8222"] = monitor.Listener.Addr().String()
	}
	return New(Settings{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if listeners[address] == "" {
			return nil, &net.OpError{Op: "dial", Err: net.UnknownNetworkError("refused")}
		}
		return (&net.Dialer{}).DialContext(ctx, network, listeners[address])
	}})
}

// look gates nats-1 once, of a cluster whose servers answer as given.
func look(t *testing.T, servers map[string]pages) error {
	t.Helper()
	_, err := served(t, servers).look(context.Background(), Request{
		Action:       "gate",
		Node:         Node{Name: "nats-1", Address: "10.0.0.1"},
		Revision:     "0123456789abcdef",
		ServerDigest: "fedcba9876543210fedc",
		Nodes: []Node{
			{Name: "nats-1", Address: "10.0.0.1"},
			{Name: "nats-2", Address: "10.0.0.2"},
			{Name: "nats-3", Address: "10.0.0.3"},
		},
	})
	return err
}

const listens = "/healthz?js-server-only=true"

// node1 is a server that listens under the right name, with some pages changed.
func node1(change pages) pages {
	all := pages{
		listens: "ok",
		"/varz": `{"server_name":"nats-1","version":"2.15.2","tags":["az:a","server:fedcba9876543210",` +
			`"configuration:0123456789abcdef"]}`,
		"/jsz": `{}`,
	}
	for page, body := range change {
		all[page] = body
	}
	return all
}

func TestGate(t *testing.T) {
	other := pages{listens: "ok"}
	for name, c := range map[string]struct {
		servers map[string]pages
		want    string // part of the reason; "" passes
	}{
		"the first of a new cluster":    {servers: map[string]pages{"10.0.0.1": node1(nil)}, want: ""},
		"a server that does not listen": {servers: map[string]pages{"10.0.0.2": other}, want: "refused"},
		"another server at the address": {
			servers: map[string]pages{"10.0.0.1": node1(pages{"/varz": `{"server_name":"nats-2"}`})},
			want:    `is "nats-2"`,
		},
		"the configuration before": {
			servers: map[string]pages{
				"10.0.0.1": node1(pages{
					"/varz": `{"server_name":"nats-1","tags":["server:fedcba9876543210","configuration:older"]}`,
				}),
			},
			want: "expected configuration:0123456789abcdef",
		},
		"the server before": {
			servers: map[string]pages{
				"10.0.0.1": node1(pages{
					"/varz": `{"server_name":"nats-1","version":"2.15.1","tags":["server:older",` +
						`"configuration:0123456789abcdef"]}`,
				}),
			},
			want: "server 2.15.1 there runs with tags server:older",
		},
		"all listen but none leads": {
			servers: map[string]pages{"10.0.0.1": node1(nil), "10.0.0.2": other, "10.0.0.3": other},
			want:    "no meta leader yet",
		},
		"a cluster that lost a majority": {
			servers: map[string]pages{"10.0.0.1": node1(pages{"/jsz": `{"streams":4}`})},
			want:    "no majority",
		},
		"a leader and a replica behind": {
			servers: map[string]pages{"10.0.0.1": node1(pages{"/jsz": `{"meta_cluster":{"leader":"nats-2"}}`})},
			want:    "/healthz answers 503",
		},
		"a leader and everything current": {
			servers: map[string]pages{
				"10.0.0.1": node1(pages{"/jsz": `{"meta_cluster":{"leader":"nats-2"}}`, "/healthz": "ok"}),
			},
			want: "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := look(t, c.servers)
			if c.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.want)
			}
		})
	}
}

func TestBadRequestsSayAllThatIsWrong(t *testing.T) {
	c := New(Settings{})
	_, err := c.Handle(context.Background(), Request{Action: "gat"})
	assert.ErrorContains(t, err, `action "gat" is not known`)
	_, err = c.Handle(context.Background(), Request{Action: "gate", Nodes: []Node{{Name: "nats-1"}}})
	for _, lacking := range []string{"node.name", "node.address", "revision", "serverDigest", "an address of a node"} {
		assert.ErrorContains(t, err, lacking)
	}
	_, err = c.Handle(context.Background(), Request{Action: "streams"})
	assert.ErrorContains(t, err, "lacks streams")
	assert.ErrorContains(t, err, "lacks nodes")
}

func TestAGateThatDoesNotPassSaysWhatWasMissing(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), margin+100*time.Millisecond)
	defer cancel()
	c := New(
		Settings{
			Interval: time.Millisecond,
			Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed },
		},
	)
	_, err := c.Handle(ctx, Request{
		Action:       "gate",
		Revision:     "r",
		ServerDigest: "d",
		Node:         Node{Name: "nats-1", Address: "10.0.0.1"},
		Nodes:        []Node{{Name: "nats-1", Address: "10.0.0.1"}},
	})
	assert.ErrorContains(t, err, "gate of nats-1 at 10.0.0.1: not passed")
	assert.ErrorContains(t, err, "journalctl")
}

func TestALookThatTheGatesLimitCutsOffDoesNotHideTheReason(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	looks := 0
	c := New(Settings{Interval: time.Millisecond, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if looks++; looks == 1 {
			return nil, net.ErrClosed
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	_, err := c.gate(ctx, Request{Node: Node{Name: "nats-1", Address: "10.0.0.1"}})
	require.ErrorIs(t, err, net.ErrClosed)
}

// jetStream is a real server with JetStream and a connection to it.
func jetStream(t *testing.T) jetstream.JetStream {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host:      "127.0.0.1",
		Port:      -1,
		JetStream: true,
		StoreDir:  t.TempDir(),
		NoLog:     true,
		NoSigs:    true,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, s.ReadyForConnections(10*time.Second))
	connection, err := natsgo.Connect(s.ClientURL())
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	access, err := jetstream.New(connection)
	require.NoError(t, err)
	return access
}

// small is the shipped table on one server.
func small(t *testing.T) []catalog.Stream {
	t.Helper()
	table, err := catalog.Streams()
	require.NoError(t, err)
	table = catalog.ForStorage(table, 10<<20)
	for i := range table {
		table[i].Replicas = 1
	}
	return table
}

func TestTheTableIsAppliedAndStaysAsItIs(t *testing.T) {
	access, ctx := jetStream(t), context.Background()
	table := small(t)
	applyAll := func() (response Response) {
		existing, err := present(ctx, access)
		require.NoError(t, err)
		for _, s := range table {
			require.NoError(t, apply(ctx, access, s, existing[s.Name], &response))
		}
		return response
	}
	assert.Len(t, applyAll().Created, 9, "six streams and three consumers")
	assert.Equal(t, Response{}, applyAll(), "a second time changes nothing")

	table[0].MaxAge *= 2
	assert.Equal(t, Response{Updated: []string{table[0].Name}}, applyAll())
	stream, err := access.Stream(ctx, table[0].Name)
	require.NoError(t, err)
	assert.Equal(t, table[0].MaxAge, stream.CachedInfo().Config.MaxAge)
	consumer, err := stream.Consumer(ctx, "quest_processor")
	require.NoError(t, err)
	assert.Equal(t, 3, consumer.CachedInfo().Config.MaxDeliver)
}

func TestWhatWouldLoseMessagesIsRefused(t *testing.T) {
	access, ctx := jetStream(t), context.Background()
	table := small(t)
	var response Response
	require.NoError(t, apply(ctx, access, table[0], nil, &response))
	_, err := access.Publish(ctx, "evt.quest.kept", []byte(strings.Repeat("x", 1000)))
	require.NoError(t, err)
	existing, err := present(ctx, access)
	require.NoError(t, err)
	require.NoError(t, refusals(table, existing))

	changed := table[0]
	changed.Retention, changed.MaxBytes, changed.Subjects = catalog.RetentionWorkQueue, 100, []string{"evt.npc.>"}
	err = refusals([]catalog.Stream{changed}, existing)
	for _, reason := range []string{
		"retention Limits cannot become WorkQueue",
		"the new limit is 100",
		"subject evt.quest.> is taken away",
	} {
		assert.ErrorContains(t, err, reason)
	}
}
