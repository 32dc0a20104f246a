// Showing a person what the engine is doing, while it does it.

package stage

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Progress prints a line whenever a part of the platform is complete, and on a terminal a
// counter in between.
type Progress struct {
	out      io.Writer
	terminal bool

	mu      sync.Mutex
	start   time.Time
	begun   int
	done    int
	parts   map[string]*part
	counted time.Time
}

// part is what one component of the platform has under way.
type part struct{ begun, done int }

// NewProgress prints to out; on a terminal it counts in place.
func NewProgress(out io.Writer, terminal bool) *Progress {
	return &Progress{
		out:      out,
		terminal: terminal,
		start:    time.Now(),
		parts:    map[string]*part{},
	}
}

// Observe is called with every event of the engine.
func (p *Progress) Observe(event events.EngineEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case event.PreludeEvent != nil:
		p.start, p.counted, p.begun, p.done, p.parts = time.Now(), time.Now(), 0, 0, map[string]*part{}
	case event.ResourcePreEvent != nil && event.ResourcePreEvent.Metadata.Op != "same":
		p.begun++
		p.part(event.ResourcePreEvent.Metadata.URN).begun++
		p.count(string(event.ResourcePreEvent.Metadata.Op), event.ResourcePreEvent.Metadata.URN)
	case event.ResOutputsEvent != nil && event.ResOutputsEvent.Metadata.Op != "same":
		p.done++
		p.part(event.ResOutputsEvent.Metadata.URN).done++
	case event.SummaryEvent != nil:
		p.clear()
		if p.done > 0 {
			fmt.Fprintf(
				p.out,
				"      %s in %.1f s: %s\n",
				Plural(p.done, "step"),
				time.Since(p.start).Seconds(),
				tally(p.parts),
			)
		}
	}
}

func (p *Progress) part(urn string) *part {
	name := component(urn)
	if p.parts[name] == nil {
		p.parts[name] = &part{}
	}
	return p.parts[name]
}

// count shows how far it is: on a terminal in place and often, elsewhere a line every five seconds.
func (p *Progress) count(operation, urn string) {
	every := 5 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if time.Since(p.counted) < every {
		return
	}
	p.counted = time.Now()
	line := fmt.Sprintf(
		"      %4.0f s  %d done, %d under way, now: %s %s",
		time.Since(p.start).Seconds(),
		p.done,
		p.begun-p.done,
		operation,
		NameOf(urn),
	)
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%.110s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

func (p *Progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// component is the top-level component that a URN belongs to: the first type of its chain.
func component(urn string) string {
	if urn == "" {
		return "other"
	}
	first, _, _ := strings.Cut(string(resource.URN(urn).QualifiedType()), "$")
	kind := strings.Split(first, ":")
	if kind[0] != "nats-platform" {
		return "other"
	}
	return kind[1]
}

// tally lists parts by how much they hold, largest first: "service 198, natscluster 51 …".
func tally(parts map[string]*part) string {
	names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(parts[b].done-parts[a].done, cmp.Compare(a, b))
	})
	var phrases []string
	for _, name := range names {
		if parts[name].done > 0 {
			phrases = append(phrases, fmt.Sprintf("%s %d", name, parts[name].done))
		}
	}
	return strings.Join(phrases, ", ")
}
