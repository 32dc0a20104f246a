// What a verification saw: for programs (JSON), and what the table and the page are made from.
package verification

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Kind says what it means that a row does not hold.
type Kind string

// The kinds.
const (
	// KindCheck fails the verification.
	KindCheck Kind = "check"
	// KindTarget is a target of the product that depends on the computers too; it fails the
	// verification where Options.RequireTargets says so.
	KindTarget Kind = "target"
	// KindInformation is a target of the product that no deployment meets or misses, for it is
	// decided by the wire contract. It fails nothing.
	KindInformation Kind = "information"
)

// Report is what one verification saw.
type Report struct {
	// Environment is what Options called the platform.
	Environment string    `json:"environment"`
	Started     time.Time `json:"started"` // UTC
	Seconds     float64   `json:"seconds"`
	// Tasks is how many of each service had to have work.
	Tasks          int       `json:"tasks"`
	RequireTargets bool      `json:"judgeTargets"`
	Checks         []Summary `json:"checks"`
	Rows           []Row     `json:"rows"`
	Services       []Service `json:"services"`
	// Latency is that of all services together.
	Latency    Latency    `json:"latency"`
	Throughput Throughput `json:"throughput"`
	// Request and Response are the sizes of all subjects' together.
	Request  Size `json:"request"`
	Response Size `json:"response"`
}

// Row is one thing that was wanted.
type Row struct {
	// ID is unique in a report: the check, and what it was made on, for example
	// "answers/svc.quest.v1.generate".
	ID    string `json:"id"`
	Check string `json:"check"`
	Kind  Kind   `json:"kind"`
	// Required says whether the verification fails if the row does not hold.
	Required bool   `json:"judged"`
	Wanted   string `json:"wanted"`
	Seen     string `json:"seen"`
	Held     bool   `json:"held"`
}

// Failed says whether the row fails the verification.
func (r Row) Failed() bool { return r.Required && !r.Held }

// What Row.Verdict says.
const (
	verdictHeld        = "held"
	verdictFailed      = "failed"
	verdictMissed      = "target missed"
	verdictNotRequired = "target missed, not required"
	verdictInformation = "target missed, for information"
)

// Verdict says what came of the row, and whether that counts.
func (r Row) Verdict() string {
	switch {
	case r.Held:
		return verdictHeld
	case r.Kind == KindCheck:
		return verdictFailed
	case r.Required:
		return verdictMissed
	case r.Kind == KindInformation:
		return verdictInformation
	}
	return verdictNotRequired
}

// Summary is one check with all its rows.
type Summary struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Rows  int    `json:"rows"`
	Held  int    `json:"held"`
	// Failed are the rows that fail the verification; NotRequired those that do not hold and fail
	// nothing.
	Failed      int `json:"failed"`
	NotRequired int `json:"notJudged"`
}

// Verdict is "held", or what did not hold.
func (s Summary) Verdict() string {
	switch {
	case s.Held == s.Rows:
		return verdictHeld
	case s.Failed == 0:
		return fmt.Sprintf("%d missed, not required", s.NotRequired)
	case s.NotRequired == 0:
		return fmt.Sprintf("%d failed", s.Failed)
	}
	return fmt.Sprintf("%d failed; %d missed, not required", s.Failed, s.NotRequired)
}

// Service is what was seen of one service.
type Service struct {
	Name     string    `json:"name"`
	Queue    string    `json:"queue"`
	Subjects []Subject `json:"subjects"`
	Share    Share     `json:"share"`
	// Event is nil for a service without events.
	Event   *Event  `json:"event,omitempty"`
	Latency Latency `json:"latency"`
}

// Request is the size of realistic requests to all its subjects together.
func (s Service) Request() (sum Size) {
	for _, subject := range s.Subjects {
		sum = sum.plus(subject.Request)
	}
	return sum
}

// Response is the size of realistic answers of all its subjects together.
func (s Service) Response() (sum Size) {
	for _, subject := range s.Subjects {
		sum = sum.plus(subject.Response)
	}
	return sum
}

// Subject is what was seen of one subject.
type Subject struct {
	Name     string `json:"name"`
	Answered bool   `json:"answered"`
	// Asked says whether it was sent real requests; else it has shown that it answers by refusing
	// one that is none.
	Asked    bool `json:"asked"`
	Request  Size `json:"request"`
	Response Size `json:"response"`
}

// Size is of the same contents in both encodings, in bytes.
type Size struct {
	JSON     int `json:"json"`
	Protobuf int `json:"protobuf"`
}

// Ratio is how many times as large JSON is; 0 if nothing was measured.
func (s Size) Ratio() float64 {
	if s.Protobuf == 0 {
		return 0
	}
	return float64(s.JSON) / float64(s.Protobuf)
}

func (s Size) plus(other Size) Size {
	return Size{s.JSON + other.JSON, s.Protobuf + other.Protobuf}
}

// add notes a row; what it was made on is "" for the only row of a check.
func (r *run) add(check, on string, kind Kind, held bool, wanted, seen string) {
	id := check
	if on != "" {
		id += "/" + on
	}
	r.report.Rows = append(r.report.Rows, Row{
		ID:       id,
		Check:    check,
		Kind:     kind,
		Required: kind == KindCheck || kind == KindTarget && r.RequireTargets,
		Wanted:   wanted,
		Seen:     plain(seen),
		Held:     held,
	})
}

// plain is a text that a service may have had a hand in, without what a terminal would obey.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (r *Report) summary(c check) Summary {
	s := Summary{ID: c.id, Title: c.title}
	for _, row := range r.Rows {
		if row.Check != c.id {
			continue
		}
		s.Rows++
		switch {
		case row.Held:
			s.Held++
		case row.Required:
			s.Failed++
		default:
			s.NotRequired++
		}
	}
	return s
}

// Err is all rows that fail the verification, each as one error; nil if none does.
func (r Report) Err() error {
	var errs []error
	for _, row := range r.Rows {
		if row.Failed() {
			errs = append(errs, fmt.Errorf("%s: wanted %s; seen: %s", row.ID, row.Wanted, row.Seen))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf(
		"%s is not as it should be, %d of %d rows failed:\n%w",
		r.Environment,
		len(errs),
		len(r.Rows),
		errors.Join(errs...),
	)
}

// NotHeld are the rows that do not hold, those that fail the verification first. What is for
// information only is not among them.
func (r Report) NotHeld() []Row {
	var failed, missed []Row
	for _, row := range r.Rows {
		switch {
		case row.Held || row.Kind == KindInformation:
		case row.Failed():
			failed = append(failed, row)
		default:
			missed = append(missed, row)
		}
	}
	return append(failed, missed...)
}

// Outcome is the report in one sentence, for example "112 of 112 checks held; 13 of 22 targets of
// latency and throughput met, not required; 0 of 22 for information".
func (r Report) Outcome() string {
	var required, targets, information portion
	for _, row := range r.Rows {
		switch {
		case row.Required:
			required.count(row.Held)
		case row.Kind == KindTarget:
			targets.count(row.Held)
		default:
			information.count(row.Held)
		}
	}
	text := required.String() + " checks held"
	if targets.all > 0 {
		text += "; " + targets.String() + " targets of latency and throughput met, not required"
	}
	if information.all > 0 {
		text += "; " + information.String() + " for information"
	}
	return text
}

// portion is some of all.
type portion struct{ some, all int }

func (p *portion) count(one bool) {
	if p.all++; one {
		p.some++
	}
}

func (p portion) String() string { return fmt.Sprintf("%d of %d", p.some, p.all) }
