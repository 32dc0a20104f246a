// Package services holds the drills of services whose tasks run: a new version, a broken one, none,
// and tasks that die, each under load; and of Redis and the secrets that services use.
package services

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "svc.deploy",
			Wanted: "a new version of one service under load: new tasks take over, no request fails",
			Play:   deployImage,
		},
		On: drills.SharedTasks,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "svc.rollback",
			Wanted: "a version that never becomes healthy: ECS goes back, the update fails and names the service, " +
				"the old version serves throughout",
			Play: rollBackImage,
		},
		On: drills.SharedTasks,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "svc.noimage",
			Wanted: "a service without an image: the update passes and lists it; with one it gets its tasks",
			Play:   withoutImage,
		},
		On: drills.SharedTasks,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "svc.kill",
			Wanted: "tasks are killed at random for a minute under load: requests are answered at the second try, " +
				"all tasks come back",
			Play: killTasks,
		},
		On: drills.SharedTasks,
	})
}

// killFor is how long tasks are killed, one every killEvery.
const killFor, killEvery = time.Minute, 2 * time.Second

func deployImage(ctx context.Context, s *stage.Stage) (string, error) {
	images, err := s.Images(map[string]string{stage.LoadService: "1.0.1"})
	if err != nil {
		return "", err
	}
	before := s.Processes(stage.LoadService)
	seen, err := stage.UnderRequests(ctx, s, stage.NoRetries, func() (string, error) {
		if steps, err := s.UpWith(ctx, map[string]any{"serviceImages": images}); err != nil {
			return steps.Summary(), err
		}
		after := s.Processes(stage.LoadService)
		if len(after) != 2 || slices.ContainsFunc(after, func(p int) bool { return slices.Contains(before, p) }) {
			return "", fmt.Errorf("processes %v run after %v, expected two others", after, before)
		}
		return "two new tasks took over from two old ones", nil
	})
	return seen, errors.Join(err, s.Restore(ctx))
}

// rollBackImage deploys a version whose tasks run and are never healthy.
func rollBackImage(ctx context.Context, s *stage.Stage) (string, error) {
	images, err := s.Images(map[string]string{stage.LoadService: stage.MuteTag})
	if err != nil {
		return "", err
	}
	before := s.Processes(stage.LoadService)
	seen, err := stage.UnderRequests(ctx, s, stage.NoRetries, func() (string, error) {
		_, err := s.UpWith(ctx, map[string]any{"serviceImages": images})
		if err := stage.ExpectRefusal(err, stage.LoadService, "rolled back"); err != nil {
			return "", fmt.Errorf("the update to a version that never becomes healthy: %w", err)
		}
		if after := s.Processes(stage.LoadService); !slices.Equal(before, after) {
			return "", fmt.Errorf("processes %v run, expected those of before, %v", after, before)
		}
		return "the update failed and named the service; the tasks of before serve", nil
	})
	// Back to the shipped version: ECS runs it already.
	if _, refreshed := s.Refresh(ctx); refreshed != nil {
		return seen, errors.Join(err, refreshed)
	}
	return seen, errors.Join(err, s.Restore(ctx))
}

// withoutImage takes a service's image away and brings it back.
func withoutImage(ctx context.Context, s *stage.Stage) (_ string, err error) {
	images, err := s.Images(nil)
	if err != nil {
		return "", err
	}
	delete(images, stage.LoadService)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Restore(ctx))
		}
	}()
	if steps, err := s.UpWith(ctx, map[string]any{"serviceImages": images}); err != nil {
		return steps.Summary(), err
	}
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return "", err
	}
	awaiting, running := fmt.Sprint(outputs["servicesAwaitingImages"].Value), len(ecs.Tasks(s.Cloud, stage.LoadService))
	if !strings.Contains(awaiting, stage.LoadService) || running != 0 {
		return "", fmt.Errorf(
			"%d tasks of %s run, and those that await an image are %s",
			running,
			stage.LoadService,
			awaiting,
		)
	}
	if err := s.Restore(ctx); err != nil {
		return "", err
	}
	if running = len(ecs.Tasks(s.Cloud, stage.LoadService)); running != 2 {
		return "", fmt.Errorf("with its image %d tasks of %s run, expected 2", running, stage.LoadService)
	}
	return "the update passed and listed " + stage.LoadService + ", which had no task; with its image it has two", nil
}

// killTasks kills tasks at random while all subjects get requests.
func killTasks(ctx context.Context, s *stage.Stage) (string, error) {
	table, _, err := catalog.Services()
	if err != nil {
		return "", err
	}
	var subjects []string
	for _, row := range table {
		subjects = append(subjects, row.RPC...)
	}
	q, err := stage.StartRequests(ctx, s, subjects...)
	if err != nil {
		return "", err
	}
	killed, err := killSome(ctx, s, table)
	if err == nil {
		err = poll.For(ctx, stage.SettleLimit, func() error {
			for _, row := range table {
				if running := len(ecs.Tasks(s.Cloud, row.Name)); running != 2 {
					return fmt.Errorf("%d tasks of %s run, expected 2", running, row.Name)
				}
			}
			return nil
		})
	}
	err = errors.Join(err, q.Stop(stage.NoFailures))
	return fmt.Sprintf("%d tasks killed in %s, all came back; %s", killed, killFor, q), err
}

func killSome(ctx context.Context, s *stage.Stage, table []catalog.Service) (killed int, err error) {
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
			tasks := s.Processes(name)
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
