// The picture of the platform: bands across the columns of the availability zones.

package report

import (
	"fmt"
	"strings"
)

// picture draws the platform; nil where there is no zone to draw.
func picture(p Platform) *drawing {
	if len(p.Zones) == 0 {
		return nil
	}
	l := newLayout(p)
	d := &drawing{
		ID:          "platform",
		Title:       "The platform as it ran, in " + plural(len(p.Zones), "availability zone"),
		Description: describe(p),
		Width:       l.width,
		Height:      l.height,
	}
	d.Shapes = append(d.Shapes, l.drawBackground()...)
	for i, b := range l.bands {
		d.Shapes = append(d.Shapes, l.drawBand(b)...)
		for _, o := range l.own {
			if o.from == i {
				d.Shapes = append(d.Shapes, l.drawOwn(b, o)...)
			}
		}
	}
	d.Shapes = append(d.Shapes, l.drawDirect()...)
	d.Shapes = append(d.Shapes, l.drawTrunks()...)
	return d
}

// drawBackground draws the VPC and the zones, on which all else lies.
func (l *layout) drawBackground() []shape {
	shapes := []shape{
		rect("vpc", margin, l.vpcTop, l.width-2*margin, l.vpcBottom-l.vpcTop, 12),
		titled("ground-title", l.left+2*bandPadding, l.vpcTop+22, "VPC", strings.TrimSpace(l.p.Region+" "+l.p.Network)),
	}
	if l.zoneEnd == 0 {
		return shapes
	}
	for i, z := range l.p.Zones {
		x := l.zoneLeft(i)
		shapes = append(
			shapes,
			rect("zone", x, l.zoneTop, l.zoneWidth, l.zoneEnd-l.zoneTop, 10),
			text(
				"zone-title",
				x+l.zoneWidth/2,
				l.zoneTop+20,
				fit(z.Name, 13, l.zoneWidth-2*bandPadding),
			).anchored("middle"),
		)
	}
	return shapes
}

// drawBand draws a band's frame, its title and its cards in every zone.
func (l *layout) drawBand(b *band) []shape {
	width := l.right() - l.left
	detail := fit(b.detail, textSize, width-3*bandPadding-widthOf(b.title, 14))
	shapes := []shape{
		rect("band", l.left, b.y, width, b.height, 8),
		titled("band-title", l.left+bandPadding+bandPadding, b.y+22, b.title, detail),
	}
	top := b.y + bandHeader + bandPadding
	if b.cells != nil && b.empty() {
		return append(shapes, text("absent", l.left+2*bandPadding, top+11, b.words))
	}
	columns, _ := b.grid(l.cellWidth())
	cardWidth := (l.cellWidth() - (columns-1)*cardGap) / columns
	for zone, cards := range b.cells {
		left := l.zoneLeft(zone) + bandPadding
		if len(cards) == 0 {
			shapes = append(shapes, text("absent", left, top+b.cardHeight/2+4, "none in this zone"))
		}
		for i, c := range cards {
			x := left + i%columns*(cardWidth+cardGap)
			y := top + i/columns*(b.cardHeight+l.rowGap(b))
			shapes = append(shapes, c.draw(x, y, cardWidth, b.cardHeight))
		}
	}
	return shapes
}

// describe says in words what the picture shows.
func describe(p Platform) string {
	var b strings.Builder
	for _, z := range p.Zones {
		var parts []string
		if z.LoadBalancerAddress != "" {
			parts = append(parts, "the NATS load balancer at "+z.LoadBalancerAddress)
		}
		for _, n := range z.Nodes {
			text := "NATS node " + n.Name
			if n.Leader {
				text += ", the meta leader"
			}
			if !n.Healthy {
				text += ", not healthy"
			}
			parts = append(parts, text)
		}
		for _, n := range z.RedisNodes {
			parts = append(parts, fmt.Sprintf("Redis %s of shard %d", n.Role, n.Shard))
		}
		parts = append(parts, plural(len(z.Tasks), "task"))
		fmt.Fprintf(&b, "%s: %s. ", z.Name, strings.Join(parts, "; "))
	}
	b.WriteString("Who connects to whom is in the table of connections.")
	return b.String()
}
