// The controller's log, as CloudWatch would get it, and the metrics in it.
package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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

// metric waits until the controller logs a metric, from now on, with a value that is as wanted. Ticks are
// the schedule's own; nobody calls them here.
func (s *Stage) metric(ctx context.Context, name string, wanted func(float64) bool) (value float64, err error) {
	begin := len(s.controllerLog.since(0))
	err = poll(ctx, settleLimit, func() error {
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
