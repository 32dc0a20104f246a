// The drill of a full store: on disks so small that a drill can fill them.

package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.disk",
			Wanted: "stores near full, then full: the metric first, publishers get errors, no stream is reset, all " +
				"goes on when there is room",
			Play: fillStore,
		},
		On: drills.OwnMachines,
	})
}

const (
	// smallDiskGiB is the smallest disk that EBS makes (EBS user guide, "General Purpose SSD
	// volumes").
	smallDiskGiB = 1
	// bigMessage is the size of what fills it, in bytes; every stream takes it.
	bigMessage = 500_000
	// workStream refuses what does not fit; textStream lets its oldest messages go.
	workStream, workSubject, workService = "ORCHESTRATION_WORK", "evt.orchestration.step", "orchestration"
	textStream, textSubject, textService = "NARRATIVE_EVENTS", "evt.story.told", "story-teller"
)

// fillStore fills a work queue and a stream of events to their limits while the load runs.
func fillStore(ctx context.Context, s *stage.Stage) (string, error) {
	if steps, err := s.UpWith(ctx, map[string]any{"natsVolumeGiB": smallDiskGiB}); err != nil {
		return steps.Summary(), err
	}
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		work, err := streamAs(ctx, l, workService, workStream)
		if err != nil {
			return "", err
		}
		near, err := work.fill(ctx, workSubject, work.limit*8/10/bigMessage)
		if err != nil {
			return "", fmt.Errorf("%d messages into an empty %s: %w", near, workStream, err)
		}
		warned, err := s.AwaitMetric(ctx, "WorkQueueUsedPercent", func(percent float64) bool { return percent > 70 })
		if err != nil {
			return "", fmt.Errorf("with %s nearly full: %w", workStream, err)
		}
		stored, refused := work.fill(ctx, workSubject, work.limit/bigMessage+1)
		stored += near
		if err := stage.ExpectRefusal(refused, "maximum bytes exceeded"); err != nil {
			return "", fmt.Errorf(
				"%d messages of %d bytes into %s, which takes %d bytes: %w",
				stored,
				bigMessage,
				workStream,
				work.limit,
				err,
			)
		}
		if err := errors.Join(work.holds(ctx, 1, stored), l.AwaitService(ctx)); err != nil {
			return "", fmt.Errorf("with %s full: %w", workStream, err)
		}
		done, err := work.workOff(ctx, 3)
		if err != nil {
			return "", err
		}
		again, err := work.fill(ctx, workSubject, done)
		if err != nil {
			return "", fmt.Errorf(
				"after %d messages of %s were worked off only %d found room: %w",
				done,
				workStream,
				again,
				err,
			)
		}
		text, err := streamAs(ctx, l, textService, textStream)
		if err != nil {
			return "", err
		}
		filled, err := text.fill(ctx, textSubject, text.limit/bigMessage+20)
		if err != nil {
			return "", fmt.Errorf("%d messages of %d bytes into %s: %w", filled, bigMessage, textStream, err)
		}
		if err := errors.Join(
			text.holds(ctx, 2, filled),
			work.holds(ctx, 1, stored+again),
			l.AwaitService(ctx),
		); err != nil {
			return "", fmt.Errorf("with everything full: %w", err)
		}
		if err := enlargeDisks(ctx, s, c, work); err != nil {
			return "", err
		}
		return fmt.Sprintf(
			"the metric of work queues said %.0f %%; then %s took %d messages of %d bytes and refused the next one; "+
				"%d worked off made room for %d more; %s took %d and let its oldest go; no stream lost its place; "+
				"disks twice as large took more without a restart",
			warned,
			workStream,
			stored,
			bigMessage,
			done,
			again,
			textStream,
			filled,
		), nil
	}, expectNoFailures)
}

// enlargeDisks gives the nodes larger disks, and expects a full work queue to take more with the
// same servers.
func enlargeDisks(ctx context.Context, s *stage.Stage, c *stage.Cluster, full filling) error {
	nodes := c.Nodes()
	before, err := c.Servers(ctx)
	if err != nil {
		return err
	}
	if _, err := s.UpWith(ctx, map[string]any{"natsVolumeGiB": 2 * smallDiskGiB}); err != nil {
		return fmt.Errorf("enlarging the disks: %w", err)
	}
	more, err := full.fill(ctx, workSubject, 10)
	if err != nil {
		return fmt.Errorf("with disks twice as large %s took %d more: %w", full.name, more, err)
	}
	return c.ExpectUntouched(ctx, nodes, before)
}

// filling is a stream and the service that writes into it.
type filling struct {
	name   string
	limit  int // bytes
	access jetstream.JetStream
	look   jetstream.Stream // as the administrator, which may look
}

func streamAs(ctx context.Context, l *stage.Load, service, stream string) (filling, error) {
	f := filling{name: stream}
	own, err := l.Connect(service)
	if err != nil {
		return f, err
	}
	administrator, err := l.Connect(catalog.Administrator)
	if err != nil {
		return f, err
	}
	if f.access, err = jetstream.New(own, jetstream.WithDefaultTimeout(stage.AnswerLimit)); err != nil {
		return f, err
	}
	looking, err := jetstream.New(administrator)
	if err != nil {
		return f, err
	}
	if f.look, err = looking.Stream(ctx, stream); err != nil {
		return f, fmt.Errorf("looking at %s: %w", stream, err)
	}
	f.limit = int(f.look.CachedInfo().Config.MaxBytes)
	return f, nil
}

// fill publishes big messages until their number is reached or one is refused, and says how many
// were acknowledged.
func (f filling) fill(ctx context.Context, subject string, count int) (stored int, err error) {
	body := []byte(strings.Repeat("x", bigMessage))
	for stored < count {
		if _, err := f.access.Publish(ctx, subject, body, jetstream.WithRetryAttempts(0)); err != nil {
			return stored, err
		}
		stored++
	}
	return stored, nil
}

// holds expects a stream that counts on from where it was: nothing was reset. first is the least
// first sequence.
func (f filling) holds(ctx context.Context, first, last int) error {
	info, err := f.look.Info(ctx)
	if err != nil {
		return fmt.Errorf("looking at %s: %w", f.name, err)
	}
	state := info.State
	if state.LastSeq != uint64(last) || state.FirstSeq < uint64(first) || state.Bytes > uint64(f.limit) ||
		state.Msgs == 0 {
		return fmt.Errorf(
			"%s holds messages %d to %d, %d bytes: expected up to %d, from %d on, at most %d bytes",
			f.name,
			state.FirstSeq,
			state.LastSeq,
			state.Bytes,
			last,
			first,
			f.limit,
		)
	}
	return nil
}

// workOff does some of the work that waits, as the service's tasks do, until the stream has let it
// go.
func (f filling) workOff(ctx context.Context, count int) (done int, err error) {
	before, err := f.look.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("looking at %s: %w", f.name, err)
	}
	consumer, err := f.access.Consumer(ctx, f.name, "orchestration_worker")
	if err != nil {
		return 0, fmt.Errorf("working off %s: %w", f.name, err)
	}
	for done < count {
		message, err := consumer.Next(jetstream.FetchMaxWait(stage.AnswerLimit))
		if err != nil {
			return done, fmt.Errorf("working off %s: %w", f.name, err)
		}
		if err := message.DoubleAck(ctx); err != nil {
			return done, fmt.Errorf("working off %s: %w", f.name, err)
		}
		done++
	}
	// The acknowledgement is answered by the consumer's leader; the stream's leader, often another
	// server, learns of it a little later.
	return done, poll.For(ctx, stage.SettleLimit, func() error {
		now, err := f.look.Info(ctx)
		if err == nil && now.State.Msgs+uint64(done) > before.State.Msgs {
			err = fmt.Errorf(
				"%s had %d messages, %d are worked off, and it has %d yet",
				f.name,
				before.State.Msgs,
				done,
				now.State.Msgs,
			)
		}
		return err
	})
}
