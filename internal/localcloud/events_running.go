// Rules that fire by the clock and what they call.
package localcloud

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
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

// schedules are those that run, by the ids of their targets.
var schedules = newState(stopSchedules, nil, func(held *byID[*schedule]) error {
	for _, s := range held.takeAll() {
		s.stop()
	}
	return nil
})

var everyMinutes = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// startSchedule calls a function at the rule's rate, on the scaled clock. Rules with a cron
// expression or a pattern do not fire.
func startSchedule(c *Cloud, r Record) error {
	rule := c.copyOf(eventRuleType, "", r.str("rule"))
	if rule == nil {
		return nil
	}
	parts := everyMinutes.FindStringSubmatch(rule.str("scheduleExpression"))
	if parts == nil {
		return nil
	}
	count, _ := strconv.Atoi(parts[1]) // digits, by the expression
	every := time.Duration(
		count,
	) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]]
	name := lastOf(r.str("arn"), ":function:")
	ctx, cancel := context.WithCancel(context.Background())
	s := &schedule{cancel: cancel}
	s.running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.scaled(every)):
			}
			if err := c.mayInvoke(name, rule.str("arn")); err != nil {
				c.refuseScheduled(name, err)
				continue
			}
			// The next call waits for this one, as the function's own time is not scaled; a
			// repetition does not keep it.
			if again := c.invokeByEvent(name, r.str("input")); again != nil {
				s.running.Go(func() { again(ctx) })
			}
		}
	})
	schedules.of(c).set(r.ID, s)
	return nil
}

// invokeByEvent invokes a function asynchronously. again repeats what failed: twice, after one
// minute and after two, unless the function's event invoke configuration says otherwise (Lambda
// developer guide, "How Lambda handles errors and retries with asynchronous invocation").
func (c *Cloud) invokeByEvent(name, input string) (again func(context.Context)) {
	invoke := func() bool {
		if c.Function == nil {
			return true
		}
		_, err := c.Function(name, input)
		if err != nil {
			c.refuseScheduled(name, err)
		}
		return err == nil
	}
	if invoke() {
		return nil
	}
	return func(ctx context.Context) {
		for attempt := 1; attempt <= c.retryAttempts(name); attempt++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.scaled(time.Duration(attempt) * time.Minute)):
			}
			if invoke() {
				return
			}
		}
	}
}

func (c *Cloud) retryAttempts(function string) int {
	return view(c, func(tx *Tx) int {
		for _, settings := range tx.all(eventInvokeType) {
			if functionName(settings.str("functionName")) == function {
				if attempts, set := settings.Get("maximumRetryAttempts").(float64); set {
					return int(attempts)
				}
			}
		}
		return 2
	})
}

func (c *Cloud) refuseScheduled(function string, err error) {
	c.Update(func(tx *Tx) {
		tx.note("refuse", functionType, function, "scheduled: "+err.Error())
	})
}

// mayInvoke says whether the function's own policy lets a rule call it (EventBridge user guide,
// "Using resource-based policies": without lambda:InvokeFunction for events.amazonaws.com the
// target is not invoked).
func (c *Cloud) mayInvoke(function, rule string) error {
	return view(c, func(tx *Tx) error {
		for _, permission := range tx.all(permissionType) {
			source := permission.str("sourceArn")
			if functionName(permission.str("function")) == function &&
				permission.str("principal") == "events.amazonaws.com" &&
				slices.Contains([]string{"lambda:InvokeFunction", "lambda:*", "*"}, permission.str("action")) &&
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

func stopSchedule(c *Cloud, r Record) error {
	if s := schedules.of(c).take(r.ID); s != nil {
		s.stop()
	}
	return nil
}
