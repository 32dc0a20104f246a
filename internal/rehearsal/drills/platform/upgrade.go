// upgrade.preview: the program of today, previewed on the production that each release left. What
// it would change is a surprise for every operator who upgrades, unless CHANGELOG lists it.

package platform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/release"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/releasefixture"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "upgrade.preview",
			Wanted: "a preview on the production that each release left changes nothing that CHANGELOG does not " +
				"list",
			Play: upgradePreview,
		},
		On: drills.OwnRecords,
	})
}

// difference is a step that an upgrade is meant to take on one resource.
type difference struct {
	// release is the one that is upgraded from, as its folder is named.
	release string
	// operation is the engine's: create, update, replace, delete …
	operation string
	// resource is the end of the URN: type::name.
	resource string
	// reason is the line of CHANGELOG that lists it.
	reason string
}

// differences are all that upgrades to the program of today change.
var differences []difference

// shownDifferences is how many kinds of steps are printed of one release.
const shownDifferences = 10

func upgradePreview(ctx context.Context, s *stage.Stage) (string, error) {
	releases, err := releasefixture.Releases(s.Options.Root)
	if err != nil {
		return "", err
	}
	var seen []string
	for _, version := range releases {
		text, err := previewRelease(ctx, s, version)
		if err != nil {
			return strings.Join(seen, "\n"), fmt.Errorf("upgrading from %s: %w", version, err)
		}
		seen = append(seen, text)
	}
	return strings.Join(seen, "\n"), nil
}

func previewRelease(ctx context.Context, s *stage.Stage, version string) (seen string, err error) {
	fixture, err := releasefixture.Load(s.Options.Root, version)
	if err != nil {
		return "", err
	}
	standing, closing, err := release.FixtureStage(ctx, s.Options.Root, fixture.Configuration, nil, s.Options.Progress)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closing()) }()
	for _, r := range fixture.Resources {
		standing.Cloud.Seed(r.Type, r.ID, resource.NewPropertyMapFromMap(r.Outputs))
	}
	if err := standing.Import(ctx, fixture.State); err != nil {
		return "", err
	}
	steps, refused := standing.Preview(ctx)
	meant, err := compare(version, steps, differences)
	if refused != nil {
		// The engine refuses to delete what is protected, after the steps that lead there.
		return "", errors.Join(err, fmt.Errorf("the preview failed: %w", refused))
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %s as they were, %d changed as CHANGELOG lists",
		version, stage.Plural(len(steps.Of("same")), "resource"), meant), nil
}

// compare returns an error that names the steps that allowed does not have, and the rows of allowed
// that no step takes. It counts the steps that are allowed.
func compare(version string, steps stage.Steps, allowed []difference) (meant int, err error) {
	missing := map[difference]bool{}
	for _, d := range allowed {
		missing[d] = d.release == version
	}
	var others []stage.Step
	for _, step := range steps.All {
		if step.Operation == "same" {
			continue
		}
		d, ok := allowedFor(version, step, allowed)
		if !ok {
			others = append(others, step)
			continue
		}
		missing[d] = false
		meant++
	}
	if len(others) > 0 {
		return meant, fmt.Errorf("%s would be taken that CHANGELOG does not list; undo the change, or list it there "+
			"and in differences (internal/rehearsal/drills/platform/upgrade.go):\n%s",
			stage.Plural(len(others), "step"), strings.Join(kinds(others), "\n"))
	}
	for d, missed := range missing {
		if missed {
			return meant, fmt.Errorf("no step is %s %s (%s): remove it from the differences of upgrades",
				d.operation, d.resource, d.reason)
		}
	}
	if len(steps.Of("same")) == 0 {
		return meant, errors.New("the preview looked at no resource: the fixture's state is empty")
	}
	return meant, nil
}

// kinds is a line for each of the first kinds of steps: one cause often changes many resources of a
// type.
func kinds(steps []stage.Step) (lines []string) {
	count := map[string]int{}
	var first []stage.Step
	kindOf := func(s stage.Step) string { return fmt.Sprint(s.Operation, s.Type, s.Diffs) }
	for _, step := range steps {
		if count[kindOf(step)]++; count[kindOf(step)] == 1 {
			first = append(first, step)
		}
	}
	for i, step := range first {
		if i == shownDifferences {
			return append(lines, fmt.Sprintf("and %s more", stage.Plural(len(first)-i, "kind")))
		}
		line := step.Operation + " " + step.URN
		if len(step.Diffs) > 0 {
			line += ", properties " + strings.Join(step.Diffs, ", ")
		}
		if more := count[kindOf(step)] - 1; more > 0 {
			line += fmt.Sprintf(", and %d more of this kind", more)
		}
		lines = append(lines, line)
	}
	return lines
}

func allowedFor(version string, step stage.Step, allowed []difference) (difference, bool) {
	for _, d := range allowed {
		if d.release == version && d.operation == step.Operation && step.Type+"::"+step.Name() == d.resource {
			return d, true
		}
	}
	return difference{}, false
}
