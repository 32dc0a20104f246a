// How fast the rehearsed NATS cluster is with everything on (TLS, identities, load balancer),
// compared with a bare cluster of the same binary, which has none of it, in the same run.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

const (
	// natsRounds: both clusters are measured in turn so often, and medians are taken over the
	// rounds.
	natsRounds = 5
	// natsSlot is how long one cluster works on one case in one round, after natsWarm.
	natsSlot = 1500 * time.Millisecond
	natsWarm = 300 * time.Millisecond
	// natsBytes is the size of every request, answer and message.
	natsBytes = 1024
)

// natsCase is one kind of work. A limit of 0 is none.
type natsCase struct {
	id         string
	clients    int
	publishing bool
	atLeast    float64 // operations a second
	p50, p99   float64 // less than so many ms
	ratio      float64 // at least this part of the bare cluster's throughput
}

// natsCases: the limits are set for 8 requesters, as many as the drills' load has.
var natsCases = []natsCase{
	{id: "nats.rr1", clients: 1},
	{
		id:      "nats.rr8",
		clients: 8,
		atLeast: 10_000,
		p50:     1,
		p99:     5,
		ratio:   0.6,
	},
	{id: "nats.rr64", clients: 64},
	{id: "nats.publish", clients: 8, publishing: true},
}

// sampled are the samples of one case, round by round.
type sampled struct{ throughput, p50, p99 []float64 }

func (s *sampled) add(one sample) {
	s.throughput, s.p50, s.p99 = append(s.throughput, one.throughput), append(s.p50, one.p50), append(s.p99, one.p99)
}

// natsSpeed brings both clusters up, measures them in turn and takes them down.
func (b *bench) natsSpeed(ctx context.Context) (err error) {
	platform, err := stage.New(ctx, stage.Options{Root: b.root, Progress: b.out, Machines: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	fmt.Fprintln(b.out, "Bringing up the rehearsed platform and a bare cluster …")
	if _, err := platform.Up(ctx); err != nil {
		return fmt.Errorf("bringing up the platform to measure it: %w", err)
	}
	if err := platform.Quiet(ctx); err != nil {
		return err
	}
	client, err := platform.Attach(ctx, "bench", "service")
	if err != nil {
		return err
	}
	defer client.Detach()
	rehearsed, err := rehearsedSite(client)
	if err != nil {
		return err
	}
	defer rehearsed.close()
	bare, err := startBare(ctx, b.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	plain, err := bareSite(ctx, client, bare, rehearsed)
	if err != nil {
		return err
	}
	defer plain.close()
	return b.inTurn(ctx, rehearsed, plain)
}

// inTurn measures case by case, and in each round first one cluster, then the other.
func (b *bench) inTurn(ctx context.Context, rehearsed, plain *site) error {
	for _, c := range natsCases {
		var with, without sampled
		var ratios []float64
		for round := range natsRounds {
			order := []*site{rehearsed, plain}
			if round%2 == 1 {
				order[0], order[1] = order[1], order[0]
			}
			for _, s := range order {
				one, err := s.measure(ctx, c)
				if err != nil {
					return fmt.Errorf("measuring %s on the %s cluster: %w", c.id, s.name, err)
				}
				if s == rehearsed {
					with.add(one)
				} else {
					without.add(one)
				}
			}
			ratios = append(ratios, with.throughput[round]/without.throughput[round])
		}
		b.judgeCase(c, with, without, median(ratios))
	}
	return nil
}

func (b *bench) judgeCase(c natsCase, with, without sampled, ratio float64) {
	b.add(floor(c.id+".throughput", median(with.throughput), "/s", c.atLeast))
	b.add(ceiling(c.id+".p50", median(with.p50), "ms", c.p50))
	b.add(ceiling(c.id+".p99", median(with.p99), "ms", c.p99))
	b.add(floor(c.id+".ratio", ratio, "ratio", c.ratio))
	b.add(floor(c.id+".bare.throughput", median(without.throughput), "/s", 0))
	b.add(ceiling(c.id+".bare.p50", median(without.p50), "ms", 0))
	b.add(ceiling(c.id+".bare.p99", median(without.p99), "ms", 0))
}

func floor(id string, value float64, unit string, limit float64) Measure {
	if limit == 0 {
		return Measure{
			ID:     id,
			Value:  value,
			Unit:   unit,
			Wanted: "no limit",
			OK:     true,
		}
	}
	return Measure{
		ID:     id,
		Value:  value,
		Unit:   unit,
		Wanted: fmt.Sprintf("≥ %g", limit),
		OK:     value >= limit,
	}
}

func ceiling(id string, value float64, unit string, limit float64) Measure {
	if limit == 0 {
		return Measure{
			ID:     id,
			Value:  value,
			Unit:   unit,
			Wanted: "no limit",
			OK:     true,
		}
	}
	return Measure{
		ID:     id,
		Value:  value,
		Unit:   unit,
		Wanted: fmt.Sprintf("< %g", limit),
		OK:     value < limit,
	}
}

// natsFolder holds the bare cluster, on the disk that the rehearsed one is on too.
func natsFolder() (string, error) {
	dir, err := os.MkdirTemp("", "bench-nats-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the bare cluster: %w", err)
	}
	return dir, nil
}

// administrator may read how a stream is made.
const administrator = catalog.Administrator
