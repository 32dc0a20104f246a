// That the picture stays a picture whatever the platform's size: nothing lies on or next to what it
// should not.

package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/securitygroups"
)

// rects are all rectangles of a class, those in groups too.
func rects(shapes []shape, class string) (found []shape) {
	for _, s := range shapes {
		if s.Kind == "rect" && strings.HasPrefix(s.Class, class) {
			found = append(found, s)
		}
		found = append(found, rects(s.Inside, class)...)
	}
	return found
}

func inside(inner, outer shape) bool {
	return inner.X >= outer.X && inner.Y >= outer.Y && inner.X+inner.Width <= outer.X+outer.Width &&
		inner.Y+inner.Height <= outer.Y+outer.Height
}

func touch(a, b shape) bool {
	return a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height
}

func TestNothingOverlaps(t *testing.T) {
	for zones := 1; zones <= 6; zones++ {
		for _, more := range []int{0, 88} {
			t.Run(fmt.Sprintf("%d zones, %d more services", zones, more), func(t *testing.T) {
				p := sample(t, zones)
				for i := range more {
					p.Services = append(p.Services, Service{Name: fmt.Sprintf("additional-service-%d", i)})
				}
				d := picture(p)
				sheet := rect("sheet", 0, 0, d.Width, d.Height, 0)
				columns, bands, cards := rects(d.Shapes, "zone"), rects(d.Shapes, "band"), rects(d.Shapes, "card")
				assert.Len(t, columns, zones)
				assert.Len(t, cards, 5+6+zones+2, "NATS nodes, Redis nodes, addresses, tasks of the gateway")
				apart(t, columns)
				apart(t, bands)
				apart(t, cards)
				for _, c := range cards {
					assert.True(t, inAny(c, columns), "card %+v is in no zone", c)
					assert.True(t, inAny(c, bands), "card %+v is in no band", c)
				}
				eachShape(d.Shapes, func(s shape) {
					switch s.Kind {
					case "rect":
						assert.True(t, inside(s, sheet), "%+v", s)
					case "circle", "text":
						assert.True(t, s.X > 0 && s.X < d.Width && s.Y > 0 && s.Y < d.Height, "%+v", s)
					}
				})
			})
		}
	}
}

func apart(t *testing.T, shapes []shape) {
	t.Helper()
	for i, a := range shapes {
		for _, b := range shapes[:i] {
			assert.False(t, touch(a, b), "%+v lies on %+v", a, b)
		}
	}
}

func inAny(s shape, outer []shape) bool {
	return slices.ContainsFunc(outer, func(o shape) bool { return inside(s, o) })
}

func eachShape(shapes []shape, look func(shape)) {
	for _, s := range shapes {
		look(s)
		eachShape(s.Inside, look)
	}
}

// The ends are known here by their names alone; components/securitygroups may change them.
func TestEveryEndOfTheFlowsHasItsPlace(t *testing.T) {
	for _, public := range []bool{true, false} {
		for _, endpoints := range []bool{true, false} {
			for _, f := range securitygroups.Flows(securitygroups.Surroundings{Public: public, Endpoints: endpoints}) {
				assert.NotEqual(t, f.From, endTitle(f.From))
				assert.NotEqual(t, f.To, endTitle(f.To))
			}
		}
	}
}

func TestAnEndThatIsNotKnownIsDrawn(t *testing.T) {
	p := sample(t, 3)
	p.Flows = append(p.Flows, Flow{
		From: "service",
		To:   "search",
		Port: 9200,
		Why:  "full text",
	}, Flow{
		From: "search",
		To:   "search",
		Port: 9300,
		Why:  "its cluster",
	})
	bands := bandsOf(p)
	require.Len(t, bands, 11)
	assert.Equal(t, "search", bands[9].title, "inside the VPC, before what is below it")
	own, _, trunks := route(linksOf(bands, p.Flows))
	assert.Len(t, own, 2)
	assert.True(t, slices.ContainsFunc(trunks, func(tr *trunk) bool { return tr.to == 9 && !tr.up }))
}

func TestTrunksOfOneSideDoNotCover(t *testing.T) {
	_, _, trunks := route([]*link{{from: 5, to: 0}, {from: 4, to: 1}, {from: 8, to: 6}, {from: 0, to: 9}})
	lane := map[int]int{}
	for _, tr := range trunks {
		lane[tr.to] = tr.lane
	}
	assert.Equal(t, map[int]int{0: 1, 1: 0, 6: 0, 9: 0}, lane)
	assert.Equal(t, 2, lanes(trunks, true))
	assert.Equal(t, 1, lanes(trunks, false))
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		420 * time.Microsecond: "420 µs", 1900 * time.Microsecond: "1.9 ms", 2 * time.Millisecond: "2 ms",
		12 * time.Millisecond: "12 ms", 1500 * time.Millisecond: "1.5 s", 51 * time.Second: "51 s",
		75 * time.Second: "1 min 15 s",
	} {
		assert.Equal(t, want, took(d))
	}
	assert.Equal(t, "1,234,567", grouped(1234567))
	assert.Equal(t, "123", grouped(123))
	assert.Equal(t, "1 task", plural(1, "task"))
	assert.Equal(t, "0 tasks", plural(0, "task"))
	assert.Equal(t, "nats-1", fit("nats-1", 10, 36))
	assert.Equal(t, "nats…", fit("nats-1", 10, 35))
	assert.Equal(t, "…", fit("nats-1", 10, 0))
}
