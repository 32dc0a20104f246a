// Requests without a break, as callers of services make them: what drills of services are played
// under.

package stage

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
	// ParallelCallers request at once.
	ParallelCallers = 4
	// refusedPause is how long a caller waits that was refused twice.
	refusedPause = 50 * time.Millisecond
)

// Requests is a load of requests to one subject or several.
type Requests struct {
	commands bool          // each is a command with a key of its own
	Pause    time.Duration // of each caller between two requests
	client   *messaging.Client
	from     *Client
	end      context.CancelFunc
	asking   sync.WaitGroup

	Sent, retried, Failed atomic.Int64
	first                 sync.Once
	firstFailure          error
}

// StartRequests begins to send requests to subjects in turn. A request that fails is sent once
// more, as callers do.
func StartRequests(ctx context.Context, s *Stage, subjects ...string) (*Requests, error) {
	return (&Requests{}).Start(ctx, s, subjects)
}

// StartCommands begins to give a service commands, which it keeps in Redis and reports in events.
func StartCommands(ctx context.Context, s *Stage) (*Requests, error) {
	return (&Requests{commands: true}).Start(ctx, s, []string{LoadSubject})
}

// Start begins to send requests to subjects in turn, from several callers at once, until Stop.
func (q *Requests) Start(ctx context.Context, s *Stage, subjects []string) (_ *Requests, err error) {
	client, err := s.Attach(ctx, "asking", "gateway")
	if err != nil {
		return nil, err
	}
	q.from = client
	if q.client, err = client.MessagingClient(ctx, LoadCaller); err != nil {
		client.Detach()
		return nil, err
	}
	methods, err := contract.Load(ctx)
	if err != nil {
		return nil, errors.Join(err, q.Stop(nil))
	}
	var until context.Context
	until, q.end = context.WithCancel(ctx)
	for i := range ParallelCallers {
		q.asking.Go(func() {
			for turn := i; until.Err() == nil; turn++ {
				q.one(ctx, methods[subjects[turn%len(subjects)]])
				time.Sleep(q.Pause)
			}
		})
	}
	return q, nil
}

func (q *Requests) one(ctx context.Context, method contract.Method) {
	key := rand.Text()
	try := func() error {
		limited, cancel := context.WithTimeout(ctx, AnswerLimit)
		defer cancel()
		if q.commands {
			return SendCommand(limited, q.client, method, key)
		}
		return q.client.Request(limited, method.Subject, method.Messaging().Request(), method.Messaging().Response())
	}
	q.Sent.Add(1)
	err := try()
	if err == nil {
		return
	}
	q.retried.Add(1)
	if err = try(); err != nil {
		q.Failed.Add(1)
		q.first.Do(func() { q.firstFailure = err })
		select { // a refused caller comes back later
		case <-ctx.Done():
		case <-time.After(refusedPause):
		}
	}
}

// AwaitNoRefusals waits until a hundred more requests are answered and none is refused.
func (q *Requests) AwaitNoRefusals(ctx context.Context) error {
	sent, failed := q.Sent.Load(), q.Failed.Load()
	return poll.For(ctx, SettleLimit, func() error {
		if now := q.Failed.Load(); now > failed {
			sent, failed = q.Sent.Load(), now
		}
		if more := q.Sent.Load() - sent; more < 100 {
			return fmt.Errorf("%d requests without a refusal, expected 100", more)
		}
		return nil
	})
}

// Stop ends the load; wanted checks what it met.
func (q *Requests) Stop(wanted func(*Requests) error) error {
	if q.end != nil {
		q.end()
	}
	q.asking.Wait()
	q.client.Native().Close()
	q.from.Detach()
	if wanted == nil {
		return nil
	}
	return wanted(q)
}

func (q *Requests) String() string {
	return fmt.Sprintf("%d requests meanwhile, %d retried, %d failed", q.Sent.Load(), q.retried.Load(), q.Failed.Load())
}

// NoRetries expects every request to be answered at the first try; seconds lets it be the second.
func NoRetries(q *Requests) error {
	if q.retried.Load() > 0 {
		return errors.Join(fmt.Errorf("expected every request to be answered at once: %s", q), q.firstFailure)
	}
	return NoFailures(q)
}

// NoFailures requires every request to be answered, at the second try at the latest.
func NoFailures(q *Requests) error {
	if q.Failed.Load() > 0 || q.Sent.Load() == 0 {
		return errors.Join(fmt.Errorf("expected every request to be answered: %s", q), q.firstFailure)
	}
	return nil
}

// UnderRequests plays something while the service of the load gets requests.
func UnderRequests(
	ctx context.Context,
	s *Stage,
	wanted func(*Requests) error,
	play func() (string, error),
) (string, error) {
	q, err := StartRequests(ctx, s, LoadSubject)
	if err != nil {
		return "", err
	}
	seen, err := play()
	err = errors.Join(err, q.Stop(wanted))
	return seen + "; " + q.String(), err
}
