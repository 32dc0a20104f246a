// The clients that measure a cluster: each on a connection of its own, each asking or publishing
// again as soon as it has its answer.
package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

const (
	// The row of the services' table that is measured: quest-system answers this subject, the
	// gateway may send it requests, and GAME_EVENTS stores the events in three replicas.
	natsService = "quest-system"
	natsCaller  = "http-nats-gateway"
	natsSubject = "svc.quest.v1.generate"
	natsQueue   = "q.quest"
	natsEvents  = "evt.quest.measured"
	natsStream  = "GAME_EVENTS"

	natsResponders = 2  // a service's two tasks
	natsRequesters = 64 // the largest case
	natsPublishers = 8
	// natsPatience is how long a client waits for an answer; one that does not come ends the
	// measurement.
	natsPatience = 5 * time.Second
)

// site is one cluster with its clients connected.
type site struct {
	name                              string
	responders, requesters, publisher []*nats.Conn
	streams                           []jetstream.JetStream
}

// connector connects the i-th client of a kind.
type connector func(identity string, kind func(*site) *[]*nats.Conn, i int) (*nats.Conn, error)

func responders(s *site) *[]*nats.Conn { return &s.responders }
func requesters(s *site) *[]*nats.Conn { return &s.requesters }
func publishers(s *site) *[]*nats.Conn { return &s.publisher }

// newSite connects all clients and lets the responders answer.
func newSite(name string, connect connector) (*site, error) {
	s := &site{name: name}
	for _, group := range []struct {
		identity string
		kind     func(*site) *[]*nats.Conn
		count    int
	}{
		{identity: natsService, kind: responders, count: natsResponders},
		{identity: natsCaller, kind: requesters, count: natsRequesters},
		{identity: natsService, kind: publishers, count: natsPublishers},
	} {
		for i := range group.count {
			c, err := connect(group.identity, group.kind, i)
			if err != nil {
				s.close()
				return nil, err
			}
			list := group.kind(s)
			*list = append(*list, c)
		}
	}
	return s, s.serve()
}

func (s *site) serve() error {
	for _, c := range s.responders {
		if _, err := c.QueueSubscribe(natsSubject, natsQueue, func(m *nats.Msg) {
			_ = m.Respond(m.Data) // a lost answer shows at the requester
		}); err != nil {
			return fmt.Errorf("answering %s: %w", natsSubject, err)
		}
		if err := c.FlushTimeout(natsPatience); err != nil {
			return fmt.Errorf("answering %s: %w", natsSubject, err)
		}
	}
	for _, c := range s.publisher {
		stream, err := jetstream.New(c, jetstream.WithDefaultTimeout(natsPatience))
		if err != nil {
			return err
		}
		s.streams = append(s.streams, stream)
	}
	return nil
}

func (s *site) close() {
	for _, list := range [][]*nats.Conn{s.responders, s.requesters, s.publisher} {
		for _, c := range list {
			c.Close()
		}
	}
}

// rehearsedSite connects as tasks do.
func rehearsedSite(client *stage.Client) (*site, error) {
	return newSite("rehearsed", func(identity string, _ func(*site) *[]*nats.Conn, _ int) (*nats.Conn, error) {
		return client.Connect(identity)
	})
}

// bareSite connects every client to the node of the name that its counterpart was led to, for a hop
// more between nodes would be no part of what is compared.
func bareSite(ctx context.Context, client *stage.Client, bare *bareCluster, counterpart *site) (*site, error) {
	s, err := newSite("bare", func(identity string, kind func(*site) *[]*nats.Conn, i int) (*nats.Conn, error) {
		return bare.connect((*kind(counterpart))[i].ConnectedServerName(), nats.CustomInboxPrefix("_INBOX_"+identity))
	})
	if err != nil {
		return nil, err
	}
	if err := copyStream(ctx, client, s.publisher[0]); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// copyStream makes the stream of the rehearsed cluster on the bare one, with the same settings.
func copyStream(ctx context.Context, client *stage.Client, to *nats.Conn) error {
	from, err := client.Connect(administrator)
	if err != nil {
		return err
	}
	defer from.Close()
	source, err := jetstream.New(from)
	if err != nil {
		return err
	}
	original, err := source.Stream(ctx, natsStream)
	if err != nil {
		return fmt.Errorf("reading stream %s: %w", natsStream, err)
	}
	target, err := jetstream.New(to)
	if err != nil {
		return err
	}
	wanted := original.CachedInfo().Config
	wanted.Placement = nil // it names the other cluster
	// The bare cluster may have no leader yet.
	if err := poll.For(ctx, 20*time.Second, func() error {
		_, err := target.CreateStream(ctx, wanted)
		return err
	}); err != nil {
		return fmt.Errorf("making stream %s on the bare cluster: %w", natsStream, err)
	}
	return nil
}

// sample is one cluster's work in one slot: operations a second, and latencies in ms.
type sample struct{ throughput, p50, p99 float64 }

// measure warms a case up and then counts it.
func (s *site) measure(ctx context.Context, c natsCase) (sample, error) {
	if _, err := s.drive(ctx, c, natsWarm); err != nil {
		return sample{}, err
	}
	return s.drive(ctx, c, natsSlot)
}

// operation is the one thing that the i-th client of a case does again and again.
func (s *site) operation(ctx context.Context, c natsCase, i int) func() error {
	payload := make([]byte, natsBytes)
	if c.publishing {
		return func() error {
			_, err := s.streams[i].Publish(ctx, natsEvents, payload)
			return err
		}
	}
	return func() error {
		answer, err := s.requesters[i].Request(natsSubject, payload, natsPatience)
		if err == nil && len(answer.Data) != natsBytes {
			err = fmt.Errorf("an answer has %d bytes", len(answer.Data))
		}
		return err
	}
}

// drive lets the clients of a case work for a time. Histograms count microseconds, up to twice the
// patience.
func (s *site) drive(ctx context.Context, c natsCase, length time.Duration) (sample, error) {
	histograms, errs := make([]*hdrhistogram.Histogram, c.clients), make([]error, c.clients)
	start := time.Now()
	var working sync.WaitGroup
	for i := range c.clients {
		histograms[i] = hdrhistogram.New(1, (2 * natsPatience).Microseconds(), 3)
		operate := s.operation(ctx, c, i)
		working.Go(func() {
			for errs[i] == nil && ctx.Err() == nil && time.Since(start) < length {
				begun := time.Now()
				if errs[i] = operate(); errs[i] == nil {
					errs[i] = histograms[i].RecordValue(max(1, time.Since(begun).Microseconds()))
				}
			}
		})
	}
	working.Wait()
	taken := time.Since(start).Seconds()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return sample{}, err
	}
	for _, h := range histograms[1:] {
		histograms[0].Merge(h)
	}
	all := histograms[0]
	return sample{
		throughput: float64(all.TotalCount()) / taken,
		p50:        float64(all.ValueAtQuantile(50)) / 1000,
		p99:        float64(all.ValueAtQuantile(99)) / 1000,
	}, nil
}
