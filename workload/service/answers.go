// Answers to commands, kept in Redis for who asks again: the other task of the service may be asked.
package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
)

// keptFor is how long an answer is known: longer than any caller asks again.
const keptFor = 10 * time.Minute

type answers struct {
	redis   *redis.ClusterClient
	service string
}

// openAnswers connects when the first command comes. The certificate names the endpoint, whatever node is asked.
func openAnswers(s Settings) *answers {
	host, _, _ := net.SplitHostPort(s.RedisAddress)
	return &answers{service: s.Messaging.Name, redis: redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.RedisAddress}, Password: s.RedisToken,
		ClientName: s.Messaging.Name, TLSConfig: &tls.Config{ServerName: host, RootCAs: s.RedisRoots, MinVersion: tls.VersionTLS12}})}
}

func (a *answers) close() error { return a.redis.Close() }

func (a *answers) key(subject, key string) string {
	return "answer:" + a.service + ":" + subject + ":" + key
}

// find reads the answer to a command that was done before.
func (a *answers) find(ctx context.Context, subject, key string, into proto.Message) (bool, error) {
	held, err := a.redis.Get(ctx, a.key(subject, key)).Bytes()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, unavailable(err)
	}
	if err := proto.Unmarshal(held, into); err != nil {
		return false, fmt.Errorf("the answer that Redis keeps: %w", err)
	}
	return true, nil
}

func (a *answers) keep(ctx context.Context, subject, key string, answer proto.Message) error {
	data, err := proto.Marshal(answer)
	if err != nil {
		return err
	}
	if err := a.redis.Set(ctx, a.key(subject, key), data, keptFor).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable is told to the caller without Redis's own words.
func unavailable(err error) error {
	return errors.Join(&messaging.Error{Code: messaging.Unavailable, Message: "the service's store does not answer"}, err)
}
