// Drill of a seed that is replaced: the servers know the new key before tasks get it, and the old
// one until they have it.

package nats

import (
	"context"
	"fmt"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.rotate",
			Wanted: "a service's seed is replaced: old and new are let in until its tasks have the new one, no " +
				"connection drops; then the old one is turned away",
			Play: rotateSeed,
		},
		On: drills.SharedMachines,
	})
}

// rotateSeed follows the runbook's steps for the service that answers the load.
func rotateSeed(ctx context.Context, s *stage.Stage) (string, error) {
	lifted := map[string]any{"protect": false}
	if _, err := s.UpWith(ctx, lifted); err != nil {
		return "", fmt.Errorf("lifting the protection: %w", err)
	}
	old, err := stage.SeedOf(s.Cloud, stage.LoadService)
	if err != nil {
		return "", err
	}
	seen, err := underLoad(ctx, s, func(_ *stage.Cluster, l *stage.Load) (string, error) {
		reconnects := l.Reconnects()
		if err := stage.ReplaceSeed(ctx, s, lifted); err != nil {
			return "", err
		}
		if now := l.Reconnects(); now != reconnects {
			return "", fmt.Errorf("%d connections were dropped", now-reconnects)
		}
		return "a new seed, its tasks' definition names it, no connection was dropped", stage.ExpectSeeds(
			ctx,
			s,
			old,
			true,
		)
	}, expectNoFailures)
	if err != nil {
		return seen, err
	}
	if _, err := s.UpWith(ctx, lifted); err != nil {
		return seen, fmt.Errorf("withdrawing the previous key: %w", err)
	}
	if err := stage.ExpectSeeds(ctx, s, old, false); err != nil {
		return seen, err
	}
	return seen + "; the old seed is turned away", s.Restore(ctx)
}
