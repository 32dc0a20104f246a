package controller

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// large is a server with a stream of about 20 MB that does not compress.
func large(t *testing.T) (jetstream.JetStream, [][]byte) {
	t.Helper()
	access := jetStream(t)
	return access, fill(t, access, 1)
}

func fill(t *testing.T, access jetstream.JetStream, replicas int) [][]byte {
	t.Helper()
	_, err := access.CreateStream(
		t.Context(),
		jetstream.StreamConfig{Name: "LARGE", Subjects: []string{"large.>"}, Replicas: replicas},
	)
	require.NoError(t, err)
	bodies := make([][]byte, 40)
	for i := range bodies {
		bodies[i] = make([]byte, 512<<10)
		_, _ = rand.Read(bodies[i])
		_, err := access.Publish(t.Context(), "large.x", bodies[i])
		require.NoError(t, err)
	}
	return bodies
}

// three is a cluster of three servers.
func three(t *testing.T) jetstream.JetStream {
	t.Helper()
	seed := fmt.Sprintf("nats://127.0.0.1:%d", freePort(t))
	address, err := url.Parse(seed)
	require.NoError(t, err)
	port, err := strconv.Atoi(address.Port())
	require.NoError(t, err)
	var servers []*server.Server
	for i := range 3 {
		options := &server.Options{
			ServerName: fmt.Sprintf("nats-%d", i+1),
			Host:       "127.0.0.1",
			Port:       -1,
			JetStream:  true,
			StoreDir:   t.TempDir(),
			NoLog:      true,
			NoSigs:     true,
			Cluster:    server.ClusterOpts{Name: "three", Host: "127.0.0.1", Port: -1},
			Routes:     []*url.URL{address},
		}
		if i == 0 {
			options.Cluster.Port = port
		}
		s, err := server.NewServer(options)
		require.NoError(t, err)
		s.Start()
		t.Cleanup(s.Shutdown)
		servers = append(servers, s)
	}
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(
			servers,
			func(s *server.Server) bool { return s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == 3 },
		)
	}, 30*time.Second, 50*time.Millisecond)
	connection, err := natsgo.Connect(servers[0].ClientURL())
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	access, err := jetstream.New(connection)
	require.NoError(t, err)
	return access
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestALargeStreamGoesThroughInParts(t *testing.T) {
	access, bodies := large(t)
	store, shelf := bucket(t)
	taken := "20261123T220000.000Z"
	_, err := backupStreams(t.Context(), access.Conn(), store, taken, nil)
	require.NoError(t, err)
	var manifest Manifest
	require.NoError(t, json.Unmarshal(shelf.held[manifestKey(taken, "LARGE")], &manifest))
	assert.Equal(t, 3, manifest.Parts)
	for key, content := range shelf.held {
		assert.LessOrEqual(t, len(content), backupPart+128<<10, "what is held in memory: %s", key)
	}

	require.NoError(t, access.DeleteStream(t.Context(), "LARGE"))
	_, err = restoreStreams(t.Context(), access.Conn(), store, taken, nil)
	require.NoError(t, err)
	stream, err := access.Stream(t.Context(), "LARGE")
	require.NoError(t, err)
	for i, body := range bodies {
		message, err := stream.GetMsg(t.Context(), uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, body, message.Data, "message %d", i+1)
	}
}

// The server waits 5 s for a client that reads a snapshot; S3 may take longer for a part of it.
func TestASlowBucketDoesNotBreakASnapshotOff(t *testing.T) {
	access, _ := large(t)
	store, shelf := bucket(t)
	shelf.slow = func(key string) {
		if key == partKey("20261123T220000.000Z", "LARGE", 1) {
			<-time.After(6 * time.Second)
		}
	}
	saved, err := backupStreams(t.Context(), access.Conn(), store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	assert.NotEmpty(t, saved.Saved)
	assert.Contains(t, shelf.held, partKey("20261123T220000.000Z", "LARGE", 3))
}

// A part that changes between the check and the restore: nothing of the stream is left, on one
// server and on three.
func TestARestoreThatBreaksOffLeavesNothing(t *testing.T) {
	for name, access := range map[string]jetstream.JetStream{"one server": jetStream(t), "three": three(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replicas := map[string]int{"one server": 1, "three": 3}[name]
			fill(t, access, replicas)
			store, shelf := bucket(t)
			taken := "20261123T220000.000Z"
			_, err := backupStreams(t.Context(), access.Conn(), store, taken, nil)
			require.NoError(t, err)
			require.NoError(t, access.DeleteStream(t.Context(), "LARGE"))
			var manifest Manifest
			require.NoError(t, json.Unmarshal(shelf.held[manifestKey(taken, "LARGE")], &manifest))
			shelf.held[partKey(taken, "LARGE", 2)][4<<20] ^= 1
			for range 2 { // at once again
				_, err = restoreStream(t.Context(), access, store, taken, manifest, false)
				assert.ErrorContains(t, err, "the backup is damaged")
				assert.NotContains(t, err.Error(), "left")
			}
			assert.Never(t, func() bool {
				_, err := access.Stream(t.Context(), "LARGE")
				return !errors.Is(err, jetstream.ErrStreamNotFound)
			}, 6*time.Second, 100*time.Millisecond, "the server gives an unfinished restore 5 s")

			shelf.held[partKey(taken, "LARGE", 2)][4<<20] ^= 1
			restored, err := restoreStream(t.Context(), access, store, taken, manifest, false)
			require.NoError(t, err)
			assert.EqualValues(t, 40, restored.Messages)
		})
	}
}

func TestAnEmptyStreamGivesWayAndOthersStay(t *testing.T) {
	access, connection := filled(t)
	store, _ := bucket(t)
	_, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	stream, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	_, err = restoreStream(t.Context(), access, store, "latest", Manifest{Stream: "GAME_EVENTS"}, true)
	require.ErrorContains(t, err, "it holds 300 messages by now", "somebody published after the first look")
	require.NoError(t, stream.Purge(t.Context()))
	response, err := restoreStreams(t.Context(), connection, store, "latest", []string{"GAME_EVENTS"})
	require.NoError(t, err)
	assert.Equal(t, "GAME_EVENTS: 300 messages", strings.Join(response.Restored, "; "))
	info, err := stream.Info(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 300, info.State.Msgs)
}
