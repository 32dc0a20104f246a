// The controller's log, as CloudWatch would get it, and the metrics in it.
package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/bodybroker/platform/internal/poll"
)

// logLines keeps what is written, line by line.
type logLines struct {
	mu    sync.Mutex
	lines [][]byte
}

// Write takes whole lines.
func (l *logLines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(text) {
		l.lines = append(l.lines, bytes.Clone(line))
	}
	return len(text), nil
}

func (l *logLines) since(n int) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[min(n, len(l.lines)):]
}

// metric waits until the controller logs a metric, from now on, with a value that is as wanted.
// Ticks are the schedule's own; nobody calls them here.
func (s *Stage) metric(ctx context.Context, name string, wanted func(float64) bool) (value float64, err error) {
	return s.metricSince(ctx, s.controllerLines(), name, wanted)
}

// controllerLines counts what the controller has written so far.
func (s *Stage) controllerLines() int { return len(s.controllerLog.since(0)) }

// metricSince waits for a value that one tick alone shows, and that may have been written already:
// begin is the count of lines before what the tick tells of.
func (s *Stage) metricSince(
	ctx context.Context,
	begin int,
	name string,
	wanted func(float64) bool,
) (value float64, err error) {
	err = poll.For(ctx, settleLimit, func() error {
		var seen []float64
		for _, line := range s.controllerLog.since(begin) {
			var metrics map[string]any
			if err := json.Unmarshal(line, &metrics); err != nil {
				return fmt.Errorf("reading the controller's log line %s: %w", line, err)
			}
			if found, is := metrics[name].(float64); is {
				if value = found; wanted(found) {
					return nil
				}
				seen = append(seen, found)
			}
		}
		if len(seen) == 0 {
			return errors.New("the controller logged no metric " + name)
		}
		return fmt.Errorf("the metric %s was %v", name, seen)
	})
	return value, err
}
