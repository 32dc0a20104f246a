// What the engine did in one command, by resource.

package stage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
)

// Step is one operation on one resource.
type Step struct {
	Operation string // create, update, delete, create-replacement, delete-replaced, same …
	URN       string
	Type      string
	Diffs     []string
}

// Name is the resource's logical name.
func (s Step) Name() string { return NameOf(s.URN) }

// Steps are all operations of one command, in order, and what the engine had to say.
type Steps struct {
	All         []Step
	diagnostics []diagnostic
	drift       []string
}

func (s *Steps) add(event events.EngineEvent) {
	if pre := event.ResourcePreEvent; pre != nil {
		m := pre.Metadata
		s.All = append(s.All, Step{
			Operation: string(m.Op),
			URN:       m.URN,
			Type:      m.Type,
			Diffs:     m.Diffs,
		})
	}
	if after := event.ResOutputsEvent; after != nil && after.Metadata.Op != "same" {
		m := after.Metadata
		if m.Op == "delete" || m.Op == "update" || (m.Op == "refresh" && (m.New == nil || len(m.DetailedDiff) > 0)) {
			s.drift = append(s.drift, string(m.Op)+" "+NameOf(m.URN))
		}
	}
	if d := event.DiagnosticEvent; d != nil && (d.Severity == "error" || d.Severity == "warning") {
		s.diagnostics = append(
			s.diagnostics,
			diagnostic{severity: d.Severity, urn: d.URN, message: strings.TrimSpace(plainText(d.Message))},
		)
	}
}

// Changes are the steps that change something that exists or will.
func (s Steps) Changes() []Step {
	return slices.DeleteFunc(slices.Clone(s.All), func(step Step) bool {
		return step.Operation == "same" || step.Operation == "read" || step.Operation == "refresh" ||
			step.Type == "pulumi:pulumi:Stack" || strings.HasPrefix(step.Type, "pulumi:providers:")
	})
}

// diagnostic is what the engine, or the program through it, had to say of a resource.
type diagnostic struct{ severity, urn, message string }

// Errors are the errors, each with the resource that it is about.
func (s Steps) Errors() (lines []string) {
	for _, d := range s.diagnostics {
		if d.severity == "error" {
			lines = append(lines, strings.TrimPrefix(NameOf(d.urn)+": "+d.message, ": "))
		}
	}
	return lines
}

// plainText takes the engine's colour marks out: "<{%reset%}>".
func plainText(message string) string { return colorMark.ReplaceAllString(message, "") }

var colorMark = regexp.MustCompile(`<\{%[a-z ]*%\}>`)

// Drift names what a refresh found to be other than the state said.
func (s Steps) Drift() []string { return s.drift }

// Of are the steps with one of the operations.
func (s Steps) Of(operations ...string) []Step {
	return slices.DeleteFunc(
		slices.Clone(s.All),
		func(step Step) bool { return !slices.Contains(operations, step.Operation) },
	)
}

// Summary counts operations, for people.
func (s Steps) Summary() string {
	counts := map[string]int{}
	for _, step := range s.Changes() {
		counts[step.Operation]++
	}
	if len(counts) == 0 {
		return "no changes"
	}
	var parts []string
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[operation], operation))
	}
	return strings.Join(parts, ", ")
}
