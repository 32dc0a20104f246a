// Bars in tables: what services took, and how many resources a part has.

package report

import "time"

const (
	barWidth  = 140
	barHeight = 12
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
