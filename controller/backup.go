// Backups of streams: each stream's snapshot goes to the bucket in parts, while it is being taken.
package controller

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// backupPart is what is held of a snapshot: streams are larger than a function's memory.
	backupPart = 8 << 20
	// snapshotWindow is what the server sends without an acknowledgement, its most (nats-server,
	// jetstream_api.go).
	snapshotWindow = 32 << 20
	// chunkLimit bounds the wait for the next chunk of a snapshot, and for the answer to one of a
	// restore.
	chunkLimit = 30 * time.Second
	// backupTime names a backup, so that names sort as times do.
	backupTime = "20060102T150405.000Z"
)

// Manifest describes one stream's backup. It is written last: a snapshot without one does not
// count.
type Manifest struct {
	Stream        string          `json:"stream"`
	Taken         time.Time       `json:"taken"`
	ServerVersion string          `json:"serverVersion"`
	Config        json.RawMessage `json:"config"` // as the server gave it, for a restore gives it back
	State         json.RawMessage `json:"state"`
	Messages      uint64          `json:"messages"` // when the snapshot began
	FirstSequence uint64          `json:"firstSequence"`
	LastSequence  uint64          `json:"lastSequence"`
	Consumers     []string        `json:"consumers"` // durable ones; their positions are in the snapshot
	Parts         int             `json:"parts"`
	Bytes         int64           `json:"bytes"`  // of the snapshot
	SHA256        string          `json:"sha256"` // of the parts, one after the other
}

// backup takes a snapshot of every stream.
func (c *Controller) backup(ctx context.Context, request Request) (Response, error) {
	if c.BackupBucket == "" {
		return Response{}, errors.New("backing up streams: the function has no bucket (BACKUP_BUCKET)")
	}
	connection, err := c.connect(ctx, request.Nodes)
	if err != nil {
		return Response{}, fmt.Errorf("backing up streams: %w", err)
	}
	defer connection.Close()
	return backupStreams(ctx, connection, c.vault(), time.Now().UTC().Format(backupTime), request.Only)
}

// backupStreams goes on with the next stream where one fails; the error names those that are done.
func backupStreams(
	ctx context.Context,
	connection *natsgo.Conn,
	store vault,
	taken string,
	only []string,
) (Response, error) {
	response := Response{Backup: taken}
	access, err := jetstream.New(connection)
	if err != nil {
		return response, fmt.Errorf("backing up streams: %w", err)
	}
	existing, err := present(ctx, access)
	if err != nil {
		return response, fmt.Errorf("backing up streams: listing them: %w", err)
	}
	names := slices.Sorted(maps.Keys(existing))
	if len(only) > 0 {
		names = only
	}
	if len(names) == 0 {
		return response, errors.New("backing up streams: there are none; the newest backup stays what it was")
	}
	// What the backup was to hold is said first: a restore then misses what was not finished.
	if err := store.putJSON(ctx, contentsKey(taken), names); err != nil {
		return response, fmt.Errorf("backing up streams: %w", err)
	}
	var errs []error
	last := map[string]uint64{} // sequences
	for _, name := range names {
		manifest, err := twice(ctx, func() (Manifest, error) { return backupStream(ctx, access, store, taken, name) })
		if err != nil {
			errs = append(errs, fmt.Errorf("backing up stream %s: %w", name, err))
			continue
		}
		last[name] = manifest.LastSequence
		response.Saved = append(
			response.Saved,
			fmt.Sprintf("%s: %d messages, %d bytes", name, manifest.Messages, manifest.Bytes),
		)
	}
	if len(errs) == 0 && len(only) == 0 {
		errs = append(errs, store.supersede(ctx, taken, last))
	}
	return response, withDone(errs, "backed up in "+taken, response.Saved)
}

// twice tries again what a pause of S3 breaks off: the server gives a snapshot, and a restore, up
// after 5 s of silence.
func twice[T any](ctx context.Context, do func() (T, error)) (T, error) {
	result, err := do()
	if err == nil || ctx.Err() != nil {
		return result, err
	}
	result, again := do()
	if again != nil {
		return result, fmt.Errorf("%w (and before: %w)", again, err)
	}
	return result, nil
}

// withDone joins errors and says what was done in spite of them: an invocation that fails shows
// nothing else.
func withDone(errs []error, how string, done []string) error {
	err := errors.Join(errs...)
	if err == nil {
		return nil
	}
	list := "none"
	if len(done) > 0 {
		list = strings.Join(done, "; ")
	}
	return fmt.Errorf("%w\n%s: %s", err, how, list)
}

func backupStream(ctx context.Context, access jetstream.JetStream, store vault, taken, name string) (Manifest, error) {
	stream, err := access.Stream(ctx, name)
	if err != nil {
		return Manifest{}, err
	}
	manifest := Manifest{Stream: name, Taken: time.Now().UTC(), ServerVersion: access.Conn().ConnectedServerVersion()}
	consumers := stream.ListConsumers(ctx)
	for info := range consumers.Info() {
		if info.Config.Durable != "" {
			manifest.Consumers = append(manifest.Consumers, info.Name)
		}
	}
	if err := consumers.Err(); err != nil {
		return Manifest{}, fmt.Errorf("listing its consumers: %w", err)
	}
	parts := &partWriter{
		store:  store,
		taken:  taken,
		stream: name,
		sum:    sha256.New(),
	}
	if err := snapshot(ctx, access.Conn(), &manifest, parts); err != nil {
		return Manifest{}, err
	}
	manifest.Parts, manifest.Bytes, manifest.SHA256 = parts.count, parts.bytes, hex.EncodeToString(parts.sum.Sum(nil))
	return manifest, store.putJSON(ctx, manifestKey(taken, name), manifest)
}

// apiAnswer is what JetStream's API answers a request with, as far as snapshots need it.
type apiAnswer struct {
	Error *struct {
		Code        int    `json:"code"`
		Description string `json:"description"`
	} `json:"error"`
	Config  json.RawMessage `json:"config"`
	State   json.RawMessage `json:"state"`
	Deliver string          `json:"deliver_subject"`
}

// state is a stream's state as the server writes it.
type state struct {
	Messages      uint64 `json:"messages"`
	FirstSequence uint64 `json:"first_seq"`
	LastSequence  uint64 `json:"last_seq"`
}

func readAnswer(data []byte) (answer apiAnswer, err error) {
	if len(data) == 0 {
		return answer, nil // "go on"
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return answer, fmt.Errorf("JetStream's answer is no JSON: %w", err)
	}
	if answer.Error != nil {
		return answer, fmt.Errorf("JetStream answers %d: %s", answer.Error.Code, answer.Error.Description)
	}
	return answer, nil
}

func ask(ctx context.Context, connection *natsgo.Conn, subject string, request any) (apiAnswer, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return apiAnswer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, chunkLimit)
	defer cancel()
	answer, err := connection.RequestWithContext(ctx, subject, data)
	if err != nil {
		return apiAnswer{}, fmt.Errorf("asking %s: %w", subject, err)
	}
	return readAnswer(answer.Data)
}

// snapshot takes one stream's snapshot with its consumers, chunk by chunk. The server sends further
// chunks as those before are acknowledged (NATS documentation, "JetStream API reference": stream
// snapshots).
func snapshot(ctx context.Context, connection *natsgo.Conn, manifest *Manifest, parts *partWriter) error {
	inbox := connection.NewInbox()
	chunks, err := connection.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = chunks.Unsubscribe() }()
	answer, err := ask(ctx, connection, "$JS.API.STREAM.SNAPSHOT."+manifest.Stream, map[string]any{
		"deliver_subject": inbox, "jsck": true, "chunk_size": 128 << 10, "window_size": snapshotWindow,
	})
	if err != nil {
		return err
	}
	var began state
	if err := json.Unmarshal(answer.State, &began); err != nil {
		return fmt.Errorf("the snapshot's state: %w", err)
	}
	manifest.Config, manifest.State = answer.Config, answer.State
	manifest.Messages = began.Messages
	manifest.FirstSequence = began.FirstSequence
	manifest.LastSequence = began.LastSequence
	for index := 1; ; index++ {
		chunk, err := nextChunk(ctx, chunks)
		if err != nil {
			return fmt.Errorf("chunk %d of the snapshot: %w", index, err)
		}
		if len(chunk.Data) == 0 {
			if status := chunk.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("the server ended the snapshot: %s %s", status, chunk.Header.Get("Description"))
			}
			return errors.Join(parts.flush(ctx), parts.written())
		}
		// The acknowledgement's subject ends with the chunk's number; the last, short one requires
		// none.
		if chunk.Reply != "" && !strings.HasSuffix(chunk.Reply, fmt.Sprintf(".%d", index)) {
			return fmt.Errorf("chunk %d of the snapshot was lost: %s came", index, chunk.Reply)
		}
		if err := parts.add(ctx, chunk.Data); err != nil {
			return err
		}
		if chunk.Reply != "" {
			if err := chunk.Respond(nil); err != nil {
				return err
			}
		}
	}
}

func nextChunk(ctx context.Context, chunks *natsgo.Subscription) (*natsgo.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkLimit)
	defer cancel()
	return chunks.NextMsgWithContext(ctx)
}

// partWriter puts a snapshot into the bucket. One part is collected while the one before is
// written: the server gives up a snapshot of which it hears nothing for 5 s (nats-server,
// jetstream_api.go: snapshotAckTimeout), and S3 may take longer.
type partWriter struct {
	store         vault
	taken, stream string
	held          bytes.Buffer
	writing       chan error // nil: nothing is being written
	sum           hash.Hash
	count         int
	bytes         int64
}

func (w *partWriter) add(ctx context.Context, chunk []byte) error {
	w.held.Write(chunk)
	if w.held.Len() < backupPart {
		return nil
	}
	return w.flush(ctx)
}

// flush begins to write what is held, once the part before is written.
func (w *partWriter) flush(ctx context.Context) error {
	if err := w.written(); err != nil || w.held.Len() == 0 {
		return err
	}
	w.count++
	w.bytes += int64(w.held.Len())
	w.sum.Write(w.held.Bytes())
	key, content, writing := partKey(w.taken, w.stream, w.count), bytes.Clone(w.held.Bytes()), make(chan error, 1)
	w.held.Reset()
	w.writing = writing
	go func() { writing <- w.store.put(ctx, key, content) }()
	return nil
}

// written waits for the part that is being written.
func (w *partWriter) written() error {
	if w.writing == nil {
		return nil
	}
	err := <-w.writing
	w.writing = nil
	return err
}
