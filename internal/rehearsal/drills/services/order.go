// Drill of the order in which NATS and the services come up.

package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "svc.order",
			Wanted: "no task starts before the NATS gate; none needs a restart to become healthy",
			Play:   startInOrder,
		},
		On: drills.OwnTasks,
	})
}

// startInOrder brings the platform up from nothing, first with a NATS server that does not start.
func startInOrder(ctx context.Context, s *stage.Stage) (string, error) {
	table, _, err := catalog.Services()
	if err != nil {
		return "", err
	}
	bad, err := stage.BadServer(s)
	if err != nil {
		return "", err
	}
	s.GateLimit = stage.ShortGate
	_, failed := s.UpWith(ctx, map[string]any{"natsServerBinary": bad})
	s.GateLimit = 0
	if err := stage.ExpectRefusal(failed, "gate of nats-1", "not passed"); err != nil {
		return "", fmt.Errorf("the update to a server that does not start: %w", err)
	}
	if early := s.Cloud.Records(stage.ServiceType); len(early) > 0 {
		return "", fmt.Errorf(
			"%s was made, and with it its tasks, although NATS did not start",
			stage.NameOf(early[0].URN),
		)
	}
	order, err := ordered(s, func() error { return s.Restore(ctx) })
	if err != nil {
		return "", err
	}
	last := slices.IndexFunc(
		order,
		func(step string) bool { return strings.HasPrefix(step, "begin "+stage.ServiceType) },
	)
	if last < 0 {
		return "", errors.New("no service was made")
	}
	passed := 0
	for _, step := range order[:last] {
		if strings.HasPrefix(step, "end "+stage.InvocationType) {
			passed++
		}
	}
	if passed != 6 {
		return "", fmt.Errorf(
			"%s began after %d of the controller's invocations, expected 6: five gates, and the streams",
			order[last],
			passed,
		)
	}
	once, errs := stage.ExpectStartedOnce(s, table)
	return "without NATS the update failed at its gate and made no service; with it the first service began after " +
			"five gates and the streams; " + once, errors.Join(
			errs...)
}

// ordered records what the engine begins and ends while something runs, as "begin <type> <name>".
func ordered(s *stage.Stage, run func() error) (order []string, err error) {
	observe := s.Options.Observe
	s.Options.Observe = func(event events.EngineEvent) {
		if e := event.ResourcePreEvent; e != nil {
			order = append(order, "begin "+e.Metadata.Type+" "+stage.NameOf(e.Metadata.URN))
		}
		if e := event.ResOutputsEvent; e != nil {
			order = append(order, "end "+e.Metadata.Type+" "+stage.NameOf(e.Metadata.URN))
		}
		observe(event)
	}
	defer func() { s.Options.Observe = observe }()
	err = run()
	return order, err
}
