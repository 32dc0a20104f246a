// The load that runs while things break: clients that send requests, a service that answers, and
// publishers that write down every message which the cluster said it has stored.

package stage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/poll"
)

const (
	requesters = 8
	publishers = 2
	// AnswerLimit is how long a requester waits for an answer before it asks once more.
	AnswerLimit = 2 * time.Second
	// LoadService answers svc.quest.v1.generate and owns evt.quest.>, which GAME_EVENTS stores in
	// three replicas.
	LoadService = "quest-system"
	// LoadSubject is the one that the load requests.
	LoadSubject = "svc.quest.v1.generate"
	// LoadEvents is the subject that the load publishes to.
	LoadEvents = "evt.quest.rehearsed"
	// LoadStream stores what the load publishes.
	LoadStream = "GAME_EVENTS"
	// LoadCaller is the identity that requests.
	LoadCaller = "http-nats-gateway"
)

// Load is a running load.
type Load struct {
	from        *Client
	cancel      context.CancelFunc
	running     sync.WaitGroup
	connections []*natsgo.Conn

	mu      sync.Mutex
	report  LoadReport
	acked   map[string]uint64 // message id → sequence that the cluster acknowledged
	answers map[int]time.Time // last answer of each requester
	stores  map[int]time.Time // last acknowledgement of each publisher
}

// LoadReport is what the load met.
type LoadReport struct {
	Requests, Retried, Failed int           // Failed: not answered at the second try either
	Acknowledged, Lost        int           // messages; Lost: acknowledged and not there at the end
	RefusedWrites             int           // publishes without an acknowledgement
	LongestStall              time.Duration // longest time a requester went without an answer
	LongestWriteStall         time.Duration // longest time a publisher went without an acknowledgement
	FirstFailure              string
}

func (r LoadReport) String() string {
	return fmt.Sprintf(
		"%d requests (%d retried, %d failed, longest stall %.1f s), %d messages acknowledged (%d lost, %d not "+
			"acknowledged, longest stall %.1f s)",
		r.Requests,
		r.Retried,
		r.Failed,
		r.LongestStall.Seconds(),
		r.Acknowledged,
		r.Lost,
		r.RefusedWrites,
		r.LongestWriteStall.Seconds(),
	)
}

// StartLoad begins the load through the load balancer.
func StartLoad(ctx context.Context, s *Stage) (*Load, error) {
	client, err := s.Attach(ctx, "load", "service")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Load{
		from:    client,
		cancel:  cancel,
		acked:   map[string]uint64{},
		answers: map[int]time.Time{},
		stores:  map[int]time.Time{},
	}
	if err := l.begin(ctx); err != nil {
		l.end()
		return nil, fmt.Errorf("starting the load: %w", err)
	}
	return l, nil
}

// Connect connects as an identity; the connection is closed when the load ends.
func (l *Load) Connect(identity string) (*natsgo.Conn, error) {
	connection, err := l.from.Connect(identity)
	if err == nil {
		l.connections = append(l.connections, connection)
	}
	return connection, err
}

func (l *Load) begin(ctx context.Context) error {
	for range 2 { // the two tasks of a service
		answering, err := l.Connect(LoadService)
		if err != nil {
			return err
		}
		if _, err := answering.QueueSubscribe(LoadSubject, "q.quest", func(m *natsgo.Msg) {
			_ = m.Respond(m.Data) // a lost answer shows at the requester
		}); err != nil {
			return fmt.Errorf("answering %s: %w", LoadSubject, err)
		}
		if err := answering.FlushTimeout(AnswerLimit); err != nil {
			return err
		}
	}
	for i := range requesters {
		asking, err := l.Connect(LoadCaller)
		if err != nil {
			return err
		}
		l.begun(l.answers, i)
		l.running.Go(func() { l.ask(ctx, i, asking) })
	}
	for i := range publishers {
		writing, err := l.Connect(LoadService)
		if err != nil {
			return err
		}
		stream, err := jetstream.New(writing, jetstream.WithDefaultTimeout(AnswerLimit))
		if err != nil {
			return err
		}
		l.begun(l.stores, i)
		l.running.Go(func() { l.publish(ctx, i, stream) })
	}
	return nil
}

// begun says from when a requester or publisher counts its stalls; those before it run already.
func (l *Load) begun(last map[int]time.Time, i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last[i] = time.Now()
}

// pause is between two requests of one requester: the load shows faults, it does not measure speed.
const pause = 2 * time.Millisecond

func (l *Load) ask(ctx context.Context, i int, c *natsgo.Conn) {
	for n := 0; ctx.Err() == nil; n++ {
		body := []byte(strconv.Itoa(i) + "-" + strconv.Itoa(n))
		err := l.request(ctx, c, body)
		retried := err != nil && ctx.Err() == nil
		if retried {
			err = l.request(ctx, c, body)
		}
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.report.Requests++
		l.report.LongestStall = max(l.report.LongestStall, time.Since(l.answers[i]))
		if retried {
			l.report.Retried++
		}
		if err == nil {
			l.answers[i] = time.Now()
		} else {
			l.report.Failed++
			if l.report.FirstFailure == "" {
				l.report.FirstFailure = err.Error()
			}
		}
		l.mu.Unlock()
		time.Sleep(pause)
	}
}

func (l *Load) request(ctx context.Context, c *natsgo.Conn, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, AnswerLimit)
	defer cancel()
	answer, err := c.RequestWithContext(ctx, LoadSubject, body)
	if err == nil && string(answer.Data) != string(body) {
		return fmt.Errorf("the request is %q, the answer is %q", body, answer.Data)
	}
	if err != nil && c.Status() != natsgo.CONNECTED {
		// Buffered while the client reconnects: the second try waits for that.
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (l *Load) publish(ctx context.Context, i int, stream jetstream.JetStream) {
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("publisher-%d-%d", i, n)
		ack, err := stream.Publish(ctx, LoadEvents, []byte(id), jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
		l.mu.Lock()
		switch {
		case err == nil:
			l.report.Acknowledged++
			l.acked[id] = ack.Sequence
			l.report.LongestWriteStall = max(l.report.LongestWriteStall, time.Since(l.stores[i]))
			l.stores[i] = time.Now()
		case ctx.Err() == nil:
			l.report.RefusedWrites++
		}
		l.mu.Unlock()
		time.Sleep(5 * pause)
	}
}

// Reconnects are how often the load's connections were made anew.
func (l *Load) Reconnects() (n uint64) {
	for _, c := range l.connections {
		n += c.Stats().Reconnects
	}
	return n
}

// SoFar is the report while the load runs.
func (l *Load) SoFar() LoadReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report
}

// Stop ends the load and reads every acknowledged message back.
func (l *Load) Stop(ctx context.Context) (LoadReport, error) {
	l.cancel()
	l.running.Wait()
	err := l.readBack(ctx)
	l.end()
	return l.report, err
}

func (l *Load) end() {
	l.cancel()
	l.running.Wait()
	for _, c := range l.connections {
		c.Close()
	}
	l.from.Detach()
}

// readBack gets each acknowledged message by the sequence it was acknowledged with. A stream may be
// between two leaders when a request arrives, so a reader asks again, as any client does.
func (l *Load) readBack(ctx context.Context) error {
	administrator, err := l.Connect(catalog.Administrator)
	if err != nil {
		return err
	}
	access, err := jetstream.New(administrator)
	if err != nil {
		return err
	}
	var stream jetstream.Stream
	if err := poll.For(ctx, SettleLimit, func() (err error) {
		stream, err = access.Stream(ctx, LoadStream)
		return err
	}); err != nil {
		return fmt.Errorf("reading %s back: %w", LoadStream, err)
	}
	for id, sequence := range l.acked {
		body, err := l.stored(ctx, stream, sequence)
		if err != nil {
			return fmt.Errorf("reading message %d of %s back: %w", sequence, LoadStream, err)
		}
		if string(body) != id {
			l.report.Lost++
		}
	}
	return nil
}

// stored is the body of a message; nil if the stream does not have it. Any replica may answer, one
// that is a moment behind too, so "not found" leads to another request until a first message is
// lost for good.
func (l *Load) stored(ctx context.Context, stream jetstream.Stream, sequence uint64) (body []byte, err error) {
	limit := AnswerLimit
	if l.report.Lost > 0 {
		limit = 0
	}
	missing := false
	err = poll.For(ctx, limit, func() error {
		message, err := stream.GetMsg(ctx, sequence)
		if missing = errors.Is(err, jetstream.ErrMsgNotFound); err == nil {
			body = message.Data
		}
		return err
	})
	if missing {
		return nil, nil
	}
	return body, err
}

// AwaitService waits until requests are answered and messages acknowledged again.
func (l *Load) AwaitService(ctx context.Context) error {
	before := l.SoFar()
	return errors.Join(l.AwaitReplies(ctx), poll.For(ctx, SettleLimit, func() error {
		if l.SoFar().Acknowledged <= before.Acknowledged+publishers {
			return errors.New("no acknowledgements since")
		}
		return nil
	}))
}

// AwaitReplies waits until requests are answered again.
func (l *Load) AwaitReplies(ctx context.Context) error {
	before := l.SoFar()
	return poll.For(ctx, SettleLimit, func() error {
		if now := l.SoFar(); now.Requests-now.Failed <= before.Requests-before.Failed+requesters {
			return errors.New("no answers since")
		}
		return nil
	})
}

// AddAcknowledged adds a message that somebody else published and the cluster acknowledged: it is
// read back with the load's own.
func (l *Load) AddAcknowledged(id string, sequence uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[id] = sequence
}
