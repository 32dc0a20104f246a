// Check "share": the queue group gives every task of a service work.
package verification

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// giveUp ends what is asked many times: so many failures in a row say as much as two hundred would,
// in less time.
const giveUp = 3

// Share is how a service's tasks shared the requests to one of its subjects.
type Share struct {
	Subject string `json:"subject"`
	// Answers are counted by task; Failed are the requests without an answer.
	Answers map[string]int `json:"answers"`
	Failed  int            `json:"failed"`
	// ChiSquare is the statistic against an equal share of every task, with so many
	// DegreesOfFreedom; PValue is the chance that tasks that are drawn at random, as NATS draws
	// them, differ at least as much. It is reported and not required: of a hundred fair draws one
	// has a p of 0.01, and a task that came or went during the check makes it smaller without a
	// fault.
	ChiSquare        float64 `json:"chiSquare"`
	DegreesOfFreedom int     `json:"degreesOfFreedom"`
	PValue           float64 `json:"pValue"`
}

// Counts are the answers of each task, the most first.
func (s Share) Counts() []int {
	counts := slices.Sorted(maps.Values(s.Answers))
	slices.Reverse(counts)
	return counts
}

// String is for example "104 + 96 of 200, chi-square 0.32, degrees of freedom 1, p 0.57".
func (s Share) String() string {
	var counts []string
	total := s.Failed
	for _, count := range s.Counts() {
		counts, total = append(counts, fmt.Sprint(count)), total+count
	}
	if counts == nil {
		counts = []string{"0"}
	}
	text := fmt.Sprintf("%s of %d", strings.Join(counts, " + "), total)
	if s.DegreesOfFreedom > 0 {
		text += fmt.Sprintf(
			", chi-square %.2f, degrees of freedom %d, p %.2g",
			s.ChiSquare,
			s.DegreesOfFreedom,
			s.PValue,
		)
	}
	return text
}

func share(ctx context.Context, r *run) {
	wanted := fmt.Sprintf("answers of %d tasks or more to %d requests", r.Tasks, r.ShareRequests)
	for i := range r.report.Services {
		service := &r.report.Services[i]
		subject := cmp.Or(service.askable()...)
		if subject == "" {
			r.skip("share", *service, KindCheck, wanted)
			continue
		}
		shared, err := r.count(ctx, subject)
		service.Share = shared
		seen := fmt.Sprintf("tasks that answered: %d, %s", len(shared.Answers), shared)
		if err != nil {
			seen += "; " + err.Error()
		}
		r.add("share", service.Name, KindCheck, err == nil && len(shared.Answers) >= r.Tasks, wanted, seen)
	}
}

// count asks one subject many times and counts the answers by task. Its error is that of the last
// request that failed.
func (r *run) count(ctx context.Context, subject string) (Share, error) {
	shared, inARow := Share{Subject: subject, Answers: map[string]int{}}, 0
	var failed error
	for range r.ShareRequests {
		response, err := r.ask(ctx, subject, "")
		task := taskOf(response)
		if err == nil && task == "" {
			err = fmt.Errorf("%s: the answer does not say which task gave it: meta.labels has no \"task\"", subject)
		}
		if err == nil {
			inARow = 0
			shared.Answers[task]++
			continue
		}
		failed = err
		shared.Failed++
		if inARow++; inARow == giveUp {
			break
		}
	}
	shared.ChiSquare, shared.DegreesOfFreedom = chiSquare(shared.Counts(), r.Tasks)
	shared.PValue = upperTail(shared.ChiSquare, shared.DegreesOfFreedom)
	return shared, failed
}

// chiSquare compares counts with equal ones. Tasks that were not seen count as 0.
func chiSquare(counts []int, tasks int) (statistic float64, degreesOfFreedom int) {
	tasks = max(tasks, len(counts))
	total := 0
	for _, count := range counts {
		total += count
	}
	if total == 0 || tasks < 2 {
		return 0, max(tasks-1, 0)
	}
	expected := float64(total) / float64(tasks)
	statistic = float64(tasks-len(counts)) * expected
	for _, count := range counts {
		statistic += (float64(count) - expected) * (float64(count) - expected) / expected
	}
	return statistic, tasks - 1
}

// upperTail is the chance that a chi-square variable of so many degrees of freedom is at least x:
// the regularized upper incomplete gamma function Q(k/2, x/2), whose sum is finite for whole k
// (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.4.4 and 26.4.5).
func upperTail(x float64, degreesOfFreedom int) float64 {
	if degreesOfFreedom < 1 {
		return 1
	}
	half := x / 2
	sum, term, from := 0.0, math.Exp(-half), 1.0
	if degreesOfFreedom%2 == 1 {
		sum, term, from = math.Erfc(math.Sqrt(half)), math.Exp(-half)*math.Sqrt(half)/math.Gamma(1.5), 1.5
	}
	for i := range degreesOfFreedom / 2 {
		sum += term
		term *= half / (from + float64(i))
	}
	return sum
}
