// From flows to arrows. Between neighbours an arrow is drawn where they touch; all others to the
// same band share one trunk next to the picture, upward on the left and downward on the right.

package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// link is all flows from one band to another.
type link struct {
	from, to int // bands, by index
	ports    []port
}

// port is one of a link's ports, with the reasons of all its flows.
type port struct {
	number int
	why    []string
}

func (p port) name() string { return strconv.Itoa(p.number) }

// add keeps the ports in order, and repeats no reason.
func (l *link) add(number int, why []string) {
	i, found := slices.BinarySearchFunc(l.ports, number, func(p port, n int) int { return cmp.Compare(p.number, n) })
	if !found {
		l.ports = slices.Insert(l.ports, i, port{number: number})
	}
	p := &l.ports[i]
	for _, w := range why {
		if w != "" && !slices.Contains(p.why, w) {
			p.why = append(p.why, w)
		}
	}
}

// linksOf joins the flows of the same two bands, in the order of the flows.
func linksOf(bands []*band, flows []Flow) []*link {
	index := map[string]int{}
	for i, b := range bands {
		for _, end := range b.ends {
			index[end] = i
		}
	}
	var links []*link
	for _, f := range flows {
		from, to := index[f.From], index[f.To]
		i := slices.IndexFunc(links, func(l *link) bool { return l.from == from && l.to == to })
		if i < 0 {
			i = len(links)
			links = append(links, &link{from: from, to: to})
		}
		links[i].add(f.Port, []string{f.Why})
	}
	return links
}

// trunk is one line next to the bands that the links of several bands to the same one share.
type trunk struct {
	to      int
	up      bool // and on the left
	sources []*link
	lane    int // counted from the bands outward
}

func (t trunk) span() (first, last int) {
	first, last = t.to, t.to
	for _, l := range t.sources {
		first, last = min(first, l.from), max(last, l.from)
	}
	return first, last
}

// label is what the trunk carries, in a line: all ports, and all reasons.
func (t trunk) label() (ports, why string) {
	var all link
	for _, l := range t.sources {
		for _, p := range l.ports {
			all.add(p.number, p.why)
		}
	}
	var numbers, reasons []string
	for _, p := range all.ports {
		numbers = append(numbers, p.name())
		reasons = append(reasons, p.why...)
	}
	return strings.Join(numbers, " "), strings.Join(reasons, "; ")
}

// route divides the links: within a band, between neighbours, and on trunks, whose lanes it chooses
// so that none covers another and the short ones are inside.
func route(links []*link) (own, neighbours []*link, trunks []*trunk) {
	for _, l := range links {
		switch distance := l.from - l.to; distance {
		case 0:
			own = append(own, l)
		case 1, -1:
			neighbours = append(neighbours, l)
		default:
			i := slices.IndexFunc(trunks, func(t *trunk) bool { return t.to == l.to && t.up == (distance > 0) })
			if i < 0 {
				i = len(trunks)
				trunks = append(trunks, &trunk{to: l.to, up: distance > 0})
			}
			trunks[i].sources = append(trunks[i].sources, l)
		}
	}
	length := func(t *trunk) int { first, last := t.span(); return last - first }
	slices.SortStableFunc(trunks, func(a, b *trunk) int { return cmp.Compare(length(a), length(b)) })
	for i, t := range trunks {
		for slices.ContainsFunc(trunks[:i], func(other *trunk) bool {
			return other.up == t.up && other.lane == t.lane && overlap(*other, *t)
		}) {
			t.lane++
		}
	}
	return own, neighbours, trunks
}

func overlap(a, b trunk) bool {
	aFirst, aLast := a.span()
	bFirst, bLast := b.span()
	return aFirst <= bLast && bFirst <= aLast
}

// lanes are how many lanes the trunks of one side need.
func lanes(trunks []*trunk, up bool) (n int) {
	for _, t := range trunks {
		if t.up == up {
			n = max(n, t.lane+1)
		}
	}
	return n
}
