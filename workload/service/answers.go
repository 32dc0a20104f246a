// Commands, done once: who is to do one claims it in Redis and keeps its answer there for callers
// that ask again, for the other task of the service may be asked.
package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/messaging"
)

const (
	// keptFor is how long an answer is known: longer than any caller asks again.
	keptFor = 10 * time.Minute
	// claimedFor is longer than a command may take. One whose task has ended meanwhile can be done
	// after it.
	claimedFor = messaging.DefaultHandlerTimeout + 5*time.Second
)

type answers struct {
	redis   *redis.ClusterClient
	service string
}

// openAnswers connects when the first command comes. The certificate names the endpoint, whatever
// node is asked.
func openAnswers(s Settings) *answers {
	host, _, _ := net.SplitHostPort(s.RedisAddress)
	return &answers{service: s.Messaging.Name, redis: redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                 []string{s.RedisAddress},
		Password:              s.RedisToken,
		ClientName:            s.Messaging.Name,
		TLSConfig:             &tls.Config{ServerName: host, RootCAs: s.RedisRoots, MinVersion: tls.VersionTLS12},
		ContextTimeoutEnabled: true,
	})}
}

func (a *answers) close() error { return a.redis.Close() }

// command is one that was given: by whom under which key, and what it asks.
type command struct {
	// id distinguishes it from those of other subjects, users and tenants: a key that one of them
	// chose is nobody else's.
	id string
	// digest is of the request without its metadata.
	digest []byte
	// token distinguishes the claim of this task from another's.
	token string
}

// What Redis holds of a command: its digest, one of these, and the token of the claim or the
// answer.
const stateClaimed, stateDone = byte(0), byte(1)

func commandOf(subject string, request proto.Message) (c command, err error) {
	meta := request.ProtoReflect().Get(request.ProtoReflect().Descriptor().Fields().ByName("meta")).Message()
	giver := sha256.New()
	for _, name := range []protoreflect.Name{"tenant_id", "user_id", "idempotency_key"} {
		text := meta.Get(meta.Descriptor().Fields().ByName(name)).String()
		_, _ = fmt.Fprintf(giver, "%d:%s", len(text), text) // a hash takes everything
	}
	c.id = subject + "." + hex.EncodeToString(giver.Sum(nil))
	bare := proto.Clone(request)
	bare.ProtoReflect().Clear(bare.ProtoReflect().Descriptor().Fields().ByName("meta"))
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	sum := sha256.Sum256(content)
	c.digest, c.token = sum[:], rand.Text()
	return c, err
}

// EventID is the id of the event that reports a command: the same for the same command, and of its
// subject.
func EventID(subject string, request proto.Message) (string, error) {
	c, err := commandOf(subject, request)
	return c.id, err
}

func (a *answers) key(c command) string { return "answer:" + a.service + ":" + c.id }

// value is what is held of a command.
func (c command) value(state byte, rest []byte) []byte {
	return slices.Concat(c.digest, []byte{state}, rest)
}

// claim says whether the command was done before, with its answer; else it is this task's to do.
// What another task is doing right now is aborted, until its answer is kept: callers ask again.
func (a *answers) claim(ctx context.Context, c command, into proto.Message) (done bool, err error) {
	mine := c.value(stateClaimed, []byte(c.token))
	first, err := a.redis.SetNX(ctx, a.key(c), mine, claimedFor).Result()
	if err != nil {
		return false, unavailable(err)
	}
	if first {
		return false, nil
	}
	held, err := a.redis.Get(ctx, a.key(c)).Bytes()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, unavailable(err)
	}
	if bytes.Equal(held, mine) { // the client library asked twice, since the first answer was lost
		return false, nil
	}
	rest, same := bytes.CutPrefix(held, c.digest)
	switch {
	case len(held) > 0 && !same:
		return false, &messaging.Error{
			Code:    messaging.Conflict,
			Message: "another command was given under this idempotency key",
		}
	case len(rest) == 0 || rest[0] != stateDone:
		return false, &messaging.Error{Code: messaging.Aborted, Message: "the command is being done: ask again"}
	}
	if err := proto.Unmarshal(rest[1:], into); err != nil {
		return false, fmt.Errorf("the answer that Redis keeps: %w", err)
	}
	return true, nil
}

// release lets a command that failed be done again at once.
func (a *answers) release(ctx context.Context, c command) error {
	return a.redis.Del(ctx, a.key(c)).Err()
}

func (a *answers) keep(ctx context.Context, c command, answer proto.Message) error {
	data, err := proto.Marshal(answer)
	if err != nil {
		return err
	}
	if err := a.redis.Set(ctx, a.key(c), c.value(stateDone, data), keptFor).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable is reported to the caller without Redis's own words.
func unavailable(err error) error {
	return errors.Join(
		&messaging.Error{Code: messaging.Unavailable, Message: "the service's store does not answer"},
		err,
	)
}
