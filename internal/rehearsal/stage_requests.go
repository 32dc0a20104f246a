// Requests without a break, as callers of services make them: what drills of services are played
// under.
package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

const (
	askers = 4
	// refusedPause is how long an asker waits that was refused twice.
	refusedPause = 50 * time.Millisecond
)

// questions is a load of requests to one subject or several.
type questions struct {
	commands bool          // each is a command with a key of its own
	pause    time.Duration // of each asker between two requests
	client   *messaging.Client
	desk     *Client
	end      context.CancelFunc
	asking   sync.WaitGroup

	asked, again, failed atomic.Int64
	first                sync.Once
	firstFailure         error
}

// ask begins to ask subjects in turn. A request that fails is asked once more, as callers do.
func ask(ctx context.Context, s *Stage, subjects ...string) (*questions, error) {
	return (&questions{}).begin(ctx, s, subjects)
}

// giveCommands begins to give a service commands, which it keeps in Redis and tells of in events.
func giveCommands(ctx context.Context, s *Stage) (*questions, error) {
	return (&questions{commands: true}).begin(ctx, s, []string{loadSubject})
}

func (q *questions) begin(ctx context.Context, s *Stage, subjects []string) (_ *questions, err error) {
	place, err := s.Attach(ctx, "asking", "gateway")
	if err != nil {
		return nil, err
	}
	q.desk = place
	if q.client, err = place.messaging(ctx, loadCaller); err != nil {
		place.Detach()
		return nil, err
	}
	methods, err := contract.Load(ctx)
	if err != nil {
		return nil, errors.Join(err, q.stop(nil))
	}
	var until context.Context
	until, q.end = context.WithCancel(ctx)
	for i := range askers {
		q.asking.Go(func() {
			for turn := i; until.Err() == nil; turn++ {
				q.one(ctx, methods[subjects[turn%len(subjects)]])
				time.Sleep(q.pause)
			}
		})
	}
	return q, nil
}

func (q *questions) one(ctx context.Context, method contract.Method) {
	key := rand.Text()
	try := func() error {
		limited, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		if q.commands {
			return command(limited, q.client, method, key)
		}
		return q.client.Request(limited, method.Subject, method.Messaging().Request(), method.Messaging().Response())
	}
	q.asked.Add(1)
	err := try()
	if err == nil {
		return
	}
	q.again.Add(1)
	if err = try(); err != nil {
		q.failed.Add(1)
		q.first.Do(func() { q.firstFailure = err })
		select { // who is refused comes back later
		case <-ctx.Done():
		case <-time.After(refusedPause):
		}
	}
}

// unhindered wants a hundred more requests answered and none refused.
func (q *questions) unhindered(ctx context.Context) error {
	asked, failed := q.asked.Load(), q.failed.Load()
	return poll.For(ctx, settleLimit, func() error {
		if now := q.failed.Load(); now > failed {
			asked, failed = q.asked.Load(), now
		}
		if more := q.asked.Load() - asked; more < 100 {
			return fmt.Errorf("%d requests without a refusal, wanted 100", more)
		}
		return nil
	})
}

// stop ends the load; wanted judges what it met.
func (q *questions) stop(wanted func(*questions) error) error {
	if q.end != nil {
		q.end()
	}
	q.asking.Wait()
	q.client.Native().Close()
	q.desk.Detach()
	if wanted == nil {
		return nil
	}
	return wanted(q)
}

func (q *questions) String() string {
	return fmt.Sprintf("%d requests meanwhile, %d retried, %d failed", q.asked.Load(), q.again.Load(), q.failed.Load())
}

// none wants every request answered at the first try; seconds lets it be the second.
func none(q *questions) error {
	if q.again.Load() > 0 {
		return errors.Join(fmt.Errorf("wanted every request answered at once: %s", q), q.firstFailure)
	}
	return seconds(q)
}

func seconds(q *questions) error {
	if q.failed.Load() > 0 || q.asked.Load() == 0 {
		return errors.Join(fmt.Errorf("wanted every request answered: %s", q), q.firstFailure)
	}
	return nil
}

// whileAsked plays something while the service of the load is asked.
func whileAsked(
	ctx context.Context,
	s *Stage,
	wanted func(*questions) error,
	play func() (string, error),
) (string, error) {
	q, err := ask(ctx, s, loadSubject)
	if err != nil {
		return "", err
	}
	seen, err := play()
	err = errors.Join(err, q.stop(wanted))
	return seen + "; " + q.String(), err
}
