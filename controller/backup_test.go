package controller

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shelf is S3 as far as objects go: what is put can be got. refuse says which keys it does not
// take.
type shelf struct {
	mu     sync.Mutex
	held   map[string][]byte
	refuse string
	once   bool             // refuse only the first time
	slow   func(key string) // called before a key is put
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/bucket/")
	if s.slow != nil && r.Method == http.MethodPut {
		s.slow(key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPut {
		content, _ := io.ReadAll(r.Body)
		if s.refuse != "" && strings.Contains(key, s.refuse) {
			if s.once {
				s.refuse = ""
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"))
			return
		}
		s.held[key] = content
		return
	}
	content, found := s.held[key]
	if !found {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(
			[]byte("<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"),
		)
		return
	}
	_, _ = w.Write(content)
}

func bucket(t *testing.T) (vault, *shelf) {
	t.Helper()
	s := &shelf{held: map[string][]byte{}}
	endpoint := httptest.NewServer(s)
	t.Cleanup(endpoint.Close)
	return New(Settings{BackupBucket: "bucket", AWS: aws.Config{
		Region:                     "us-east-1",
		BaseEndpoint:               aws.String(endpoint.URL),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		Credentials:                credentials.NewStaticCredentialsProvider("id", "key", ""),
	}}).vault(), s
}

// filled is a server with the shipped table and messages in two streams, one of them partly worked
// off.
func filled(t *testing.T) (jetstream.JetStream, *natsgo.Conn) {
	t.Helper()
	access := applied(t)
	for i := range 300 {
		_, err := access.Publish(t.Context(), "evt.quest.begun", fmt.Appendf(nil, "quest %d", i))
		require.NoError(t, err)
	}
	_, err := access.Publish(t.Context(), "evt.story.told", []byte(strings.Repeat("a story ", 10_000)))
	require.NoError(t, err)
	consumer, err := access.Consumer(t.Context(), "GAME_EVENTS", "quest_processor")
	require.NoError(t, err)
	for range 10 {
		message, err := consumer.Next(jetstream.FetchMaxWait(5 * time.Second))
		require.NoError(t, err)
		require.NoError(t, message.DoubleAck(t.Context()))
	}
	return access, access.Conn()
}

func deleteAll(t *testing.T, access jetstream.JetStream) {
	t.Helper()
	existing, err := present(t.Context(), access)
	require.NoError(t, err)
	for name := range existing {
		require.NoError(t, access.DeleteStream(t.Context(), name))
	}
}

func TestABackupBringsStreamsBackAsTheyWere(t *testing.T) {
	access, connection := filled(t)
	store, _ := bucket(t)
	copied, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	assert.Len(t, copied.Saved, 6)
	before, err := present(t.Context(), access)
	require.NoError(t, err)

	deleteAll(t, access)
	brought, err := restoreStreams(t.Context(), connection, store, "latest", nil)
	require.NoError(t, err)
	assert.Equal(t, copied.Backup, brought.Backup)
	assert.Len(t, brought.Restored, 6)
	after, err := present(t.Context(), access)
	require.NoError(t, err)
	for name, was := range before {
		now := after[name]
		require.NotNil(t, now, name)
		assert.Equal(
			t,
			[]uint64{was.State.Msgs, was.State.Bytes, was.State.LastSeq},
			[]uint64{now.State.Msgs, now.State.Bytes, now.State.LastSeq},
			name,
		)
		assert.True(t, same(was.Config, now.Config), "%s: %+v", name, now.Config)
	}
	game, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	message, err := game.GetMsg(t.Context(), 300)
	require.NoError(t, err)
	assert.Equal(t, "quest 299", string(message.Data))
	consumer, err := game.Consumer(t.Context(), "quest_processor")
	require.NoError(t, err)
	next, err := consumer.Next(jetstream.FetchMaxWait(5 * time.Second))
	require.NoError(t, err)
	assert.Equal(t, "quest 10", string(next.Data()), "what was acknowledged is not delivered again")
}

func TestARestoreThatWouldLoseOrGuessChangesNothing(t *testing.T) {
	access, connection := filled(t)
	store, shelf := bucket(t)
	copied, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	refused := func(from string, only []string, reasons ...string) {
		t.Helper()
		_, err := restoreStreams(t.Context(), connection, store, from, only)
		for _, reason := range append(reasons, "nothing was changed") {
			assert.ErrorContains(t, err, reason)
		}
	}
	refused(
		"latest",
		nil,
		"stream GAME_EVENTS: it exists and holds 300 messages",
		"stream NARRATIVE_EVENTS: it exists and holds 1 messages",
	)
	refused("20010101T000000.000Z", nil, "what the backup holds", "NoSuchKey")
	refused("latest", []string{"GAMES"}, "stream GAMES: its backup has no manifest")
	delete(shelf.held, "backups/"+copied.Backup+"/DLQ/manifest.json")
	refused("latest", nil, "stream DLQ: its backup has no manifest")
	info, err := present(t.Context(), access)
	require.NoError(t, err)
	assert.Len(t, info, 6)
}

func TestADamagedPieceIsNotRestored(t *testing.T) {
	access, connection := filled(t)
	store, shelf := bucket(t)
	copied, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	require.NoError(t, access.DeleteStream(t.Context(), "GAME_EVENTS"))
	shelf.held["backups/"+copied.Backup+"/GAME_EVENTS/snapshot/00001"][100] ^= 1
	_, err = restoreStreams(t.Context(), connection, store, copied.Backup, []string{"GAME_EVENTS"})
	assert.ErrorContains(t, err, "the backup is damaged")
	_, err = access.Stream(context.Background(), "GAME_EVENTS")
	assert.ErrorIs(t, err, jetstream.ErrStreamNotFound)
}

func TestABackupOfWhichOneStreamFailsIsNotComplete(t *testing.T) {
	_, connection := filled(t)
	store, shelf := bucket(t)
	shelf.refuse = "/DLQ/"
	copied, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	assert.ErrorContains(t, err, "backing up stream DLQ: writing s3://bucket/backups/")
	assert.ErrorContains(t, err, "backed up in 20261123T220000.000Z: DEAD_LETTER_ADVISORIES: 0 messages")
	assert.Len(t, copied.Saved, 5, "the others were copied")
	assert.NotContains(t, shelf.held, newestKey)
}

func TestAStreamIsTriedTwice(t *testing.T) {
	_, connection := filled(t)
	store, shelf := bucket(t)
	shelf.refuse, shelf.once = "/GAME_EVENTS/", true
	copied, err := backupStreams(t.Context(), connection, store, "20261123T220000.000Z", nil)
	require.NoError(t, err)
	assert.Len(t, copied.Saved, 6)
}

// After a loss the daily backup would find empty streams, or none, and a restore of the latest one
// would bring nothing back.
func TestABackupOfWhatIsLeftAfterALossIsNotTheNewest(t *testing.T) {
	access, connection := filled(t)
	store, shelf := bucket(t)
	good := "20261123T220000.000Z"
	_, err := backupStreams(t.Context(), connection, store, good, nil)
	require.NoError(t, err)

	deleteAll(t, access)
	_, err = backupStreams(t.Context(), connection, store, "20261124T220000.000Z", nil)
	assert.ErrorContains(t, err, "there are none")
	for _, s := range small(t) {
		require.NoError(t, apply(t.Context(), access, s, nil, &Response{}))
	}
	_, err = backupStreams(t.Context(), connection, store, "20261125T220000.000Z", nil)
	assert.ErrorContains(t, err, good+" stays the newest: stream GAME_EVENTS ends at sequence 0 and there at 300")
	assert.ErrorContains(t, err, "write 20261125T220000.000Z into s3://bucket/backups/latest")
	require.NoError(t, access.DeleteStream(t.Context(), "DLQ"))
	_, err = backupStreams(t.Context(), connection, store, "20261126T220000.000Z", nil)
	assert.ErrorContains(t, err, "stream DLQ, which it holds, is gone")
	assert.Equal(t, good+"\n", string(shelf.held[newestKey]))

	restored, err := restoreStreams(t.Context(), connection, store, "latest", nil)
	require.NoError(t, err)
	assert.Equal(t, good, restored.Backup)
	_, err = backupStreams(t.Context(), connection, store, "20261127T220000.000Z", nil)
	require.NoError(t, err)
	assert.Equal(t, "20261127T220000.000Z\n", string(shelf.held[newestKey]))
}

func TestTheAgeOfTheNewestBackupIsMeasured(t *testing.T) {
	store, held := bucket(t)
	made := time.Now().Add(-50 * time.Hour)
	age := func(oldest time.Time) measurement {
		m := measurement{}
		measureBackup(t.Context(), store, oldest, m)
		return m
	}
	assert.Empty(t, age(time.Time{}), "there is nothing to back up")
	assert.InDelta(t, 50, age(made)["BackupAgeHours"], 0.1, "without a backup the streams' own age counts")
	held.held[newestKey] = []byte(time.Now().UTC().Add(-3*time.Hour).Format(backupTime) + "\n")
	assert.InDelta(t, 3, age(made)["BackupAgeHours"], 0.1)
}
