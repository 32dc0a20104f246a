// What the controller does every minute: it moves dead letters and measures.
package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// tickLimit ends a tick before the next one begins.
const tickLimit = 50 * time.Second

// tick moves dead letters and logs the metrics. It measures what it can: a cluster that cannot be
// reached is a measurement too. What could not be done is the invocation's error, behind the
// metrics.
func (c *Controller) tick(ctx context.Context, request Request) (Response, error) {
	ctx, cancel := context.WithTimeout(ctx, tickLimit)
	defer cancel()
	m := measurement{}
	c.measureServers(ctx, request, m)
	response := Response{Metrics: m}
	access, own, leave, err := c.access(ctx, request.Nodes)
	if err == nil {
		defer leave()
		// First: a thousand letters must not keep it from being said how full the streams are.
		oldest, unmeasured := measureStreams(ctx, access, m)
		if c.BackupBucket != "" {
			measureBackup(ctx, c.vault(), oldest, m)
		}
		response.DeadLetters, err = moveDeadLetters(ctx, access, own, request.DeadLetters)
		m["DeadLetters"] = float64(response.DeadLetters)
		err = errors.Join(unmeasured, err)
	}
	if err := errors.Join(err, c.log(m)); err != nil {
		return response, fmt.Errorf("tick: %w", err)
	}
	return response, nil
}

// access connects to JetStream as the administrator, whose key it gives too.
func (c *Controller) access(ctx context.Context, nodes []Node) (jetstream.JetStream, nkeys.KeyPair, func(), error) {
	own, err := c.identity(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	connection, err := c.connectAs(own, nodes)
	if err != nil {
		return nil, nil, nil, err
	}
	access, err := jetstream.New(connection)
	if err != nil {
		connection.Close()
		return nil, nil, nil, err
	}
	return access, own, connection.Close, nil
}
