// Cards: what is in one zone's part of a band.

package report

import (
	"fmt"
	"slices"
	"strings"
)

// card is one thing in a zone. One whose class is chip has no frame: there are many of them.
type card struct {
	class string
	lines []string // the first stands out
	badge string   // in the upper right corner
	// dots are running tasks, of which room is kept for at most roomForDots.
	dots, roomForDots int
	tip               string
}

const (
	cardGap    = 8
	textSize   = 12 // of a card's text, in pixels
	chipSize   = 11 // of a chip's
	lineHeight = 15
	mostDots   = 2 // more are shown as a number
	dotWidth   = 10
	chipIndent = 6 // of the name, after the dots
)

// fillServices gives each service the same position in every zone, so that an eye can go across.
func fillServices(b *band, p Platform) {
	names, internet := serviceNames(p)
	running, most, longest, total := map[string][][]string{}, 1, 0, 0
	for i, z := range p.Zones {
		for _, t := range z.Tasks {
			if t.Service == p.Gateway.Name {
				continue
			}
			if running[t.Service] == nil {
				running[t.Service] = make([][]string, len(p.Zones))
			}
			running[t.Service][i] = append(running[t.Service][i], t.Name+" at "+t.Address)
			most = max(most, len(running[t.Service][i]))
			total++
		}
	}
	b.cells = make([][]card, len(p.Zones))
	for _, name := range names {
		label := name
		if internet[name] {
			label += " ↗"
		}
		longest = max(longest, widthOf(label, chipSize))
		for i, z := range p.Zones {
			c := card{
				class:       "chip",
				lines:       []string{label},
				roomForDots: min(most, mostDots),
				tip:         name + ": no task in " + z.Name,
			}
			if here := running[name]; here != nil && len(here[i]) > 0 {
				c.dots, c.tip = len(here[i]), name+": "+strings.Join(here[i], ", ")
			}
			b.cells[i] = append(b.cells[i], c)
		}
	}
	b.cardHeight, b.leastWidth, b.words = 19, longest+min(most, mostDots)*dotWidth+chipIndent, "No service was seen."
	if len(names) > 0 {
		b.detail = plural(len(names), "service") + ", " + plural(total, "task") + " on Fargate"
	}
}

// serviceNames are all services, those too of which only tasks were seen.
func serviceNames(p Platform) (names []string, internet map[string]bool) {
	internet = map[string]bool{}
	for _, s := range p.Services {
		names = append(names, s.Name)
		internet[s.Name] = s.Internet
	}
	for _, z := range p.Zones {
		for _, t := range z.Tasks {
			if t.Service != p.Gateway.Name && !slices.Contains(names, t.Service) {
				names = append(names, t.Service)
			}
		}
	}
	return names, internet
}

// draw puts the card at a place.
func (c card) draw(x, y, width, height int) shape {
	if c.class == "chip" {
		return c.chip(x, y, width, height)
	}
	shapes := []shape{rect("card "+c.class, x, y, width, height, 6)}
	left, room := x+10, width-20
	if c.dots > 0 {
		shapes = append(shapes, circle("dot", left+4, y+height/2, 4))
		left, room = left+16, room-16
	}
	if c.badge != "" {
		badge := widthOf(c.badge, 11) + 8
		shapes = append(shapes, rect("badge", x+width-badge-7, y+7, badge, 16, 8),
			text("badge-text", x+width-badge/2-7, y+19, c.badge).anchored("middle"))
	}
	first := y + (height-len(c.lines)*lineHeight)/2 + lineHeight - 4
	for i, words := range c.lines {
		class, fits := "card-text", room
		if i == 0 {
			class = "card-title"
			if c.badge != "" {
				fits -= widthOf(c.badge, 11) + 12
			}
		}
		shapes = append(shapes, text(class, left, first+i*lineHeight, fit(words, textSize, fits)))
	}
	return group(c.tip, shapes...)
}

// chip draws dots and a name; a hollow dot is a service without a task here.
func (c card) chip(x, y, width, height int) shape {
	middle, class := y+height/2, "chip-text"
	var shapes []shape
	switch {
	case c.dots == 0:
		class = "chip-text absent"
		shapes = append(shapes, circle("dot hollow", x+6, middle, 3))
	case c.dots > mostDots:
		shapes = append(shapes, text("count", x+2, middle+4, fmt.Sprintf("%d×", c.dots)))
	default:
		for i := range c.dots {
			shapes = append(shapes, circle("dot", x+6+i*dotWidth, middle, 4))
		}
	}
	left := c.roomForDots*dotWidth + chipIndent
	return group(c.tip, append(shapes, text(class, x+left, middle+4, fit(c.lines[0], chipSize, width-left)))...)
}

// grid says in how many columns and rows a band's cards lie in a zone of that width.
func (b band) grid(width int) (columns, rows int) {
	most := 0
	for _, cards := range b.cells {
		most = max(most, len(cards))
	}
	columns = max((width+cardGap)/(b.leastWidth+cardGap), 1)
	columns = min(columns, max(most, 1))
	return columns, (most + columns - 1) / columns
}
