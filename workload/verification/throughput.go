// Check "throughput": how many requests a second the services answer together.
package verification

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// TargetThroughput is the product's target, in requests a second.
const TargetThroughput = 10_000

// Throughput is what all requesters reached together.
type Throughput struct {
	Requesters int     `json:"requesters"`
	Subjects   int     `json:"subjects"`
	Seconds    float64 `json:"seconds"`
	Answered   int     `json:"answered"`
	Failed     int     `json:"failed"`
	PerSecond  float64 `json:"perSecond"` // Answered by Seconds
}

// MeanMilliseconds is how long a request took on average.
func (t Throughput) MeanMilliseconds() float64 {
	if t.PerSecond == 0 {
		return 0
	}
	return 1000 * float64(t.Requesters) / t.PerSecond
}

func (t Throughput) String() string {
	return fmt.Sprintf(
		"%.0f requests a second: %d answered and %d failed in %.1f s on %d subjects, by %d requesters, %.3f ms each "+
			"on average",
		t.PerSecond,
		t.Answered,
		t.Failed,
		t.Seconds,
		t.Subjects,
		t.Requesters,
		t.MeanMilliseconds(),
	)
}

// load is one subject as it is asked under load: the request is encoded before, and of the answer
// only the error is looked for, so that it is the platform which is measured and not this program.
type load struct {
	subject string
	request []byte
	error   protowire.Number
}

func throughput(ctx context.Context, r *run) {
	rate, all := fmt.Sprintf(
		"%d requests a second or more (the product's target)",
		TargetThroughput,
	), "an answer without an error to every request"
	loads, err := r.loads()
	if err == nil && len(loads) == 0 {
		err = errors.New("not sent: no subject was answered before")
	}
	if err != nil {
		r.add("throughput", "rate", KindTarget, false, rate, err.Error())
		r.add("throughput", "failures", KindCheck, false, all, err.Error())
		return
	}
	tallies := make([]tally, r.Requesters)
	var running sync.WaitGroup
	began := time.Now()
	for i := range tallies {
		running.Go(func() { tallies[i] = r.press(ctx, loads, i, began.Add(r.Throughput)) })
	}
	running.Wait()
	seen := Throughput{Requesters: r.Requesters, Subjects: len(loads), Seconds: time.Since(began).Seconds()}
	for _, t := range tallies {
		seen.Answered += t.succeeded
		seen.Failed += t.failed
		err = errors.Join(err, t.last)
	}
	seen.PerSecond = float64(seen.Answered) / seen.Seconds
	r.report.Throughput = seen
	r.add("throughput", "rate", KindTarget, seen.PerSecond >= TargetThroughput, rate, seen.String())
	failed := fmt.Sprintf("%d of %d failed", seen.Failed, seen.Answered+seen.Failed)
	if err != nil {
		failed += ": " + err.Error()
	}
	r.add("throughput", "failures", KindCheck, seen.Failed == 0, all, failed)
}

// loads are the subjects that were answered before.
func (r *run) loads() ([]load, error) {
	var loads []load
	for _, service := range r.report.Services {
		for _, subject := range service.askable() {
			data, err := proto.Marshal(r.contents[subject].toSend(""))
			if err != nil {
				return nil, fmt.Errorf("encoding a request to %s: %w", subject, err)
			}
			loads = append(
				loads,
				load{
					subject: subject,
					request: data,
					error:   r.methods[subject].Response.Fields().ByName("error").Number(),
				},
			)
		}
	}
	return loads, nil
}

// tally is what one requester met; last is its last failure.
type tally struct {
	succeeded, failed int
	last              error
}

// press asks one subject after the other until the time is over, or as long as anything is
// answered.
func (r *run) press(ctx context.Context, loads []load, first int, until time.Time) (t tally) {
	for i, inARow := first, 0; time.Now().Before(until) && ctx.Err() == nil && inARow < giveUp; i++ {
		if err := r.askEncoded(ctx, loads[i%len(loads)]); err != nil {
			t.last = err
			t.failed++
			inARow++
			continue
		}
		t.succeeded++
		inARow = 0
	}
	return t
}

// askEncoded is one request. What the answer says otherwise is not repeated, for it may be a
// session's token.
func (r *run) askEncoded(ctx context.Context, l load) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	answer, err := r.Client.Native().RequestWithContext(ctx, l.subject, l.request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", l.subject, err)
	}
	for rest := answer.Data; len(rest) > 0; {
		number, kind, tag := protowire.ConsumeTag(rest)
		length := -1
		if tag >= 0 {
			length = protowire.ConsumeFieldValue(number, kind, rest[tag:])
		}
		if length < 0 || number == l.error {
			return r.explain(l.subject, answer.Data)
		}
		rest = rest[tag+length:]
	}
	return nil
}

// explain is why an answer is not one.
func (r *run) explain(subject string, answer []byte) error {
	response := r.methods[subject].Messaging().Response()
	if err := proto.Unmarshal(answer, response); err != nil {
		return fmt.Errorf(
			"asking %s: the answer is no %s: %w",
			subject,
			response.ProtoReflect().Descriptor().FullName(),
			err,
		)
	}
	code, _ := codeIn(response)
	return fmt.Errorf("asking %s: the answer reports the error %q", subject, code)
}
