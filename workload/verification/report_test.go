// What does not need a platform: the contents that are sent, and how what was seen is judged and
// drawn.
package verification

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

func TestTheTableOfContentsIsTheContracts(t *testing.T) {
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	contents, err := realistic(methods)
	require.NoError(t, err)
	for subject, c := range contents {
		asked, told := messaging.MetaOf(c.request), messaging.MetaOf(c.response)
		assert.Equal(t, asked, told, "%s: the response repeats the request's metadata", subject)
		assert.NotEmpty(t, asked.RequestID, subject)
		assert.NotEmpty(t, taskOf(c.response), subject)
		_, failed := codeIn(c.response)
		assert.False(t, failed, subject)
		assert.False(t, contract.WantsStream(c.request), "%s: parts are not what is wanted", subject)
		fields := c.response.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if f := fields.Get(i); f.Name() != "error" && f.ContainingOneof() == nil {
				assert.True(t, c.response.ProtoReflect().Has(f), "%s: the response has no %s", subject, f.Name())
			}
		}
	}
}

// A request that is sent has an id of its own, and does what was done before only if it is meant
// to.
func TestWhatIsSentIsNewAndNoCommandUnlessSaid(t *testing.T) {
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	contents, err := realistic(methods)
	require.NoError(t, err)
	for subject, c := range contents {
		before := proto.Clone(c.request)
		assert.Equal(t, messaging.Meta{}, messaging.MetaOf(c.toSend("")), subject)
		assert.Equal(t, messaging.Meta{IdempotencyKey: "k"}, messaging.MetaOf(c.toSend("k")), subject)
		assert.True(t, proto.Equal(before, c.request), "%s: the table stays", subject)
	}
}

func TestATableThatIsNotTheContractsIsRefused(t *testing.T) {
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	quest := methods[questSubject]
	_, err = realistic(map[string]contract.Method{questSubject: quest})
	assert.ErrorContains(t, err, "the wire contract has no subject")
	_, err = realistic(map[string]contract.Method{"svc.new.v1.get": quest})
	assert.ErrorContains(t, err, "it has no svc.new.v1.get")
	_, err = realistic(map[string]contract.Method{"svc.perf.v1.get_metrics": quest})
	assert.ErrorContains(t, err, "the request to svc.perf.v1.get_metrics")
}

// The values are those of the usual tables for p = 0.05 and 0.01.
func TestTheChanceOfAShareIsChiSquares(t *testing.T) {
	for _, c := range []struct {
		x       float64
		freedom int
		p       float64
	}{
		{x: 3.841, freedom: 1, p: 0.05},
		{x: 5.991, freedom: 2, p: 0.05},
		{x: 7.815, freedom: 3, p: 0.05},
		{x: 11.070, freedom: 5, p: 0.05},
		{x: 18.307, freedom: 10, p: 0.05},
		{x: 6.635, freedom: 1, p: 0.01},
		{x: 13.277, freedom: 4, p: 0.01},
	} {
		assert.InDelta(t, c.p, upperTail(c.x, c.freedom), 0.0001, "%v with %d", c.x, c.freedom)
	}
	assert.EqualValues(t, 1, upperTail(0, 1))
	assert.EqualValues(t, 1, upperTail(0, 0))
	for _, c := range []struct {
		counts  []int
		tasks   int
		x       float64
		freedom int
	}{{
		counts:  []int{100, 100},
		tasks:   2,
		x:       0,
		freedom: 1,
	}, {
		counts:  []int{110, 90},
		tasks:   2,
		x:       2,
		freedom: 1,
	}, {
		counts:  []int{200},
		tasks:   2,
		x:       200,
		freedom: 1,
	}, {
		counts:  []int{30, 20, 10},
		tasks:   2,
		x:       10,
		freedom: 2,
	}, {
		counts:  nil,
		tasks:   2,
		x:       0,
		freedom: 1,
	}, {
		counts:  []int{5},
		tasks:   1,
		x:       0,
		freedom: 0,
	}} {
		x, freedom := chiSquare(c.counts, c.tasks)
		assert.InDelta(t, c.x, x, 1e-9, c.counts)
		assert.Equal(t, c.freedom, freedom, c.counts)
	}
}

func TestATargetFailsTheVerificationOnlyWhereItIsRequired(t *testing.T) {
	for _, required := range []bool{false, true} {
		r := &run{report: &Report{}, Options: Options{RequireTargets: required}}
		r.add("latency", "quest-system", KindTarget, false, "fast", "slow")
		r.add("sizes", "quest-system", KindInformation, false, "small", "large")
		assert.Equal(t, required, r.report.Err() != nil)
		assert.Equal(t, "target missed, for information", r.report.Rows[1].Verdict())
		if !required {
			assert.Equal(t, "target missed, not required", r.report.Rows[0].Verdict())
			assert.Equal(
				t,
				"0 of 0 checks held; 0 of 1 targets of latency and throughput met, not required; 0 of 1 for "+
					"information",
				r.report.Outcome(),
			)
		}
	}
	r := &run{report: &Report{}}
	r.add("answers", "svc.a", KindCheck, false, "an answer", "none")
	assert.ErrorContains(t, r.report.Err(), "answers/svc.a: wanted an answer; seen: none")
	assert.Equal(t, "1 failed", r.report.summary(check{id: "answers"}).Verdict())
}

func TestLatencyIsComparedWithItsTargets(t *testing.T) {
	h := newHistogram()
	for _, took := range []time.Duration{
		150 * time.Microsecond,
		200 * time.Microsecond,
		210 * time.Microsecond,
		4 * time.Millisecond,
	} {
		require.NoError(t, h.RecordValue(took.Microseconds()))
	}
	l := summarized(h, 1)
	assert.True(t, l.onTarget())
	assert.Equal(t, "p50 0.200 ms, p99 4.001 ms of 4 requests, 1 failed", l.String())
	assert.Equal(t, []Bucket{{Index: 21, Requests: 1}, {Index: 23, Requests: 2}, {Index: 36, Requests: 1}}, l.Buckets)
	assert.InDelta(t, 10_000, edge(40), 1e-6, "µs")
	assert.False(t, Latency{P50: 1000, P99: 1200}.onTarget())
	assert.False(t, Latency{P50: 200, P99: 5000}.onTarget())
}

// All pictures have one axis, whatever was measured.
func TestEveryBucketIsInsideItsPicture(t *testing.T) {
	slow := Latency{
		Requests: 2,
		P50:      15,
		P99:      800_000,
		Buckets:  []Bucket{{Index: 11, Requests: 1}, {Index: 59, Requests: 1}},
	}
	all := charts(Report{Services: []Service{{Name: "a", Latency: slow}, {Name: "b"}}})
	require.Len(t, all, 3)
	for _, c := range all {
		assert.Equal(t, "0.01 ms", c.Ticks[0].Text)
		assert.Equal(t, "1000 ms", c.Ticks[len(c.Ticks)-1].Text)
		assert.Less(t, c.TargetP50, c.TargetP99)
		for _, column := range c.Columns {
			assert.GreaterOrEqual(t, column.X, 0.0)
			assert.LessOrEqual(t, column.X+column.Width, chartWidth)
			assert.InDelta(t, chartHeight, column.Y+column.Height, 1e-9)
			assert.False(t, math.IsNaN(column.Height))
		}
	}
}
