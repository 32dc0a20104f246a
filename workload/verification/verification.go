// Package verification checks a deployed platform from inside, as one of its clients: every service
// answers, its tasks share the work, its events are stored, errors come as errors, and the
// product's targets of latency, throughput and size are measured.
//
//	options := verification.Options{Client: client, RequireTargets: true, Out: os.Stderr}
//	report, err := verification.Run(ctx, options)
//	err = errors.Join(err, report.Table(os.Stdout), report.HTML(file), report.Err())
//
// The identity of the client needs to publish to svc.>, $JS.API.STREAM.NAMES, $JS.API.STREAM.INFO
// and $JS.API.STREAM.MSG.GET of the streams of events, and to subscribe to its own inbox. It should
// be allowed nothing else: the check "errors" requires that other subjects are refused. Every
// service must be allowed to answer into that inbox.
//
// All requests are about made-up players and things (messages.json). With Options.Commands what the
// checks leave behind is an event for each service that has events (at most three), whose message
// id has "verify-" and a random text in it, and the answers to those commands, which the services
// forget by themselves.
package verification

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// Defaults of Options.
const (
	// DefaultTasks is how many tasks the platform starts for each service.
	DefaultTasks = 2
	// DefaultShareRequests leaves one of two tasks without work by chance once in 2^199 runs.
	DefaultShareRequests = 200
	// DefaultLatencyRequests: two of so many are slower than the 99th percentile.
	DefaultLatencyRequests = 200
	// DefaultRequesters is as many as the load of the drills and the benchmark has (internal/bench,
	// natsCases).
	DefaultRequesters = 8
	// DefaultThroughput evens out pauses of a second.
	DefaultThroughput = 5 * time.Second
	// DefaultPatience is the client's own for a request without a deadline.
	DefaultPatience = messaging.DefaultTimeout
	// DefaultEventWait covers a command that is the first of its task (it connects to Redis), asked
	// again once, and its event.
	DefaultEventWait = 10 * time.Second
)

// Options say what is checked. Only Client must be set.
type Options struct {
	// Client is connected as the identity that verifies.
	Client *messaging.Client
	// Environment is what the report calls the platform, for example "prod"; "the platform" if "".
	Environment string
	// Tasks is how many tasks of each service must have work; DefaultTasks if 0.
	Tasks int
	// ShareRequests are the requests to each service whose answers are counted by task;
	// DefaultShareRequests if 0.
	ShareRequests int
	// LatencyRequests are the measured requests to each service, one after the other;
	// DefaultLatencyRequests if 0.
	LatencyRequests int
	// Requesters ask at the same time, each again as soon as it is answered; DefaultRequesters if
	// 0. Together they can reach no more requests a second than their number divided by the mean
	// latency in seconds.
	Requesters int
	// Throughput is how long they do; DefaultThroughput if 0.
	Throughput time.Duration
	// Patience is how long one request may take; DefaultPatience if 0. EventWait is how long a
	// command, and then its event, may take; DefaultEventWait if 0.
	Patience, EventWait time.Duration
	// Commands says whether requests that may change something are sent, hundreds of times. Where
	// services are real they are ordered to make payments and quests for the made-up players of
	// messages.json; left false, only subjects that read are asked, the others have to refuse a
	// request that is none.
	Commands bool
	// RequireTargets says whether a missed target of latency or throughput fails the verification.
	// Set it on AWS. A rehearsal leaves it false: a small computer shares its cores with all
	// servers and tasks, so what is measured there is reported as missed and not required.
	RequireTargets bool
	// Out gets a line for each check that has ended; nil: nobody does.
	Out io.Writer
}

func (o Options) completed() Options {
	o.Tasks, o.ShareRequests = cmp.Or(o.Tasks, DefaultTasks), cmp.Or(o.ShareRequests, DefaultShareRequests)
	o.LatencyRequests = cmp.Or(o.LatencyRequests, DefaultLatencyRequests)
	o.Requesters, o.Throughput = cmp.Or(o.Requesters, DefaultRequesters), cmp.Or(o.Throughput, DefaultThroughput)
	o.Environment = cmp.Or(o.Environment, "the platform")
	o.Patience, o.EventWait = cmp.Or(o.Patience, DefaultPatience), cmp.Or(o.EventWait, DefaultEventWait)
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

// check is one of the table: it adds its rows to the report of a run.
type check struct {
	id, title string
	run       func(context.Context, *run)
}

// checks are in the order in which they run: later ones leave out subjects that nobody answered in
// the first.
func checks() []check {
	return []check{
		{id: "answers", title: "Every service answers each of its subjects", run: answers},
		{id: "share", title: "The tasks of a service share its work", run: share},
		{id: "events", title: "A command's event is stored, once", run: events},
		{id: "errors", title: "Errors come as errors", run: failures},
		{
			id:    "latency",
			title: fmt.Sprintf("p50 below %s and p99 below %s", spelled(TargetP50), spelled(TargetP99)),
			run:   latency,
		},
		{id: "throughput", title: fmt.Sprintf("At least %d requests a second", TargetThroughput), run: throughput},
		{
			id:    "sizes",
			title: fmt.Sprintf("JSON is at least %v times as large as protobuf", TargetSizeRatio),
			run:   sizes,
		},
	}
}

// run is one verification under way.
type run struct {
	Options
	table []catalog.Service
	// front is the gateway's name.
	front    string
	methods  map[string]contract.Method
	contents map[string]content
	// id distinguishes this run's commands from those of any other.
	id     string
	report *Report
}

// Run makes all checks, whatever the earlier ones saw, and returns what was seen. What did not hold
// is in the report (Report.Err); an error says that the platform was not checked, or not to the
// end.
func Run(ctx context.Context, o Options) (Report, error) {
	r, err := prepare(ctx, o)
	if err != nil {
		return Report{}, fmt.Errorf("preparing the verification of %q: %w", o.Environment, err)
	}
	began := time.Now()
	for _, c := range checks() {
		if ctx.Err() != nil {
			break
		}
		started := time.Now()
		c.run(ctx, r)
		summary := r.report.summary(c)
		r.report.Checks = append(r.report.Checks, summary)
		fmt.Fprintf(
			r.Out,
			"%-11s %3d of %3d held  %6.1f s  %s\n",
			c.id,
			summary.Held,
			summary.Rows,
			time.Since(started).Seconds(),
			summary.Verdict(),
		)
	}
	r.report.Seconds = time.Since(began).Seconds()
	if err := ctx.Err(); err != nil {
		return *r.report, fmt.Errorf(
			"verifying %q: ended after %d of %d checks: %w",
			o.Environment,
			len(r.report.Checks),
			len(checks()),
			err,
		)
	}
	return *r.report, nil
}

// prepare reads the tables and the contract, and begins the report.
func prepare(ctx context.Context, o Options) (*run, error) {
	if o.Client == nil {
		return nil, errors.New("Options.Client is not set: connect with messaging.Connect")
	}
	table, front, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	methods, err := contract.Load(ctx)
	if err != nil {
		return nil, err
	}
	contents, err := realistic(methods)
	if err != nil {
		return nil, err
	}
	r := &run{
		Options:  o.completed(),
		table:    table,
		front:    front.Name,
		methods:  methods,
		contents: contents,
		id:       rand.Text(),
	}
	r.report = &Report{
		Environment:    r.Environment,
		Started:        time.Now().UTC(),
		RequireTargets: o.RequireTargets,
		Tasks:          r.Tasks,
	}
	for _, service := range table {
		seen := Service{Name: service.Name, Queue: service.Queue}
		for _, subject := range service.RPC {
			seen.Subjects = append(seen.Subjects, Subject{Name: subject})
		}
		r.report.Services = append(r.report.Services, seen)
	}
	return r, nil
}

// ask asks a subject with realistic contents; with a key it is a command.
func (r *run) ask(ctx context.Context, subject, key string) (proto.Message, error) {
	request, response := r.made(subject, key)
	return response, r.send(ctx, subject, request, response)
}

// made is a request that can be sent, and the message that its response is read into.
func (r *run) made(subject, key string) (request, response proto.Message) {
	return r.contents[subject].toSend(key), r.methods[subject].Messaging().Response()
}

// send waits for the response as long as the run's patience lasts.
func (r *run) send(ctx context.Context, subject string, request, response proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	return r.Client.Request(ctx, subject, request, response)
}
