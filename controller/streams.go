// The streams and their durable consumers: made from the table, and changed in place.
package controller

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
)

// streams makes what the table has and the cluster has not, and changes what differs. Whatever
// would lose messages is refused, all of it at once, before anything is changed.
func (c *Controller) streams(ctx context.Context, request Request) (Response, error) {
	connection, err := c.connect(ctx, request.Nodes)
	if err != nil {
		return Response{}, fmt.Errorf("applying the streams: %w", err)
	}
	defer connection.Close()
	access, err := jetstream.New(connection)
	if err != nil {
		return Response{}, fmt.Errorf("applying the streams: %w", err)
	}
	existing, err := present(ctx, access)
	if err != nil {
		return Response{}, fmt.Errorf("applying the streams: listing those that exist: %w", err)
	}
	if err := refusals(request.Streams, existing); err != nil {
		return Response{}, fmt.Errorf("applying the streams: nothing was changed: %w", err)
	}
	response := Response{}
	for _, wanted := range request.Streams {
		if err := apply(ctx, access, wanted, existing[wanted.Name], &response); err != nil {
			return response, fmt.Errorf("applying stream %s: %w", wanted.Name, err)
		}
		delete(existing, wanted.Name)
	}
	for name := range existing {
		response.Orphans = append(response.Orphans, name)
	}
	slices.Sort(response.Orphans)
	return response, nil
}

func present(ctx context.Context, access jetstream.JetStream) (map[string]*jetstream.StreamInfo, error) {
	found := map[string]*jetstream.StreamInfo{}
	list := access.ListStreams(ctx)
	for info := range list.Info() {
		found[info.Config.Name] = info
	}
	return found, list.Err()
}

// refusals are the changes that would lose messages.
func refusals(wanted []catalog.Stream, existing map[string]*jetstream.StreamInfo) error {
	var errs []error
	for _, w := range wanted {
		info := existing[w.Name]
		if info == nil {
			continue
		}
		next := streamConfig(w)
		if info.Config.Retention != next.Retention {
			errs = append(
				errs,
				fmt.Errorf(
					"stream %s: retention %s cannot become %s in place: make another stream and move its publishers",
					w.Name,
					info.Config.Retention,
					next.Retention,
				),
			)
		}
		if stored := int64(info.State.Bytes); next.MaxBytes < stored {
			errs = append(
				errs,
				fmt.Errorf("stream %s: it stores %d bytes, the new limit is %d: let it drain or give it a larger share",
					w.Name, stored, next.MaxBytes),
			)
		}
		for _, subject := range info.Config.Subjects {
			if info.State.Msgs > 0 && !slices.Contains(next.Subjects, subject) {
				errs = append(
					errs,
					fmt.Errorf(
						"stream %s: subject %s is taken away while %d messages are stored: purge or move them first",
						w.Name,
						subject,
						info.State.Msgs,
					),
				)
			}
		}
	}
	return errors.Join(errs...)
}

func streamConfig(s catalog.Stream) jetstream.StreamConfig {
	config := jetstream.StreamConfig{
		Name:        s.Name,
		Description: s.Description,
		Subjects:    s.Subjects,
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardOld,
		MaxAge:      s.MaxAge,
		MaxMsgSize:  int32(s.MaxMessageBytes),
		MaxBytes:    s.MaxBytes,
		Replicas:    s.Replicas,
		Duplicates:  s.DuplicateWindow,
		AllowDirect: true,
	}
	if s.Retention == catalog.RetentionWorkQueue {
		config.Retention = jetstream.WorkQueuePolicy
	}
	if s.Discard == catalog.DiscardNew {
		config.Discard = jetstream.DiscardNew
	}
	return config
}

func apply(
	ctx context.Context,
	access jetstream.JetStream,
	wanted catalog.Stream,
	existing *jetstream.StreamInfo,
	response *Response,
) error {
	config := streamConfig(wanted)
	switch {
	case existing == nil:
		response.Created = append(response.Created, wanted.Name)
	case !same(existing.Config, config):
		response.Updated = append(response.Updated, wanted.Name)
	}
	stream, err := place(ctx, access, config)
	if err != nil {
		return err
	}
	for _, consumer := range wanted.Consumers {
		_, err := stream.Consumer(ctx, consumer.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			response.Created = append(response.Created, wanted.Name+"/"+consumer.Name)
		} else if err != nil {
			return fmt.Errorf("consumer %s: %w", consumer.Name, err)
		}
		if _, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable:       consumer.Name,
			FilterSubject: consumer.FilterSubject,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       consumer.AckWait,
			MaxDeliver:    consumer.MaxDeliver,
		}); err != nil {
			return fmt.Errorf("consumer %s: %w", consumer.Name, err)
		}
	}
	if wanted.Name == catalog.AdvisoryStream {
		return watchAdvisories(ctx, access)
	}
	return nil
}

// noPeers is the server's error code when it finds no nodes for a stream's replicas (nats-server,
// errors.json: JSClusterNoPeersErrF).
const noPeers = 10005

// placeLimit is how long a new cluster's leader may take to hear of all nodes and their zones;
// seen: a second.
const placeLimit = time.Minute

// place makes or changes a stream. The meta leader of a cluster that has just been made may not
// know every node yet, and then finds no place for replicas in different zones.
func place(ctx context.Context, access jetstream.JetStream, config jetstream.StreamConfig) (jetstream.Stream, error) {
	for end := time.Now().Add(placeLimit); ; {
		stream, err := access.CreateOrUpdateStream(ctx, config)
		var refused *jetstream.APIError
		if !errors.As(err, &refused) || refused.ErrorCode != noPeers || time.Now().After(end) {
			return stream, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Second):
		}
	}
}

// same compares what the table says; the server fills in the rest.
func same(a, b jetstream.StreamConfig) bool {
	pick := func(c jetstream.StreamConfig) []any {
		return []any{
			c.Description,
			c.Subjects,
			c.Retention,
			c.Discard,
			c.MaxAge,
			c.MaxMsgSize,
			c.MaxBytes,
			c.Replicas,
			c.Duplicates,
			c.AllowDirect,
		}
	}
	return reflect.DeepEqual(pick(a), pick(b))
}
