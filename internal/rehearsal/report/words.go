// Numbers and times in words, the same all over the page.

package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// grouped writes thousands apart: 12,345.
func grouped[N int | uint64](n N) string {
	digits := strconv.FormatUint(uint64(n), 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// took is a duration as a person says it, in the unit that fits.
func took(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return strings.TrimSpace(fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second))
	case d >= time.Second:
		return short(d.Seconds()) + " s"
	case d >= time.Millisecond:
		return short(float64(d)/float64(time.Millisecond)) + " ms"
	default:
		return short(float64(d)/float64(time.Microsecond)) + " µs"
	}
}

// short has two digits that count, or all before the point.
func short(v float64) string {
	if v >= 10 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
