// The geometry of the page's pictures: latency histograms on one logarithmic axis, and the bars of
// sizes.
package verification

import (
	"fmt"
	"math"
	"time"
)

// Sizes of a picture in units of its own view box.
const (
	chartWidth, chartHeight = 320.0, 92.0
	barsWidth               = 220.0
)

// chart is the histogram of one service, or of all.
type chart struct {
	Title         string
	Latency       Latency
	Width, Height float64
	Columns       []column
	Ticks         []tick
	// P50 and P99 are measured, TargetP50 and TargetP99 wanted; positions on the axis.
	P50, P99, TargetP50, TargetP99 float64
}

// column is one bucket, with what it says to who points at it.
type column struct {
	X, Y, Width, Height float64
	Text                string
}

// tick is a mark of the axis; Anchor keeps the text of the first and last within the picture.
type tick struct {
	X            float64
	Text, Anchor string
}

// axis is logarithmic: decades of µs from first to last.
type axis struct{ first, last int }

func (a axis) at(microseconds float64) float64 {
	decades := math.Log10(max(microseconds, 1)) - float64(a.first)
	return chartWidth * min(max(decades/float64(a.last-a.first), 0), 1)
}

func charts(r Report) []chart {
	named := []chart{{Title: "All services", Latency: r.Latency}}
	for _, s := range r.Services {
		named = append(named, chart{Title: s.Name, Latency: s.Latency})
	}
	return chartsOf(named...)
}

// chartsOf draws charts on the same scales, so that they can be compared: whole decades that hold
// every bucket and both targets, and the largest share of requests in one bucket.
func chartsOf(named ...chart) []chart {
	// 0.1 ms to 10 ms at least.
	scale, tallest := axis{first: 2, last: 4}, 0.0
	for _, c := range named {
		for _, b := range c.Latency.Buckets {
			scale.first = min(scale.first, b.Index/bucketsPerDecade)
			scale.last = max(scale.last, b.Index/bucketsPerDecade+1)
			tallest = max(tallest, float64(b.Requests)/float64(c.Latency.Requests))
		}
	}
	for i := range named {
		named[i].draw(scale, tallest)
	}
	return named
}

func (c *chart) draw(scale axis, tallest float64) {
	c.Width, c.Height = chartWidth, chartHeight
	for decade := scale.first; decade <= scale.last; decade++ {
		microseconds := math.Pow10(decade)
		c.Ticks = append(
			c.Ticks,
			tick{X: scale.at(microseconds), Text: fmt.Sprintf("%g ms", microseconds/1000), Anchor: "middle"},
		)
	}
	c.Ticks[0].Anchor, c.Ticks[len(c.Ticks)-1].Anchor = "start", "end"
	c.P50, c.P99 = scale.at(float64(c.Latency.P50)), scale.at(float64(c.Latency.P99))
	c.TargetP50, c.TargetP99 = scale.at(
		float64(TargetP50/time.Microsecond),
	), scale.at(
		float64(TargetP99/time.Microsecond),
	)
	for _, b := range c.Latency.Buckets {
		from, to := edge(b.Index), edge(b.Index+1)
		height := chartHeight * float64(b.Requests) / float64(c.Latency.Requests) / tallest
		c.Columns = append(c.Columns, column{
			X:      scale.at(from),
			Width:  max(scale.at(to)-scale.at(from)-1, 1),
			Y:      chartHeight - height,
			Height: height,
			Text: fmt.Sprintf(
				"%.3f to %.3f ms: %d of %d requests",
				from/1000,
				to/1000,
				b.Requests,
				c.Latency.Requests,
			),
		})
	}
}

// edge is where a bucket begins, in µs.
func edge(index int) float64 { return math.Pow(10, float64(index)/bucketsPerDecade) }

// bar is the size of one service's messages.
type bar struct {
	Name           string
	Size           Size
	Width          float64
	JSON, Protobuf float64 // lengths
}

// bars are all on the scale of the largest.
func bars(r Report) (all []bar) {
	largest := 1
	for _, s := range r.Services {
		size := s.Request().plus(s.Response())
		largest = max(largest, size.JSON, size.Protobuf)
		all = append(all, bar{Name: s.Name, Size: size, Width: barsWidth})
	}
	for i := range all {
		all[i].JSON = barsWidth * float64(all[i].Size.JSON) / float64(largest)
		all[i].Protobuf = barsWidth * float64(all[i].Size.Protobuf) / float64(largest)
	}
	return all
}
