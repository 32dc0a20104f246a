// Rules that fire at a rate while things run, and the functions that they call.
package events

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/lambda"
)

// schedule is a rule's target that is called at a rate.
type schedule struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func (s *schedule) stop() {
	s.cancel()
	s.running.Wait()
}

// schedules are the running schedules by the ids of their targets.
var schedules = cloud.NewState(cloud.StopSchedules, nil, func(held *cloud.ByID[*schedule]) error {
	for _, s := range held.TakeAll() {
		s.stop()
	}
	return nil
})

var everyMinutes = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// startSchedule calls a function at the rule's rate, on the scaled clock. Rules with a cron
// expression or a pattern do not fire.
func startSchedule(c *cloud.Cloud, r cloud.Record) error {
	rule := c.CopyOf(EventRuleType, "", r.Str("rule"))
	if rule == nil {
		return nil
	}
	parts := everyMinutes.FindStringSubmatch(rule.Str("scheduleExpression"))
	if parts == nil {
		return nil
	}
	count, _ := strconv.Atoi(parts[1]) // digits, by the expression
	every := time.Duration(
		count,
	) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]]
	name := cloud.AfterLast(r.Str("arn"), ":function:")
	ctx, cancel := context.WithCancel(context.Background())
	s := &schedule{cancel: cancel}
	s.running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.Scaled(every)):
			}
			if err := mayInvoke(c, name, rule.Str("arn")); err != nil {
				refuseScheduled(c, name, err)
				continue
			}
			// The next call waits for this one, because the function's own time is not scaled.
			// It does not wait for repetitions.
			if again := InvokeByEvent(c, name, r.Str("input")); again != nil {
				s.running.Go(func() { again(ctx) })
			}
		}
	})
	schedules.Of(c).Set(r.ID, s)
	return nil
}

// InvokeByEvent invokes a function asynchronously. again, nil after a success, repeats a failed
// call: twice, after one minute and after two, unless the function's event invoke configuration
// says otherwise (Lambda developer guide, "How Lambda handles errors and retries with asynchronous
// invocation").
func InvokeByEvent(c *cloud.Cloud, name, input string) (again func(context.Context)) {
	invoke := func() bool {
		if c.Function == nil {
			return true
		}
		_, err := c.Function(name, input)
		if err != nil {
			refuseScheduled(c, name, err)
		}
		return err == nil
	}
	if invoke() {
		return nil
	}
	return func(ctx context.Context) {
		for attempt := 1; attempt <= retryAttempts(c, name); attempt++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.Scaled(time.Duration(attempt) * time.Minute)):
			}
			if invoke() {
				return
			}
		}
	}
}

func retryAttempts(c *cloud.Cloud, function string) int {
	return cloud.View(c, func(tx *cloud.Tx) int {
		for _, settings := range tx.All(lambda.EventInvokeType) {
			if lambda.FunctionName(settings.Str("functionName")) == function {
				if attempts, set := settings.Get("maximumRetryAttempts").(float64); set {
					return int(attempts)
				}
			}
		}
		return 2
	})
}

func refuseScheduled(c *cloud.Cloud, function string, err error) {
	c.Update(func(tx *cloud.Tx) {
		tx.Note("refuse", lambda.FunctionType, function, "scheduled: "+err.Error())
	})
}

// mayInvoke says whether the function's own policy allows a rule to call it (EventBridge user
// guide, "Using resource-based policies": without lambda:InvokeFunction for events.amazonaws.com
// the target is not invoked).
func mayInvoke(c *cloud.Cloud, function, rule string) error {
	return cloud.View(c, func(tx *cloud.Tx) error {
		for _, permission := range tx.All(lambda.PermissionType) {
			source := permission.Str("sourceArn")
			if lambda.FunctionName(permission.Str("function")) == function &&
				permission.Str("principal") == "events.amazonaws.com" &&
				slices.Contains([]string{"lambda:InvokeFunction", "lambda:*", "*"}, permission.Str("action")) &&
				(source == "" || source == rule) {
				return nil
			}
		}
		return fmt.Errorf(
			"the rule %s may not call function %s: no lambda:InvokeFunction for events.amazonaws.com",
			rule,
			function,
		)
	})
}

func stopSchedule(c *cloud.Cloud, r cloud.Record) error {
	if s := schedules.Of(c).Take(r.ID); s != nil {
		s.stop()
	}
	return nil
}
