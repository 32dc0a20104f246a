// Latency as bars: one beside each service, and all requests by how long they took.

package report

import (
	"time"
)

const (
	barWidth   = 140 // of a bar in a table
	barHeight  = 12
	chartWidth = 720 // of the chart of all requests
	chartRoom  = 120 // for its highest column
)

// bar is a part of a whole, as long as the largest is wide.
func bar(class string, value, largest float64) shape {
	if largest <= 0 || value <= 0 {
		return rect(class, 0, 2, 0, barHeight-4, 2)
	}
	return rect(class, 0, 2, max(int(value/largest*barWidth), 2), barHeight-4, 2)
}

// latencyBar has what half of the requests took before what 99 % of them took.
func latencyBar(s Service, slowest time.Duration) []shape {
	return []shape{bar("bar slow", float64(s.P99), float64(slowest)), bar("bar", float64(s.P50), float64(slowest))}
}

func slowest(services []Service) (most time.Duration) {
	for _, s := range services {
		most = max(most, s.P50, s.P99)
	}
	return most
}

// requests is how many requests all buckets hold.
func requests(buckets []Bucket) (n int) {
	for _, b := range buckets {
		n += b.Requests
	}
	return n
}

// chart draws the buckets as columns; nil where no request was counted.
func chart(buckets []Bucket) *drawing {
	total, most := requests(buckets), 0
	for _, b := range buckets {
		most = max(most, b.Requests)
	}
	if total == 0 {
		return nil
	}
	top, bottom := 24, 24+chartRoom
	step := min(chartWidth/len(buckets), 90)
	width := step*len(buckets) + 2*margin
	d := &drawing{
		ID:     "latency",
		Title:  "How long " + plural(total, "request") + " took",
		Width:  width,
		Height: bottom + 24,
	}
	d.Shapes = append(d.Shapes, line("axis", margin, bottom, width-margin, bottom))
	for i, b := range buckets {
		x, limit := margin+i*step, "longer"
		if b.UpTo > 0 {
			limit = "≤ " + took(b.UpTo)
		}
		height := b.Requests * chartRoom / most
		if b.Requests > 0 {
			height = max(height, 2)
			d.Shapes = append(d.Shapes, rect("bar", x+step/8, bottom-height, step-step/4, height, 3),
				text("count", x+step/2, max(bottom-height-6, top-12), grouped(b.Requests)).anchored("middle"))
		}
		d.Shapes = append(d.Shapes, text("label", x+step/2, bottom+16, limit).anchored("middle"))
		d.Description += limit + ": " + plural(b.Requests, "request") + ". "
	}
	return d
}
