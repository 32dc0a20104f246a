// The controller's log, as CloudWatch would get it, and the metrics in it.

package stage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bodybroker/platform/controller"
	"github.com/bodybroker/platform/internal/localcloud/lambda"
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

// AwaitMetric waits until the controller logs a metric, from now on, with a value that
// wanted accepts. Ticks are the schedule's own; nobody calls them here.
func (s *Stage) AwaitMetric(ctx context.Context, name string, wanted func(float64) bool) (value float64, err error) {
	return s.AwaitMetricSince(ctx, s.ControllerLines(), name, wanted)
}

// ControllerLines counts what the controller has written so far.
func (s *Stage) ControllerLines() int { return len(s.controllerLog.since(0)) }

// AwaitMetricSince waits for a value that one tick alone shows, and that may have been written
// already: begin is the count of lines before what the tick reports.
func (s *Stage) AwaitMetricSince(
	ctx context.Context,
	begin int,
	name string,
	wanted func(float64) bool,
) (value float64, err error) {
	err = poll.For(ctx, SettleLimit, func() error {
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

// invocationLimit is the controller's own timeout, on the scaled clock; a boot here takes seconds.
const invocationLimit = time.Minute

// lookInterval is the controller's, on the scaled clock.
const lookInterval = 2 * time.Second / Scale

// control runs the controller's handler as the function's runtime would: with its environment, its
// role's credentials and its place in the VPC.
func (s *Stage) control(name, payload string) (string, error) {
	environment, err := lambda.FunctionEnvironment(s.Cloud, name)
	if err != nil {
		return "", err
	}
	var request controller.Request
	if err := json.Unmarshal([]byte(payload), &request); err != nil {
		return "", fmt.Errorf("reading the request: %w", err)
	}
	if request.Action == "serving" && !s.tasksRun() {
		return "{}", nil // they are records: nobody could answer
	}
	settings := controller.FromEnvironment(func(name string) string { return environment.Variables[name] })
	settings.Dial, settings.Interval, settings.Log = environment.Dial, lookInterval, &s.controllerLog
	settings.AWS = s.AWSConfig(environment.Credentials)
	handler := controller.New(settings)
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(s.GateLimit, invocationLimit))
	defer cancel()
	response, err := handler.Handle(ctx, request)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(response)
	return string(text), err
}

// ScheduledRequest is the request that a rule sends by the clock.
func (s *Stage) ScheduledRequest(action string) (request controller.Request, err error) {
	for _, r := range s.Cloud.Records("aws:cloudwatch/eventTarget:EventTarget") {
		if err := json.Unmarshal([]byte(fmt.Sprint(r.Get("input"))), &request); err != nil {
			return request, fmt.Errorf("reading the input of %s: %w", r.ID, err)
		}
		if request.Action == action {
			return request, nil
		}
	}
	return request, fmt.Errorf("no rule asks for %s", action)
}

// InvokeController invokes the controller's function.
func (s *Stage) InvokeController(request controller.Request) (response controller.Response, err error) {
	payload, err := json.Marshal(request)
	if err != nil {
		return response, err
	}
	answer, err := s.control(
		fmt.Sprint(s.Cloud.Records("aws:lambda/function:Function")[0].Get("name")),
		string(payload),
	)
	if err != nil {
		return response, fmt.Errorf("asking the controller for %s: %w", request.Action, err)
	}
	return response, json.Unmarshal([]byte(answer), &response)
}
