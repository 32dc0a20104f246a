// Where everything in the picture lies. Nothing is placed by hand: widths come from the number of
// zones, heights from what is in the bands, room between and next to them from the flows.

package report

const (
	margin       = 8
	zoneArea     = 1150 // all zones together, where each is not narrower than leastZone
	leastZone    = 210
	mostZone     = 570
	zoneGap      = 14
	zoneHeader   = 30
	bandPadding  = 10
	bandHeader   = 26
	bandGap      = 16
	networkEdge  = 34 // where the VPC's frame passes between two bands
	ownStrip     = 36 // the arrow among the nodes of one band
	plainGutter  = 22
	trunkGutter  = 66 // between the bands and the first lane: an arrow with its ports fits
	laneWidth    = 26
	labelSize    = 11
	labelLine    = 15
	spineIndent  = 30 // of the arrows between neighbours, in the middle zone
	labelPadding = 10
)

// layout is the picture while it is worked out.
type layout struct {
	p               Platform
	bands           []*band
	own, neighbours []*link
	trunks          []*trunk

	left, zoneWidth   int // of the bands
	width, height     int // of the picture
	zoneTop, zoneEnd  int
	vpcTop, vpcBottom int
}

// newLayout works the picture out. There is at least one zone.
func newLayout(p Platform) *layout {
	l := &layout{p: p, bands: bandsOf(p)}
	l.own, l.neighbours, l.trunks = route(linksOf(l.bands, p.Flows))
	l.zoneWidth = min(max(zoneArea/len(p.Zones), leastZone), mostZone)
	l.left = margin + gutter(lanes(l.trunks, true))
	l.width = l.right() + gutter(lanes(l.trunks, false)) + margin
	l.stack()
	return l
}

func gutter(lanes int) int {
	if lanes == 0 {
		return plainGutter
	}
	return trunkGutter + lanes*laneWidth
}

// zoneLeft is where a zone's column begins; the bands reach a little further on both sides.
func (l *layout) zoneLeft(zone int) int { return l.left + bandPadding + zone*(l.zoneWidth+zoneGap) }

// right is where the bands end.
func (l *layout) right() int { return l.zoneLeft(len(l.p.Zones)) - zoneGap + bandPadding }

// cellWidth is the room for cards in a zone's column.
func (l *layout) cellWidth() int { return l.zoneWidth - 2*bandPadding }

// spine is where the n-th arrow between two neighbours runs.
func (l *layout) spine(n int) int {
	zones := len(l.p.Zones)
	if zones == 1 { // next to the title of the VPC
		return l.zoneLeft(0) + l.zoneWidth*(3-n)/5
	}
	return l.zoneLeft((zones/2+n)%zones) + spineIndent
}

// stack lays the bands below each other.
func (l *layout) stack() {
	first, last := l.zonal()
	y := margin
	for i, b := range l.bands {
		if i > 0 {
			y += l.gap(i)
		}
		if b.place != above && (i == 0 || l.bands[i-1].place == above) {
			l.vpcTop = y
			y += networkEdge
		}
		if b.place == below && l.vpcBottom == 0 {
			l.vpcBottom = y
			y += bandGap
		}
		if i == first {
			l.zoneTop = y
			y += zoneHeader
		}
		b.y, b.height = y, l.bandHeight(i)
		y += b.height
		if i == last {
			y += bandPadding
			l.zoneEnd = y
		}
	}
	if l.vpcBottom == 0 {
		y += bandGap
		l.vpcBottom = y
	}
	l.height = y + margin
}

// zonal are the first and the last band that have a part in each zone; -1: none has.
func (l *layout) zonal() (first, last int) {
	first, last = -1, -1
	for i, b := range l.bands {
		if b.cells == nil {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	return first, last
}

// gap is the room above a band: its arrows have a line for each port.
func (l *layout) gap(below int) int {
	lines := 0
	for _, d := range l.neighbours {
		if max(d.from, d.to) == below {
			lines = max(lines, len(d.ports))
		}
	}
	if lines == 0 {
		return bandGap
	}
	return bandGap + max(lines, 2)*labelLine
}

func (l *layout) bandHeight(i int) int {
	b := l.bands[i]
	height := bandHeader + bandPadding
	switch {
	case b.cells == nil:
	case b.empty():
		height += lineHeight + bandPadding
	default:
		_, rows := b.grid(l.cellWidth())
		height += rows*(b.cardHeight+l.rowGap(b)) + bandPadding
	}
	for _, o := range l.own {
		if o.from == i {
			height += ownStrip
		}
	}
	return height
}

// rowGap is the room below a row of cards; chips have it in their height.
func (l *layout) rowGap(b *band) int {
	if b.cardHeight < 2*lineHeight-2 {
		return 2
	}
	return cardGap
}
