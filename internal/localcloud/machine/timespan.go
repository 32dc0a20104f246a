// Time spans and booleans as unit files write them (systemd.time(7), "PARSING TIME SPANS").

package machine

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// forever is systemd's "infinity".
const forever = time.Duration(math.MaxInt64)

// spanUnits are all units of systemd.time(7); a month is 30.44 days and a year 365.25 there.
var spanUnits = map[string]time.Duration{}

func init() {
	for names, length := range map[string]time.Duration{
		"usec us µs":           time.Microsecond,
		"msec ms":              time.Millisecond,
		"seconds second sec s": time.Second,
		"minutes minute min m": time.Minute,
		"hours hour hr h":      time.Hour,
		"days day d":           24 * time.Hour,
		"weeks week w":         7 * 24 * time.Hour,
		"months month M":       2630016 * time.Second,
		"years year y":         31557600 * time.Second,
	} {
		for _, name := range strings.Fields(names) {
			spanUnits[name] = length
		}
	}
}

// parseSpan reads "2min", "1h 30min" or "90"; a number without unit is in seconds.
func parseSpan(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "infinity" {
		return forever, nil
	}
	var total time.Duration
	rest := text
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if digits < 0 {
			digits = len(rest)
		}
		number, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no time span: write for example 10s, 2min or 1h 30min", text)
		}
		rest = strings.TrimLeft(rest[digits:], " \t")
		letters := strings.IndexAny(rest, " \t0123456789.")
		if letters < 0 {
			letters = len(rest)
		}
		unit := time.Second
		if letters > 0 {
			known := false
			if unit, known = spanUnits[rest[:letters]]; !known {
				return 0, fmt.Errorf("%q is no time span: there is no unit %q", text, rest[:letters])
			}
		}
		total += time.Duration(number * float64(unit))
		rest = strings.TrimLeft(rest[letters:], " \t")
	}
	if text == "" {
		return 0, fmt.Errorf("a time span is missing")
	}
	return total, nil
}

// parseTimeout is parseSpan for TimeoutStopSec=, where 0 turns the limit off.
func parseTimeout(text string) (time.Duration, error) {
	span, err := parseSpan(text)
	if span == 0 {
		span = forever
	}
	return span, err
}

func parseBoolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "1", "yes", "y", "true", "t", "on":
		return true, nil
	case "0", "no", "n", "false", "f", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is no boolean: write yes or no", text)
}
