// How a service scales: the number of its tasks follows their CPU use, on the scaled clock.
// Sources: Application Auto Scaling user guide, "How target tracking scaling for Application Auto
// Scaling works" (three minutes above the target scale out, fifteen minutes below 90 percent of it
// scale in; both wait for a cooldown, by default 300 seconds), ECS developer guide, "Amazon ECS
// CloudWatch metrics" (CPU units used of those reserved).
package ecs

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	scalingPeriod   = time.Minute
	minutesOut      = 3
	minutesIn       = 15
	lowShare        = 0.9 // of the target
	defaultCooldown = 300.0
	unitsPerCPU     = 1024
	// clockTicks is the number of ticks in a second of CPU time in /proc: USER_HZ, 100 on Linux.
	clockTicks = 100
)

// Scaling holds the settings of a service's scalable target and scaling policy.
type Scaling struct {
	Min, Max              int
	Target                float64 // percent
	cooldownOut, cooldown time.Duration
}

// scalingOf reads the settings of a service; false if its number of tasks is fixed.
func scalingOf(c *cloud.Cloud, service cloud.Record) (s Scaling, found bool) {
	return cloud.View2(c, func(tx *cloud.Tx) (s Scaling, found bool) {
		_, id, _ := strings.Cut(service.ID, ":service/")
		target, policy := tx.Find(
			ScalingType,
			"resourceId",
			"service/"+id,
		), tx.Find(
			scalingPolicyType,
			"resourceId",
			"service/"+id,
		)
		if target == nil || policy == nil {
			return s, false
		}
		const settings = "targetTrackingScalingPolicyConfiguration."
		if policy.Get(
			settings+"predefinedMetricSpecification.predefinedMetricType",
		) != "ECSServiceAverageCPUUtilization" {
			return s, false
		}
		seconds := func(name string) time.Duration {
			value, given := policy.Get(settings + name).(float64)
			if !given {
				value = defaultCooldown
			}
			return time.Duration(value) * time.Second
		}
		return Scaling{
			Min:         int(cloud.Number(target.Get("minCapacity"))),
			Max:         int(cloud.Number(target.Get("maxCapacity"))),
			Target:      cloud.Number(policy.Get(settings + "targetValue")),
			cooldownOut: seconds("scaleOutCooldown"),
			cooldown:    seconds("scaleInCooldown"),
		}, true
	})
}

// followLoad measures the tasks every minute and changes their number, until ctx ends.
func (f *runningService) followLoad(ctx context.Context, service cloud.Record) {
	var uses []float64        // percent, the newest last
	var cooldownEnd time.Time // until then nothing is scaled
	before := f.ticks()
	for {
		begun := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(f.cloud.Scaled(scalingPeriod)):
		}
		now := f.ticks()
		use, measured := Utilization(before, now, time.Since(begun), f.cpu())
		if units, declared := DeclaredDemand(f.cloud, f.name); declared {
			use, measured = DemandPerTask(units, len(now), f.cpu()*unitsPerCPU)
		}
		before = now
		scaling, found := scalingOf(f.cloud, service)
		if !found || !measured {
			uses = nil
			continue
		}
		uses = append(uses[max(0, len(uses)-minutesIn+1):], use)
		desired := scaling.DesiredCount(f.size(), uses)
		if desired == f.size() || time.Now().Before(cooldownEnd) {
			continue
		}
		cooldown := scaling.cooldown
		if desired > f.size() {
			cooldown = scaling.cooldownOut
		}
		f.resize(ctx, desired)
		cooldownEnd, uses = time.Now().Add(f.cloud.Scaled(cooldown)), nil
	}
}

// DesiredCount returns the number of tasks for the CPU use of the last minutes, in percent, the
// newest last. size is the present number.
func (s Scaling) DesiredCount(size int, uses []float64) int {
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
	if all(minutesOut, func(use float64) bool { return use > s.Target }) {
		return min(s.Max, max(size+1, int(math.Ceil(float64(size)*uses[len(uses)-1]/s.Target))))
	}
	if all(minutesIn, func(use float64) bool { return use < s.Target*lowShare }) {
		return max(s.Min, min(size-1, int(math.Ceil(float64(size)*uses[len(uses)-1]/s.Target))))
	}
	return size
}

func (f *runningService) size() int {
	f.changes.Lock()
	defer f.changes.Unlock()
	return f.desired
}

func (f *runningService) resize(ctx context.Context, desired int) {
	f.changes.Lock()
	defer f.changes.Unlock()
	if ctx.Err() != nil {
		return
	}
	f.desired = desired
	f.note("scale", fmt.Sprintf("desired count %d", desired))
	if err := f.reconcile(f.running, func() {}); err != nil {
		f.note("refuse", "scaling: "+err.Error())
	}
}

// cpu is the number of CPUs that a task reserves.
func (f *runningService) cpu() float64 {
	f.changes.Lock()
	defer f.changes.Unlock()
	return ParseSize(f.running.definition.Str("cpu")) / unitsPerCPU
}

// ticks returns the CPU time of each task so far, in clock ticks.
func (f *runningService) ticks() map[string]float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string]float64{}
	for _, t := range f.tasks {
		if used, err := CPUTicks(t.process.Process.Pid); err == nil {
			found[t.name] = used
		}
	}
	return found
}

// DeclareDemand replaces the measured CPU use of a service. Until the returned function is called,
// the CPU metric is as if the tasks shared a demand of so many CPU units, of which 1024 are one
// CPU. Autoscaling then does not depend on the speed of the computer.
func DeclareDemand(c *cloud.Cloud, service string, units float64) (withdraw func()) {
	c.Update(func(tx *cloud.Tx) { tx.Values[demandKey(service)] = units })
	return func() {
		c.Update(func(tx *cloud.Tx) { delete(tx.Values, demandKey(service)) })
	}
}

func demandKey(service string) string { return "demand of " + service }

// DeclaredDemand returns the demand in CPU units that DeclareDemand set; false if none is set.
func DeclaredDemand(c *cloud.Cloud, service string) (units float64, declared bool) {
	return cloud.View2(c, func(tx *cloud.Tx) (units float64, declared bool) {
		units, declared = tx.Values[demandKey(service)].(float64)
		return units, declared
	})
}

// DemandPerTask returns the share of its reserved units that each task uses, in percent, when all
// share a demand.
func DemandPerTask(units float64, tasks int, reserved float64) (percent float64, measured bool) {
	if tasks == 0 || reserved == 0 {
		return 0, false
	}
	return min(100, 100*units/(float64(tasks)*reserved)), true
}

// CPUTicks returns the CPU time of a process in clock ticks: utime and stime (proc(5),
// /proc/pid/stat, fields 14 and 15). The second field, in parentheses, may hold blanks.
func CPUTicks(process int) (float64, error) {
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

// Utilization returns the share of the reserved CPU that tasks used, in percent: the mean over the
// tasks that ran both before and after.
func Utilization(
	before, after map[string]float64,
	passed time.Duration,
	reserved float64,
) (percent float64, measured bool) {
	count := 0.0
	for name, ticks := range after {
		if earlier, known := before[name]; known {
			// Fargate limits a task to what it reserves. Here a task may use what others leave.
			percent += min(100, 100*(ticks-earlier)/clockTicks/passed.Seconds()/reserved)
			count++
		}
	}
	if count == 0 || reserved == 0 {
		return 0, false
	}
	return percent / count, true
}
