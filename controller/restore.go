// Restoring of streams from a backup.
package controller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// restoreChunk is below every server's max_payload.
const restoreChunk = 128 << 10

// restore brings streams back with their consumers' positions. The next "streams" action brings
// their configuration to the table.
func (c *Controller) restore(ctx context.Context, request Request) (Response, error) {
	if c.BackupBucket == "" {
		return Response{}, errors.New("restoring streams: the function has no bucket (BACKUP_BUCKET)")
	}
	connection, err := c.connect(ctx, request.Nodes)
	if err != nil {
		return Response{}, fmt.Errorf("restoring streams: %w", err)
	}
	defer connection.Close()
	return restoreStreams(ctx, connection, c.vault(), request.From, request.Only)
}

// restoreStreams checks everything before it changes anything.
func restoreStreams(
	ctx context.Context,
	connection *natsgo.Conn,
	store vault,
	from string,
	only []string,
) (Response, error) {
	access, err := jetstream.New(connection)
	if err != nil {
		return Response{}, fmt.Errorf("restoring streams: %w", err)
	}
	if from == "latest" {
		if from, err = store.newest(ctx); err != nil {
			return Response{}, fmt.Errorf("restoring streams: %w", err)
		}
	}
	response := Response{Backup: from}
	manifests, existing, err := judgeRestore(ctx, access, store, from, only)
	if err != nil {
		return response, fmt.Errorf("restoring streams from %s: nothing was changed: %w", from, err)
	}
	var errs []error
	for _, m := range manifests {
		exists := existing[m.Stream] != nil
		restored, err := twice(ctx, func() (state, error) {
			restored, err := restoreStream(ctx, access, store, from, m, exists)
			exists = false // it was deleted, or there was none
			return restored, err
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("restoring stream %s: %w", m.Stream, err))
			continue
		}
		response.Restored = append(response.Restored, fmt.Sprintf("%s: %d messages", m.Stream, restored.Messages))
	}
	return response, withDone(errs, "restored from "+from, response.Restored)
}

// judgeRestore gives all reasons against a restore at once.
func judgeRestore(
	ctx context.Context,
	access jetstream.JetStream,
	store vault,
	from string,
	names []string,
) ([]Manifest, map[string]*jetstream.StreamInfo, error) {
	existing, err := present(ctx, access)
	if err != nil {
		return nil, nil, fmt.Errorf("listing those that exist: %w", err)
	}
	if len(names) == 0 {
		if err := store.getJSON(ctx, contentsKey(from), &names); err != nil {
			return nil, nil, fmt.Errorf("what the backup holds: %w", err)
		}
	}
	if len(names) == 0 {
		return nil, nil, errors.New("it holds no stream: take another time")
	}
	var manifests []Manifest
	var errs []error
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if info := existing[name]; info != nil && info.State.Msgs > 0 {
			errs = append(
				errs,
				fmt.Errorf(
					"stream %s: it exists and holds %d messages: purge it, or leave it out with \"only\"",
					name,
					info.State.Msgs,
				),
			)
		}
		manifest, err := verified(ctx, store, from, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("stream %s: %w", name, err))
			continue
		}
		manifests = append(manifests, manifest)
	}
	return manifests, existing, errors.Join(errs...)
}

// verified reads a complete backup.
func verified(ctx context.Context, store vault, from, name string) (manifest Manifest, err error) {
	// Without the right to list, S3 says AccessDenied of what is not there.
	if err := store.getJSON(ctx, manifestKey(from, name), &manifest); err != nil {
		return manifest, fmt.Errorf(
			"its backup has no manifest, so it was not finished, or it cannot be read: take another time, or name "+
				"the other streams in \"only\": %w",
			err,
		)
	}
	return manifest, readParts(ctx, store, from, manifest, func([]byte) error { return nil })
}

// readParts gives a snapshot to use part by part, and reports in the end whether it was the one
// that the manifest describes.
func readParts(ctx context.Context, store vault, from string, manifest Manifest, use func([]byte) error) error {
	sum := sha256.New()
	for number := 1; number <= manifest.Parts; number++ {
		part, err := store.get(ctx, partKey(from, manifest.Stream, number))
		if err != nil {
			return err
		}
		sum.Write(part)
		if err := use(part); err != nil {
			return err
		}
	}
	if digest := hex.EncodeToString(sum.Sum(nil)); digest != manifest.SHA256 {
		return fmt.Errorf(
			"the snapshot's SHA-256 is %s, its manifest says %s: the backup is damaged, take another time",
			digest,
			manifest.SHA256,
		)
	}
	return nil
}

// restoreStream puts one stream back. The server takes no stream over one that exists, so an empty
// one goes first.
func restoreStream(
	ctx context.Context,
	access jetstream.JetStream,
	store vault,
	from string,
	manifest Manifest,
	exists bool,
) (restored state, err error) {
	if exists {
		if err := deleteEmpty(ctx, access, manifest.Stream); err != nil {
			return restored, err
		}
	}
	connection, since := access.Conn(), time.Now()
	begun, err := ask(
		ctx,
		connection,
		"$JS.API.STREAM.RESTORE."+manifest.Stream,
		map[string]any{"config": manifest.Config, "state": manifest.State},
	)
	if err != nil {
		return restored, err
	}
	ended, err := giveAll(ctx, connection, store, from, manifest, begun.Deliver)
	if err != nil {
		return restored, errors.Join(err, giveUp(ctx, access, manifest.Stream, since))
	}
	if err := json.Unmarshal(ended.State, &restored); err != nil {
		return restored, fmt.Errorf("the restored stream's state: %w", err)
	}
	if restored.LastSequence < manifest.LastSequence {
		return restored, fmt.Errorf(
			"it ends at sequence %d, its backup at %d",
			restored.LastSequence,
			manifest.LastSequence,
		)
	}
	return restored, nil
}

// deleteEmpty looks once more: somebody may have published since the first look.
func deleteEmpty(ctx context.Context, access jetstream.JetStream, name string) error {
	stream, err := access.Stream(ctx, name)
	if err != nil {
		return err
	}
	if held := stream.CachedInfo().State.Msgs; held > 0 {
		return fmt.Errorf("it holds %d messages by now, it stays: stop its publishers", held)
	}
	return access.DeleteStream(ctx, name)
}

// giveAll hands a snapshot to the server, and says that it is complete when it was.
func giveAll(
	ctx context.Context,
	connection *natsgo.Conn,
	store vault,
	from string,
	manifest Manifest,
	subject string,
) (apiAnswer, error) {
	err := readParts(ctx, store, from, manifest, func(part []byte) error {
		for chunk := range slices.Chunk(part, restoreChunk) {
			if _, err := give(ctx, connection, subject, chunk); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return apiAnswer{}, err
	}
	return give(ctx, connection, subject, nil)
}

// giveUp takes away the part of a stream that a restore left: servers open the stream with what
// they got (seen with nats-server 2.15.2, alone and in a cluster). A stream to which somebody has
// published since stays.
func giveUp(ctx context.Context, access jetstream.JetStream, name string, since time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), margin*3/4)
	defer cancel()
	stream, err := access.Stream(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("a part of the stream may be left: %w", err)
	}
	if state := stream.CachedInfo().State; state.LastTime.After(since) {
		return fmt.Errorf(
			"a part of the stream is left, up to sequence %d, for somebody has published to it since",
			state.LastSeq,
		)
	}
	if err := access.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("a part of the stream is left: %w", err)
	}
	return nil
}

// give hands one chunk to the server; none at the end, which is answered when the stream is there.
func give(ctx context.Context, connection *natsgo.Conn, subject string, chunk []byte) (apiAnswer, error) {
	if len(chunk) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, chunkLimit)
		defer cancel()
	}
	answer, err := connection.RequestWithContext(ctx, subject, chunk)
	for until := time.Now().Add(listenLimit); errors.Is(err, natsgo.ErrNoResponders) && time.Now().Before(until); {
		select {
		case <-ctx.Done():
		case <-time.After(listenLimit / 100):
		}
		answer, err = connection.RequestWithContext(ctx, subject, chunk)
	}
	if err != nil {
		return apiAnswer{}, err
	}
	return readAnswer(answer.Data)
}

// listenLimit is how long the news may take that a stream's leader listens for its chunks: its
// answer to the request for a restore can reach this side first, over another server. What nobody
// took may be given again.
const listenLimit = 5 * time.Second
