// Check "latency": how long a service takes to answer one request after the other, as a caller sees
// it.
package verification

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The product's targets of a request's round trip, encoding and decoding included.
const (
	TargetP50 = time.Millisecond
	TargetP99 = 5 * time.Millisecond
)

const (
	// warmUp are the requests to each service that are not measured: its tasks and the way to them
	// have been used before.
	warmUp = 20
	// bucketsPerDecade are the bars of a histogram between 1 and 10 ms, each 26 % further on than
	// the one before.
	bucketsPerDecade = 10
	// Values are kept in µs up to longest, with three digits.
	longest, digits = time.Minute, 3
)

// Latency is the distribution of round trips.
type Latency struct {
	Requests int64 `json:"requests"`
	Failed   int   `json:"failed"`
	// P50, P99 and Slowest are in µs.
	P50     int64    `json:"p50Microseconds"`
	P99     int64    `json:"p99Microseconds"`
	Slowest int64    `json:"slowestMicroseconds"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket are the requests that took at least 10^(Index/10) µs and less than 10^((Index+1)/10) µs.
type Bucket struct {
	Index    int   `json:"index"`
	Requests int64 `json:"requests"`
}

func (l Latency) onTarget() bool {
	return l.P50 < TargetP50.Microseconds() && l.P99 < TargetP99.Microseconds()
}

func (l Latency) String() string {
	text := fmt.Sprintf("p50 %s ms, p99 %s ms of %d requests", milliseconds(l.P50), milliseconds(l.P99), l.Requests)
	if l.Failed > 0 {
		text += fmt.Sprintf(", %d failed", l.Failed)
	}
	return text
}

func milliseconds(microseconds int64) string { return fmt.Sprintf("%.3f", float64(microseconds)/1000) }

// spelled is a target as a person writes it, for example "5 ms".
func spelled(d time.Duration) string { return fmt.Sprintf("%g ms", d.Seconds()*1000) }

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), digits)
}

func latency(ctx context.Context, r *run) {
	wanted := fmt.Sprintf(
		"p50 below %s and p99 below %s (the product's targets)",
		spelled(TargetP50),
		spelled(TargetP99),
	)
	all := newHistogram()
	failed := 0
	for i := range r.report.Services {
		service := &r.report.Services[i]
		if len(service.askable()) == 0 {
			r.skip("latency", *service, KindTarget, wanted)
			continue
		}
		measured, inAll, err := r.measure(ctx, service)
		all.Merge(measured)
		failed += inAll
		service.Latency = summarized(measured, inAll)
		seen, kind := service.Latency.String(), KindTarget
		if err != nil {
			// A failure is no matter of speed.
			seen, kind = seen+": "+err.Error(), KindCheck
		}
		r.add("latency", service.Name, kind, err == nil && service.Latency.onTarget(), wanted, seen)
	}
	r.report.Latency = summarized(all, failed)
}

// measure asks a service's subjects in turn. Its error is that of the last request that failed.
func (r *run) measure(ctx context.Context, service *Service) (measured *hdrhistogram.Histogram, failed int, err error) {
	subjects, inARow := service.askable(), 0
	measured = newHistogram()
	for i := range warmUp + r.LatencyRequests {
		took, failure := r.timed(ctx, subjects[i%len(subjects)])
		if failure != nil {
			err = failure
			failed++
			if inARow++; inARow == giveUp {
				break
			}
			continue
		}
		inARow = 0
		if i >= warmUp {
			_ = measured.RecordValue(
				min(max(took, time.Microsecond), longest).Microseconds(),
			) // refuses what is out of bounds
		}
	}
	return measured, failed, err
}

// timed is how long a request takes that is made: making one would add some 20 µs that are this
// program's and not the platform's.
func (r *run) timed(ctx context.Context, subject string) (time.Duration, error) {
	request, response := r.made(subject, "")
	began := time.Now()
	err := r.send(ctx, subject, request, response)
	return time.Since(began), err
}

func summarized(h *hdrhistogram.Histogram, failed int) Latency {
	l := Latency{
		Requests: h.TotalCount(),
		Failed:   failed,
		P50:      h.ValueAtQuantile(50),
		P99:      h.ValueAtQuantile(99),
		Slowest:  h.Max(),
	}
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		index := int(math.Floor(math.Log10(float64(max(bar.From, 1))) * bucketsPerDecade))
		if last := len(l.Buckets) - 1; last >= 0 && l.Buckets[last].Index == index {
			l.Buckets[last].Requests += bar.Count
			continue
		}
		l.Buckets = append(l.Buckets, Bucket{index, bar.Count})
	}
	return l
}
