// Drills of services whose tasks run: a new version, a broken one, none, and tasks that die, each under load.
package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/assets/services"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

const (
	askers = 4
	// refusedPause is how long an asker waits that was refused twice.
	refusedPause = 50 * time.Millisecond
	// killFor is how long tasks are killed, one every killEvery.
	killFor, killEvery = time.Minute, 2 * time.Second
)

// questions is a load of requests to one subject or several.
type questions struct {
	commands bool          // each is a command with a key of its own
	encoded  []byte        // each is this one, at no cost for who asks; nil: an empty one
	pause    time.Duration // of each asker between two requests
	client   *messaging.Client
	desk     *desk
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
	place, err := newDesk(ctx, s, "asking", "gateway")
	if err != nil {
		return nil, err
	}
	q.desk = place
	if q.client, err = place.messaging(ctx, loadCaller); err != nil {
		place.leave()
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
		if q.encoded != nil {
			return q.send(limited, method)
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

// send sends the encoded request and wants an answer that tells no error.
func (q *questions) send(ctx context.Context, method contract.Method) error {
	answer, err := q.client.Native().RequestWithContext(ctx, method.Subject, q.encoded)
	if err != nil {
		return fmt.Errorf("asking %s: %w", method.Subject, err)
	}
	response := method.Messaging().Response()
	if err := proto.Unmarshal(answer.Data, response); err != nil {
		return fmt.Errorf("asking %s: reading the answer: %w", method.Subject, err)
	}
	if at := method.Response.Fields().ByName("error"); response.ProtoReflect().Has(at) {
		return fmt.Errorf("asking %s: the answer tells an error: %v", method.Subject, response.ProtoReflect().Get(at))
	}
	return nil
}

// unhindered wants a hundred more requests answered and none refused.
func (q *questions) unhindered(ctx context.Context) error {
	asked, failed := q.asked.Load(), q.failed.Load()
	return poll(ctx, settleLimit, func() error {
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
	q.desk.leave()
	if wanted == nil {
		return nil
	}
	return wanted(q)
}

func (q *questions) String() string {
	return fmt.Sprintf("%d requests meanwhile, %d asked again, %d failed", q.asked.Load(), q.again.Load(), q.failed.Load())
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
func whileAsked(ctx context.Context, s *Stage, wanted func(*questions) error, play func() (string, error)) (string, error) {
	q, err := ask(ctx, s, loadSubject)
	if err != nil {
		return "", err
	}
	seen, err := play()
	err = errors.Join(err, q.stop(wanted))
	return seen + "; " + q.String(), err
}

// processesOf are the processes of a service's tasks, in order.
func processesOf(s *Stage, service string) (processes []int) {
	for _, t := range s.Cloud.Tasks(service) {
		processes = append(processes, t.Process)
	}
	slices.Sort(processes)
	return processes
}

func deployImage(ctx context.Context, s *Stage) (string, error) {
	images, err := s.images(map[string]string{loadService: "1.0.1"})
	if err != nil {
		return "", err
	}
	before := processesOf(s, loadService)
	seen, err := whileAsked(ctx, s, none, func() (string, error) {
		if steps, err := upWith(ctx, s, map[string]any{"serviceImages": images}); err != nil {
			return steps.Summary(), err
		}
		after := processesOf(s, loadService)
		if len(after) != 2 || slices.ContainsFunc(after, func(p int) bool { return slices.Contains(before, p) }) {
			return "", fmt.Errorf("processes %v run after %v, wanted two others", after, before)
		}
		return "two new tasks took over from two old ones", nil
	})
	return seen, errors.Join(err, restore(ctx, s))
}

// rollBackImage deploys a version whose tasks run and are never healthy.
func rollBackImage(ctx context.Context, s *Stage) (string, error) {
	images, err := s.images(map[string]string{loadService: muteTag})
	if err != nil {
		return "", err
	}
	before := processesOf(s, loadService)
	seen, err := whileAsked(ctx, s, none, func() (string, error) {
		_, err := upWith(ctx, s, map[string]any{"serviceImages": images})
		if err := refusedFor(err, loadService, "rolled back"); err != nil {
			return "", fmt.Errorf("the update to a version that never becomes healthy: %w", err)
		}
		if after := processesOf(s, loadService); !slices.Equal(before, after) {
			return "", fmt.Errorf("processes %v run, wanted those of before, %v", after, before)
		}
		return "the update failed and named the service; the tasks of before serve", nil
	})
	// Back to the shipped version: ECS runs it already.
	if _, refreshed := s.Refresh(ctx); refreshed != nil {
		return seen, errors.Join(err, refreshed)
	}
	return seen, errors.Join(err, restore(ctx, s))
}

// withoutImage takes a service's image away and brings it back.
func withoutImage(ctx context.Context, s *Stage) (string, error) {
	images, err := s.images(nil)
	if err != nil {
		return "", err
	}
	delete(images, loadService)
	if steps, err := upWith(ctx, s, map[string]any{"serviceImages": images}); err != nil {
		return steps.Summary(), err
	}
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return "", err
	}
	awaiting, running := fmt.Sprint(outputs["servicesAwaitingImages"].Value), len(s.Cloud.Tasks(loadService))
	if !strings.Contains(awaiting, loadService) || running != 0 {
		return "", fmt.Errorf("%d tasks of %s run, and those that await an image are %s", running, loadService, awaiting)
	}
	if err := restore(ctx, s); err != nil {
		return "", err
	}
	if running = len(s.Cloud.Tasks(loadService)); running != 2 {
		return "", fmt.Errorf("with its image %d tasks of %s run, wanted 2", running, loadService)
	}
	return "the update passed and listed " + loadService + ", which had no task; with its image it has two", nil
}

// killTasks kills tasks at random while all subjects are asked.
func killTasks(ctx context.Context, s *Stage) (string, error) {
	table, _, err := services.Table()
	if err != nil {
		return "", err
	}
	var subjects []string
	for _, row := range table {
		subjects = append(subjects, row.RPC...)
	}
	q, err := ask(ctx, s, subjects...)
	if err != nil {
		return "", err
	}
	killed, err := killSome(ctx, s, table)
	if err == nil {
		err = poll(ctx, settleLimit, func() error {
			for _, row := range table {
				if running := len(s.Cloud.Tasks(row.Name)); running != 2 {
					return fmt.Errorf("%d tasks of %s run, wanted 2", running, row.Name)
				}
			}
			return nil
		})
	}
	err = errors.Join(err, q.stop(seconds))
	return fmt.Sprintf("%d tasks killed in %s, all came back; %s", killed, killFor, q), err
}

func killSome(ctx context.Context, s *Stage, table []services.Service) (killed int, err error) {
	end, next := time.After(killFor), time.NewTicker(killEvery)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return killed, ctx.Err()
		case <-end:
			return killed, nil
		case <-next.C:
			name := table[mathrand.IntN(len(table))].Name
			tasks := processesOf(s, name)
			if len(tasks) < 2 {
				continue // its other task is still to come back: two at once is another drill
			}
			if err := syscall.Kill(tasks[mathrand.IntN(len(tasks))], syscall.SIGKILL); err != nil {
				return killed, fmt.Errorf("killing a task of %s: %w", name, err)
			}
			killed++
		}
	}
}
