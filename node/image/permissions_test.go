package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
)

// permissionsOnly starts a real server with the rendered accounts and nothing else of the
// configuration.
func permissionsOnly(t *testing.T, c Configuration) *server.Server {
	t.Helper()
	rendered, _, err := c.Render()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(
		t,
		os.WriteFile(
			file,
			[]byte("listen: 127.0.0.1:-1\n"+rendered[strings.Index(rendered, "system_account"):]),
			0o600,
		),
	)
	options, err := server.ProcessConfigFile(file)
	require.NoError(t, err)
	options.NoSigs, options.StoreDir = true, t.TempDir()
	running, err := server.NewServer(options)
	require.NoError(t, err)
	running.Start()
	t.Cleanup(running.Shutdown)
	require.True(t, running.ReadyForConnections(10*time.Second), "the server listens")
	return running
}

func connect(t *testing.T, s *server.Server, name string, seed []byte, refused chan<- error) *natsgo.Conn {
	t.Helper()
	pair, err := nkeys.FromSeed(seed)
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	c, err := natsgo.Connect(
		s.ClientURL(),
		natsgo.Nkey(public, pair.Sign),
		natsgo.CustomInboxPrefix(catalog.Inbox(name)),
		natsgo.ErrorHandler(func(_ *natsgo.Conn, _ *natsgo.Subscription, err error) { refused <- err }),
	)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// A caller chooses the reply subject; a service must not become its tool.
func TestAReplyCannotBeAimedAtSomebodyElse(t *testing.T) {
	c, seeds := example(t)
	s := permissionsOnly(t, c)
	refused := make(chan error, 16)
	answering := connect(t, s, "knowledge-base", seeds["knowledge-base"], refused)
	_, err := answering.QueueSubscribe("svc.kb.v1.query", "q.kb", func(m *natsgo.Msg) { _ = m.Respond(nil) })
	require.NoError(t, err)
	require.NoError(t, answering.Flush())

	calling := connect(t, s, "http-nats-gateway", seeds["http-nats-gateway"], refused)
	_, err = calling.Request("svc.kb.v1.query", nil, 5*time.Second)
	require.NoError(t, err, "an ordinary call is answered")
	for _, target := range []string{"$JS.API.STREAM.DELETE.GAME_EVENTS", "evt.quest.forged", "svc.settings.v1.update"} {
		require.NoError(t, calling.PublishRequest("svc.kb.v1.query", target, nil))
		select {
		case err := <-refused:
			assert.ErrorContains(t, err, target)
		case <-time.After(5 * time.Second):
			t.Errorf("a reply to %s was not refused", target)
		}
	}
}

func TestAnEmptyListAllowsNothing(t *testing.T) {
	c, seeds := example(t)
	for i := range c.Users {
		if c.Users[i].Name == "knowledge-base" {
			c.Users[i].Publish, c.Users[i].Subscribe = nil, nil
		}
	}
	refused := make(chan error, 16)
	silent := connect(t, permissionsOnly(t, c), "knowledge-base", seeds["knowledge-base"], refused)
	require.NoError(t, silent.Publish("anything.at.all", nil))
	_, err := silent.Subscribe("anything.at.all", func(*natsgo.Msg) {})
	require.NoError(t, err)
	for range 2 {
		select {
		case err := <-refused:
			assert.ErrorIs(t, err, natsgo.ErrPermissionViolation)
		case <-time.After(5 * time.Second):
			t.Fatal("what is in no list was not refused")
		}
	}
}

// A durable consumer is read by its own service with nothing but its name, and by no other.
func TestAServiceReadsItsOwnDurableConsumer(t *testing.T) {
	c, seeds := example(t)
	s := permissionsOnly(t, c)
	require.NoError(t, s.EnableJetStream(&server.JetStreamConfig{StoreDir: t.TempDir()}))
	refused := make(chan error, 16)
	administrator, err := jetstream.New(connect(t, s, catalog.Administrator, seeds[catalog.Administrator], refused))
	require.NoError(t, err)
	_, err = administrator.CreateStream(
		t.Context(),
		jetstream.StreamConfig{Name: "GAME_EVENTS", Subjects: []string{"evt.quest.>"}},
	)
	require.NoError(t, err)
	durable, err := administrator.CreateConsumer(
		t.Context(),
		"GAME_EVENTS",
		jetstream.ConsumerConfig{Durable: "quest_processor", AckPolicy: jetstream.AckExplicitPolicy},
	)
	require.NoError(t, err)

	own, err := jetstream.New(connect(t, s, "quest-system", seeds["quest-system"], refused))
	require.NoError(t, err)
	_, err = own.Publish(t.Context(), "evt.quest.begun", []byte("a quest"))
	require.NoError(t, err)
	consumer, err := own.Consumer(t.Context(), "GAME_EVENTS", "quest_processor")
	require.NoError(t, err)
	message, err := consumer.Next(jetstream.FetchMaxWait(5 * time.Second))
	require.NoError(t, err)
	assert.Equal(t, "a quest", string(message.Data()))
	require.NoError(t, message.DoubleAck(t.Context()))
	info, err := durable.Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, uint64(1), info.AckFloor.Stream, "the acknowledgement counts")
	assert.Empty(t, refused)

	stranger := connect(t, s, "payment", seeds["payment"], refused)
	for _, subject := range []string{
		"$JS.API.CONSUMER.MSG.NEXT.GAME_EVENTS.quest_processor",
		"$JS.ACK.GAME_EVENTS.quest_processor.1.1.1.1.0",
	} {
		require.NoError(t, stranger.Publish(subject, nil))
		select {
		case err := <-refused:
			assert.ErrorContains(t, err, subject)
		case <-time.After(5 * time.Second):
			t.Errorf("%s was not refused to another service", subject)
		}
	}
}

// Until the rotation itself begins, an identity's previous key is the one that it has.
func TestAKeyThatIsNamedTwiceIsOneUser(t *testing.T) {
	c, _ := example(t)
	once, _, err := c.Render()
	require.NoError(t, err)
	c.Users = append(c.Users, c.Users[0])
	twice, _, err := c.Render()
	require.NoError(t, err)
	assert.Equal(t, once, twice)
	permissionsOnly(t, c)
}
