// Autoscaling of services by their tasks' CPU use, on the scaled clock. Sources: Application Auto
// Scaling user guide, "How target tracking scaling for Application Auto Scaling works" (three
// minutes above the target scale out, fifteen minutes below 90 percent of it scale in; both wait
// for a cooldown, 300 seconds where none is given), ECS developer guide, "Amazon ECS CloudWatch
// metrics" (CPU units used of those reserved).
package localcloud

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	scalingPeriod   = time.Minute
	minutesOut      = 3
	minutesIn       = 15
	lowShare        = 0.9 // of the target
	defaultCooldown = 300.0
	unitsPerCPU     = 1024
	// clockTicks is what /proc counts a second in: USER_HZ, 100 on Linux.
	clockTicks = 100
)

// scaling is what a service's scalable target and policy say.
type scaling struct {
	least, most           int
	target                float64 // percent
	cooldownOut, cooldown time.Duration
}

// scalingOf reads it; false where the number of tasks is fixed.
func (c *Cloud) scalingOf(service Record) (s scaling, found bool) {
	return view2(c, func(tx *Tx) (s scaling, found bool) {
		_, id, _ := strings.Cut(service.ID, ":service/")
		target, policy := tx.find(
			scalingType,
			"resourceId",
			"service/"+id,
		), tx.find(
			scalingPolicyType,
			"resourceId",
			"service/"+id,
		)
		if target == nil || policy == nil {
			return s, false
		}
		const says = "targetTrackingScalingPolicyConfiguration."
		if policy.Get(says+"predefinedMetricSpecification.predefinedMetricType") != "ECSServiceAverageCPUUtilization" {
			return s, false
		}
		seconds := func(name string) time.Duration {
			value, given := policy.Get(says + name).(float64)
			if !given {
				value = defaultCooldown
			}
			return time.Duration(value) * time.Second
		}
		return scaling{
			least:       int(number(target.Get("minCapacity"))),
			most:        int(number(target.Get("maxCapacity"))),
			target:      number(policy.Get(says + "targetValue")),
			cooldownOut: seconds("scaleOutCooldown"),
			cooldown:    seconds("scaleInCooldown"),
		}, true
	})
}

// followLoad measures the tasks every minute and changes their number, until ctx ends.
func (f *runningService) followLoad(ctx context.Context, service Record) {
	var uses []float64 // percent, the newest last
	var rest time.Time // until when nothing is scaled
	before := f.ticks()
	for {
		begun := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(f.cloud.scaled(scalingPeriod)):
		}
		now := f.ticks()
		use, measured := utilization(before, now, time.Since(begun), f.cpu())
		if units, declared := f.cloud.demand(f.name); declared {
			use, measured = shareOf(units, len(now), f.cpu()*unitsPerCPU)
		}
		before = now
		how, found := f.cloud.scalingOf(service)
		if !found || !measured {
			uses = nil
			continue
		}
		uses = append(uses[max(0, len(uses)-minutesIn+1):], use)
		wanted := how.wanted(f.size(), uses)
		if wanted == f.size() || time.Now().Before(rest) {
			continue
		}
		cooldown := how.cooldown
		if wanted > f.size() {
			cooldown = how.cooldownOut
		}
		f.resize(ctx, wanted)
		rest, uses = time.Now().Add(f.cloud.scaled(cooldown)), nil
	}
}

// wanted is the number of tasks for the use of the last minutes.
func (s scaling) wanted(size int, uses []float64) int {
	all := func(count int, holds func(float64) bool) bool {
		if len(uses) < count {
			return false
		}
		for _, use := range uses[len(uses)-count:] {
			if !holds(use) {
				return false
			}
		}
		return true
	}
	if all(minutesOut, func(use float64) bool { return use > s.target }) {
		return min(s.most, max(size+1, int(math.Ceil(float64(size)*uses[len(uses)-1]/s.target))))
	}
	if all(minutesIn, func(use float64) bool { return use < s.target*lowShare }) {
		return max(s.least, min(size-1, int(math.Ceil(float64(size)*uses[len(uses)-1]/s.target))))
	}
	return size
}

func (f *runningService) size() int {
	f.changes.Lock()
	defer f.changes.Unlock()
	return f.desired
}

func (f *runningService) resize(ctx context.Context, wanted int) {
	f.changes.Lock()
	defer f.changes.Unlock()
	if ctx.Err() != nil {
		return
	}
	f.desired = wanted
	f.note("scale", fmt.Sprintf("desired count %d", wanted))
	if err := f.bring(f.running, func() {}); err != nil {
		f.note("refuse", "scaling: "+err.Error())
	}
}

// cpu is what a task reserves, in CPUs.
func (f *runningService) cpu() float64 {
	f.changes.Lock()
	defer f.changes.Unlock()
	return sizeOf(f.running.definition.str("cpu")) / unitsPerCPU
}

// ticks is the CPU time of each task so far.
func (f *runningService) ticks() map[string]float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string]float64{}
	for _, t := range f.tasks {
		if used, err := ticksOf(t.process.Process.Pid); err == nil {
			found[t.name] = used
		}
	}
	return found
}

// DeclareDemand replaces what is measured of a service's tasks: until the returned function is
// called, its CPU metric is what it would be if the tasks shared a demand of so many CPU units, of
// which 1024 are one CPU. Autoscaling then depends on no computer's speed.
func (c *Cloud) DeclareDemand(service string, units float64) (withdraw func()) {
	c.Update(func(tx *Tx) { tx.values[demandKey(service)] = units })
	return func() {
		c.Update(func(tx *Tx) { delete(tx.values, demandKey(service)) })
	}
}

func demandKey(service string) string { return "demand of " + service }

func (c *Cloud) demand(service string) (units float64, declared bool) {
	return view2(c, func(tx *Tx) (units float64, declared bool) {
		units, declared = tx.values[demandKey(service)].(float64)
		return units, declared
	})
}

// shareOf is what each of the tasks uses of its reserved units, in percent, if all share a demand.
func shareOf(units float64, tasks int, reserved float64) (percent float64, measured bool) {
	if tasks == 0 || reserved == 0 {
		return 0, false
	}
	return min(100, 100*units/(float64(tasks)*reserved)), true
}

// ticksOf reads utime and stime (proc(5), /proc/pid/stat, fields 14 and 15; the second, in
// parentheses, may hold blanks).
func ticksOf(process int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, fmt.Errorf("reading the CPU time of process %d: %q", process, text)
	}
	user, userErr := strconv.ParseFloat(fields[11], 64)
	system, systemErr := strconv.ParseFloat(fields[12], 64)
	if userErr != nil {
		return 0, userErr
	}
	return user + system, systemErr
}

// utilization is the mean, over tasks that were there before and after, of the share of the
// reserved CPU that was used, in percent.
func utilization(
	before, after map[string]float64,
	passed time.Duration,
	reserved float64,
) (percent float64, measured bool) {
	count := 0.0
	for name, ticks := range after {
		if earlier, known := before[name]; known {
			// Fargate gives a task no more than it reserves; here it may use what others leave.
			percent += min(100, 100*(ticks-earlier)/clockTicks/passed.Seconds()/reserved)
			count++
		}
	}
	if count == 0 || reserved == 0 {
		return 0, false
	}
	return percent / count, true
}
