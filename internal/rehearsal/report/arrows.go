// The picture's arrows: each is a connection that the security groups allow, with its port.

package report

import (
	"slices"
	"strings"
)

// portText is a port with the reasons for it; what does not fit in width is in the tip.
func portText(p port, x, y, width int) shape {
	why := strings.Join(p.why, "; ")
	words := titled("label", x, y, p.name(), fit(why, labelSize, width-widthOf(p.name(), labelSize)-8))
	words.Tip = p.name() + " " + why
	return words
}

// drawOwn draws the arrow within one band, from the first zone that has some to the
// last.
func (l *layout) drawOwn(b *band, o *link) []shape {
	y := b.y + b.height - ownStrip + bandPadding - 2
	var middles []int
	for zone := range l.p.Zones {
		if b.cells == nil || len(b.cells[zone]) > 0 {
			middles = append(middles, l.zoneLeft(zone)+l.zoneWidth/2)
		}
	}
	if len(middles) < 2 {
		middles = []int{l.zoneLeft(0) + l.zoneWidth/4, l.zoneLeft(0) + l.zoneWidth*3/4}
	}
	last := len(middles) - 1
	shapes := []shape{line("arrow tail head", middles[0], y, middles[last], y)}
	for _, x := range middles[1:last] {
		shapes = append(shapes, circle("joint", x, y, 3))
	}
	x := l.left + (l.right()-l.left)/2
	width := l.right() - l.left
	if len(o.ports) > 1 {
		width /= len(o.ports)
		x = l.left + width/2
	}
	for i, p := range o.ports {
		shapes = append(shapes, portText(p, x+i*width, y+18, width).anchored("middle"))
	}
	return shapes
}

// drawDirect draws the arrows between neighbours.
func (l *layout) drawDirect() []shape {
	var shapes []shape
	used := map[int]int{} // arrows in the room above a band
	for _, d := range l.neighbours {
		upper, lower := l.bands[min(d.from, d.to)], l.bands[max(d.from, d.to)]
		x := l.spine(used[max(d.from, d.to)])
		room := l.right() - x
		if back := slices.ContainsFunc(
			l.neighbours,
			func(other *link) bool { return other.from == d.to && other.to == d.from },
		); back {
			room = l.zoneWidth
		}
		used[max(d.from, d.to)]++
		start, end := upper.y+upper.height, lower.y-1
		if d.from > d.to {
			start, end = lower.y, start+1
		}
		shapes = append(shapes, line("arrow head", x, start, x, end))
		for i, p := range d.ports {
			shapes = append(
				shapes,
				portText(p, x+labelPadding, upper.y+upper.height+17+i*labelLine, room-2*labelPadding),
			)
		}
	}
	return shapes
}

// drawTrunks draws the shared lines on both sides, labels last so that no line covers one.
func (l *layout) drawTrunks() []shape {
	var lines, labels []shape
	for _, t := range l.trunks {
		edge, outward := l.left, -1
		if !t.up {
			edge, outward = l.right(), 1
		}
		x := edge + outward*(trunkGutter+t.lane*laneWidth)
		head := l.portOf(t, t.to)
		top, bottom := head, head
		for _, source := range t.sources {
			y := l.portOf(t, source.from)
			top, bottom = min(top, y), max(bottom, y)
			lines = append(lines, line("arrow", edge, y, x, y))
		}
		lines = append(lines, line("arrow", x, top, x, bottom), line("arrow head", x, head, edge, head))
		ports, why := t.label()
		labels = append(labels, titled("label", edge+outward*trunkGutter/2, head-5,
			fit(ports, labelSize, trunkGutter), "").anchored("middle"))
		// Outside its line, where the fewest others cross it.
		beside := x - 6
		if !t.up {
			beside = x + labelSize + 3
		}
		along := text(
			"label along",
			beside,
			(top+bottom)/2,
			fit(why, labelSize, bottom-top-2*labelPadding),
		).anchored("middle")
		along.Turned, along.Tip = true, ports+" "+why
		labels = append(labels, along)
	}
	return append(lines, labels...)
}

// portOf is the height at which a trunk meets a band: those of one side are spread over its middle.
func (l *layout) portOf(t *trunk, at int) int {
	var here []*trunk
	for _, other := range l.trunks {
		if other.up == t.up &&
			(other.to == at || slices.ContainsFunc(other.sources, func(s *link) bool { return s.from == at })) {
			here = append(here, other)
		}
	}
	b := l.bands[at]
	step := min(b.height/(len(here)+1), 24)
	return b.y + b.height/2 + (2*slices.Index(here, t)-len(here)+1)*step/2
}
