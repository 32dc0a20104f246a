// The main path: from nothing to the whole platform, nothing left to change, nothing shown
// that is secret, and nothing left behind.

package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// mainPath is what `make rehearse` plays, in this order on one stage.
var mainPath = []stage.Scenario{
	{
		ID:     "preview.clean",
		Wanted: "a preview of the production topology succeeds from nothing, and makes nothing",
		Play:   previewClean,
	},
	{ID: "up.all", Wanted: "up makes everything; the cloud's own records hold what production is made of", Play: upAll},
	{
		ID: "nats.boot",
		Wanted: "five servers of the rendered files, one cluster, a meta leader, TLS 1.2 or 1.3 only, streams at " +
			"their replicas over three zones",
		Play: natsBoot,
	},
	{
		ID: "svc.all",
		Wanted: "44 tasks healthy from one up; the program's own verification holds: every subject answers, both " +
			"tasks of a service work, events are stored, errors come as errors; commands are kept; every subject " +
			"answers through the gateway",
		Play: servicesAnswer,
	},
	{ID: "up.noop", Wanted: "a second up changes nothing", Play: upNoop},
	{
		ID:     "secrets.hidden",
		Wanted: "no generated secret is in clear in state, plan, outputs, logs or user-data",
		Play:   secretsHidden,
	},
	{ID: "destroy.clean", Wanted: "with protection lifted, destroy leaves an empty cloud", Play: destroyClean},
}

func previewClean(ctx context.Context, s *stage.Stage) (string, error) {
	steps, err := s.Preview(ctx)
	if err != nil {
		return "", err
	}
	creates := len(steps.Of("create"))
	if others := len(steps.Changes()) - len(onlyCreates(steps)); others > 0 || creates == 0 {
		return steps.Summary(), fmt.Errorf("expected creations only")
	}
	if left := s.Cloud.Inventory(); len(left) > 0 {
		return steps.Summary(), fmt.Errorf("the preview made %s", stage.InventoryText(left))
	}
	return stage.Plural(creates, "resource") + " to create, none made", nil
}

func onlyCreates(steps stage.Steps) []stage.Step {
	return slices.DeleteFunc(steps.Changes(), func(step stage.Step) bool { return step.Operation != "create" })
}

func upAll(ctx context.Context, s *stage.Stage) (string, error) {
	s.Cloud.Pace = pace
	steps, err := s.Up(ctx)
	s.Cloud.Pace = 0
	if err != nil {
		return steps.Summary(), err
	}
	seen, wrong := stage.CompareWithProduction(s.Cloud)
	if len(wrong) > 0 {
		return seen, fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return seen, nil
}

func upNoop(ctx context.Context, s *stage.Stage) (string, error) {
	steps, err := s.Up(ctx)
	if err != nil {
		return steps.Summary(), err
	}
	if changes := steps.Changes(); len(changes) > 0 {
		return steps.Summary(), fmt.Errorf(
			"expected none, the first is %s %s %v",
			changes[0].Operation,
			changes[0].URN,
			changes[0].Diffs,
		)
	}
	return fmt.Sprintf("%s looked at, no changes", stage.Plural(len(steps.All), "resource")), nil
}

func destroyClean(ctx context.Context, s *stage.Stage) (string, error) {
	if err := s.Configure(map[string]any{"protect": false}); err != nil {
		return "", err
	}
	if steps, err := s.Up(ctx); err != nil {
		return steps.Summary(), fmt.Errorf("lifting the protection: %w", err)
	}
	steps, err := s.Destroy(ctx)
	if err != nil {
		return steps.Summary(), err
	}
	if left := s.Cloud.Inventory(); len(left) > 0 {
		return steps.Summary(), fmt.Errorf("left behind: %s", stage.InventoryText(left))
	}
	return steps.Summary() + ", nothing left", nil
}
