// What drawings are made of. Shapes carry numbers and text only, and the page's template turns them
// into SVG, so that every text in a drawing is escaped as any other.

package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// drawing is one SVG; all its measures are in pixels at natural size.
type drawing struct {
	// ID is unique on the page: title and description are found by it.
	ID, Title, Description string
	Width, Height          int
	Shapes                 []shape
}

// Least is the width below which the text would be too small to read: a narrower window scrolls.
func (d drawing) Least() int { return d.Width * 4 / 5 }

// shape is one element, or a group of them with a tip that shows when it is pointed at.
type shape struct {
	Kind, Class         string // Kind: rect, circle, path, text, group
	X, Y, Width, Height int    // of a circle: its middle, and the radius as Width
	Radius              int    // of a rect's corners
	Path                string
	Anchor              string // of a text: start, middle, end
	Turned              bool   // a text that runs upward
	Strong, Text        string // Strong comes before Text
	Tip                 string
	Inside              []shape
}

func rect(class string, x, y, width, height, radius int) shape {
	return shape{
		Kind:   "rect",
		Class:  class,
		X:      x,
		Y:      y,
		Width:  width,
		Height: height,
		Radius: radius,
	}
}

func circle(class string, x, y, radius int) shape {
	return shape{
		Kind:  "circle",
		Class: class,
		X:     x,
		Y:     y,
		Width: radius,
	}
}

func text(class string, x, y int, words string) shape {
	return shape{
		Kind:   "text",
		Class:  class,
		X:      x,
		Y:      y,
		Anchor: "start",
		Text:   words,
	}
}

// titled is a text that begins with words that stand out.
func titled(class string, x, y int, strong, words string) shape {
	s := text(class, x, y, words)
	s.Strong = strong
	return s
}

func (s shape) anchored(anchor string) shape {
	s.Anchor = anchor
	return s
}

func group(tip string, inside ...shape) shape { return shape{Kind: "group", Tip: tip, Inside: inside} }

// line runs through points: x, y, x, y …
func line(class string, points ...int) shape {
	var b strings.Builder
	for i := 0; i+1 < len(points); i += 2 {
		fmt.Fprintf(&b, "%c%d %d", "ML"[min(i, 1)], points[i], points[i+1])
	}
	return shape{Kind: "path", Class: class, Path: b.String()}
}

// widthOf estimates how wide a text is, in pixels: the reader's font is not known here, so it is
// that of a wide one.
func widthOf(words string, size int) int { return utf8.RuneCountInString(words) * size * 60 / 100 }

// fit cuts a text that would be wider than width; a tip can show all of it.
func fit(words string, size, width int) string {
	letters := []rune(words)
	if most := width * 100 / (size * 60); len(letters) > most {
		return strings.TrimSpace(string(letters[:max(most-1, 0)])) + "…"
	}
	return words
}
