// The tail of a stream: what was stored on one subject since it was opened. It is read message by
// message, for the identity may make no consumer.
package verification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// look is how often a stream is asked for a message that is not there yet.
const look = 20 * time.Millisecond

// tail is that of the stream which stores a subject, as far as messages with one id are concerned.
type tail struct {
	connection                 *nats.Conn
	stream, subject, messageID string
	// after is the stream's last sequence when the tail was opened.
	after uint64
}

// openTail finds the stream that stores a subject.
func openTail(ctx context.Context, connection *nats.Conn, subject, messageID string) (tail, error) {
	access, err := jetstream.New(connection)
	if err != nil {
		return tail{}, err
	}
	name, err := access.StreamNameBySubject(ctx, subject)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return tail{}, fmt.Errorf("no stream stores %s: add it to assets/nats/streams.yaml", subject)
	}
	if err != nil {
		return tail{}, fmt.Errorf("asking which stream stores %s: %w", subject, err)
	}
	stream, err := access.Stream(ctx, name)
	if err != nil {
		return tail{}, fmt.Errorf("asking stream %s for its state: %w", name, err)
	}
	return tail{
		connection: connection,
		stream:     name,
		subject:    subject,
		messageID:  messageID,
		after:      stream.CachedInfo().State.LastSeq,
	}, nil
}

// wait is until there is at least one, or ctx ends.
func (t tail) wait(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		ours, _, err := t.count(ctx)
		if ours > 0 || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf(
				"waiting for message %s on %s in stream %s: %w",
				t.messageID,
				t.subject,
				t.stream,
				ctx.Err(),
			)
		case <-ticker.C:
		}
	}
}

// count is how many messages have the id, and how many another. It asks the stream's leader: the
// client library would ask any replica, and one that is behind does not know of a second message
// yet.
func (t tail) count(ctx context.Context) (ours, others int, err error) {
	for from := t.after + 1; ; {
		got, err := t.next(ctx, from)
		if err != nil {
			return ours, others, fmt.Errorf(
				"looking for message %s on %s in stream %s, from sequence %d: %w",
				t.messageID,
				t.subject,
				t.stream,
				from,
				err,
			)
		}
		if got.Message == nil {
			return ours, others, nil
		}
		if header, err := nats.DecodeHeadersMsg(
			got.Message.Header,
		); err == nil &&
			header.Get(nats.MsgIdHdr) == t.messageID {
			ours++
		} else {
			others++
		}
		from = got.Message.Sequence + 1
	}
}

// stored is the JetStream API's answer to a request for a message ("JetStream wire API reference",
// STREAM.MSG.GET).
type stored struct {
	Error *struct {
		Code        int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
	Message *struct {
		Sequence uint64 `json:"seq"`
		Header   []byte `json:"hdrs"`
	} `json:"message"`
}

// notFound is the API's error code for a message that is not there (nats-server, errors.json,
// JSNoMessageFoundErr).
const notFound = 10037

// next is the first message on the subject from a sequence on; without Message if there is none.
func (t tail) next(ctx context.Context, from uint64) (got stored, err error) {
	question, err := json.Marshal(map[string]any{"seq": from, "next_by_subj": t.subject})
	if err != nil {
		return got, err
	}
	message, err := t.connection.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+t.stream, question)
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal(message.Data, &got); err != nil {
		return got, fmt.Errorf("the answer %.100q: %w", message.Data, err)
	}
	if got.Error != nil && got.Error.Code != notFound {
		return got, fmt.Errorf("error %d, %s", got.Error.Code, got.Error.Description)
	}
	return got, nil
}
