// That each check fails on a platform of which just that is broken.
package verification

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/service"
)

const (
	// quest is a service with one subject and events.
	quest        = "quest-system"
	questSubject = "svc.quest.v1.generate"
	questEvents  = "evt.quest.>"
	settingsGet  = "svc.settings.v1.get"
)

func asItIs(*service.Settings) {}

func expired(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}

func questStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:     "GAME_EVENTS",
		Subjects: []string{questEvents},
		Storage:  jetstream.MemoryStorage,
	}
}

// of is a run that is concerned with some services only, whose subjects are taken for answered.
func of(t *testing.T, o Options, names ...string) *run {
	t.Helper()
	o.ShareRequests, o.LatencyRequests, o.Throughput = 20, 20, 100*time.Millisecond
	r, err := prepare(t.Context(), o)
	require.NoError(t, err)
	r.table = slices.DeleteFunc(r.table, func(s catalog.Service) bool { return !slices.Contains(names, s.Name) })
	r.report.Services = slices.DeleteFunc(
		r.report.Services,
		func(s Service) bool { return !slices.Contains(names, s.Name) },
	)
	for i := range r.report.Services {
		for j := range r.report.Services[i].Subjects {
			r.report.Services[i].Subjects[j].Answered, r.report.Services[i].Subjects[j].Asked = true, true
		}
	}
	return r
}

// row is one of the report's.
func (r *run) row(t *testing.T, id string) Row {
	t.Helper()
	for _, row := range r.report.Rows {
		if row.ID == id {
			return row
		}
	}
	t.Fatalf("no row %s among %v", id, r.report.Rows)
	return Row{}
}

// fails wants a row that fails the whole for a reason.
func (r *run) fails(t *testing.T, id, reason string) {
	t.Helper()
	row := r.row(t, id)
	assert.True(t, row.Failed(), "%s: %s", id, row.Seen)
	assert.Contains(t, row.Seen, reason, id)
	assert.ErrorContains(t, r.report.Err(), id)
}

// answering serves the quest subject in place of the service, with whatever handle does.
func (p *platform) answering(t *testing.T, handle func(r *run, message *natsgo.Msg)) *run {
	t.Helper()
	r := of(t, Options{Client: p.client, Commands: true}, quest)
	_, err := p.administrator.Native().
		QueueSubscribe(questSubject, "q.quest", func(message *natsgo.Msg) { handle(r, message) })
	require.NoError(t, err)
	require.NoError(t, p.administrator.Flush(t.Context()))
	return r
}

// respond answers a request without an error, with its metadata, as no task in particular.
func (r *run) respond(message *natsgo.Msg) {
	request, response := r.methods[questSubject].Messaging().Request(), r.methods[questSubject].Messaging().Response()
	_ = proto.Unmarshal(message.Data, request)
	if meta, has := part(request, "meta"); has {
		meta.Clear(meta.Descriptor().Fields().ByName("labels"))
		response.ProtoReflect().
			Set(response.ProtoReflect().Descriptor().Fields().ByName("meta"), protoreflect.ValueOfMessage(meta))
	}
	data, _ := proto.Marshal(response)
	_ = message.Respond(data)
}

func TestASubjectThatNobodyAnswersFails(t *testing.T) {
	p := newPlatform(t)
	p.inProcess(t, "settings", func(s *service.Settings) { s.Subjects = []string{settingsGet} })
	r := of(t, Options{Client: p.client, Commands: true, Tasks: 1}, "settings", quest)
	answers(t.Context(), r)
	assert.True(t, r.row(t, "answers/"+settingsGet).Held)
	r.fails(t, "answers/svc.settings.v1.update", "no responders")
	r.fails(t, "answers/"+questSubject, "no responders")
	for _, check := range checks()[1:] {
		check.run(t.Context(), r)
	}
	assert.True(t, r.row(t, "share/settings").Held, "its other subject is asked")
	for _, id := range []string{"share/" + quest, "events/" + quest} {
		r.fails(t, id, notSent)
	}
	assert.Equal(t, notSent, r.row(t, "latency/"+quest).Seen)
	assert.Equal(t, 1, r.report.Throughput.Subjects, "what is not answered is not waited for")
}

func TestAnAnswerToAnotherRequestFails(t *testing.T) {
	p := newPlatform(t)
	r := p.answering(t, func(_ *run, m *natsgo.Msg) { _ = m.Respond(nil) })
	answers(t.Context(), r)
	r.fails(t, "answers/"+questSubject, `the answer is of request ""`)
}

func TestAnAnswerOfNoTaskInParticularIsNoShare(t *testing.T) {
	r := newPlatform(t).answering(t, func(r *run, m *natsgo.Msg) { r.respond(m) })
	share(t.Context(), r)
	r.fails(t, "share/"+quest, "does not say which task")
}

func TestATaskWithoutWorkFails(t *testing.T) {
	p := newPlatform(t)
	p.inProcess(t, quest, asItIs)
	r := of(t, Options{Client: p.client, Commands: true}, quest)
	share(t.Context(), r)
	r.fails(t, "share/"+quest, "tasks that answered: 1, 20 of 20, chi-square 20.00")
}

func TestASilentServiceFailsSoon(t *testing.T) {
	p := newPlatform(t)
	var asked atomic.Int64
	r := p.answering(t, func(*run, *natsgo.Msg) { asked.Add(1) })
	r.Patience, r.Requesters = 20*time.Millisecond, 1
	share(t.Context(), r)
	latency(t.Context(), r)
	throughput(t.Context(), r)
	malformed := "errors/malformed/" + questSubject
	failures(t.Context(), r)
	require.NoError(t, p.administrator.Flush(t.Context()))
	r.fails(t, "share/"+quest, "deadline exceeded")
	r.fails(t, "latency/"+quest, "deadline exceeded")
	r.fails(t, "throughput/failures", "deadline exceeded")
	r.fails(t, malformed, "no answer")
	assert.Less(t, asked.Load(), int64(30))
}

// In the warm-up too, failures end the measuring only where nothing is answered between them.
func TestFailuresThatAreNotInARowDoNotEndTheMeasuring(t *testing.T) {
	asked := 0
	r := newPlatform(t).answering(t, func(r *run, m *natsgo.Msg) {
		if asked++; asked%2 == 1 && asked <= 2*giveUp {
			_ = m.Respond([]byte("\x1a\x02\x08\x0b"))
			return
		}
		r.respond(m)
	})
	latency(t.Context(), r)
	measured := r.report.Services[0].Latency
	assert.Equal(t, giveUp, measured.Failed)
	assert.EqualValues(t, r.LatencyRequests, measured.Requests)
	r.fails(t, "latency/"+quest, "internal")
}

func TestAnEventThatIsNotStoredOnceFails(t *testing.T) {
	publishing := func(t *testing.T, p *platform, id func(key string, asked int) string) *run {
		access, err := jetstream.New(p.administrator.Native())
		require.NoError(t, err)
		asked := 0
		return p.answering(t, func(r *run, m *natsgo.Msg) {
			request := r.methods[questSubject].Messaging().Request()
			_ = proto.Unmarshal(m.Data, request)
			asked++
			event, _ := service.EventID(questSubject, request)
			if id := id(event, asked); id != "" {
				_, _ = access.Publish(context.Background(), "evt.quest.answered", nil, jetstream.WithMsgID(id))
			}
			r.respond(m)
		})
	}
	for name, c := range map[string]struct {
		stream []jetstream.StreamConfig
		id     func(key string, asked int) string
		reason string
	}{
		"no stream": {stream: nil, id: func(key string, _ int) string {
			return key
		}, reason: "no stream stores evt.quest.answered"},
		"no event": {stream: []jetstream.StreamConfig{questStream()}, id: func(string, int) string {
			return ""
		}, reason: "its event was not found"},
		"two events": {
			stream: []jetstream.StreamConfig{questStream()}, id: func(key string, asked int) string {
				return key + []string{"-again", ""}[asked%2]
			},
			reason: "1 message(s) of it, and 1 other(s)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := publishing(t, newPlatform(t, c.stream...), c.id)
			if name == "no event" {
				r.EventWait = 500 * time.Millisecond // it is waited for to the end
			}
			events(t.Context(), r)
			r.fails(t, "events/"+quest, c.reason)
		})
	}
}

// Others publish on the same subject on a platform that is in use.
func TestAnEventOfSomebodyElseIsNotTheServices(t *testing.T) {
	p := newPlatform(t, questStream())
	p.inProcess(t, quest, asItIs)
	r := of(t, Options{Client: p.client, Commands: true}, quest)
	access, err := jetstream.New(p.administrator.Native())
	require.NoError(t, err)
	first := true
	_, err = p.administrator.Native().Subscribe(questSubject, func(*natsgo.Msg) {
		if first {
			first = false
			_, _ = access.Publish(context.Background(), "evt.quest.answered", nil)
		}
	})
	require.NoError(t, err)
	require.NoError(t, p.administrator.Flush(t.Context()))
	events(t.Context(), r)
	assert.True(t, r.row(t, "events/"+quest).Held, r.row(t, "events/"+quest).Seen)
}

func TestMalformedRequestsMustBeToldSo(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(*run, *natsgo.Msg)
		reason string
	}{
		"garbage": {handle: func(_ *run, m *natsgo.Msg) {
			_ = m.Respond(noMessage)
		}, reason: "an answer that is no quest.v1.QuestGenerationResponse"},
		"success": {handle: func(r *run, m *natsgo.Msg) { r.respond(m) }, reason: "answered without an error"},
		"another": {handle: func(_ *run, m *natsgo.Msg) {
			_ = m.Respond([]byte("\x1a\x02\x08\x0b"))
		}, reason: `"internal"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newPlatform(t).answering(t, c.handle)
			seen, held := r.malformed(t.Context(), questSubject)
			assert.False(t, held)
			assert.Contains(t, seen, c.reason)
		})
	}
}

func TestWhatMustFailAndIsAnsweredFails(t *testing.T) {
	p := newPlatform(t)
	p.inProcess(t, quest, asItIs)
	_, err := p.administrator.Native().Subscribe(nobody, func(m *natsgo.Msg) { _ = m.Respond(nil) })
	require.NoError(t, err)
	// This identity may do everything.
	r := of(t, Options{Client: p.administrator, Commands: true}, quest)
	failures(t.Context(), r)
	r.fails(t, "errors/no-responder", "the answer is of request")
	for _, refusal := range refusals("…", r.front) {
		r.fails(t, "errors/forbidden/"+refusal.verb+" "+refusal.subject, "allowed")
	}
	for _, id := range []string{"errors/deadline", "errors/too-large", "errors/malformed/" + questSubject} {
		assert.True(t, r.row(t, id).Held, r.row(t, id).Seen)
	}
}

func TestOnlyTheWantedCodeIsRight(t *testing.T) {
	for want, err := range map[string]error{
		"answered without an error": nil,
		"an error without a code":   errors.New("broken"),
		"aborted: ended":            &messaging.Error{Code: messaging.Aborted, Message: "ended"},
	} {
		seen, held := checkFailure(err, messaging.DeadlineExceeded)
		assert.Contains(t, seen, want)
		assert.False(t, held)
	}
	_, held := checkFailure(&messaging.Error{Code: messaging.DeadlineExceeded}, messaging.DeadlineExceeded)
	assert.True(t, held)
}

func TestAServiceThatReportsAnErrorIsNotAnswering(t *testing.T) {
	r := newPlatform(t).answering(t, func(_ *run, m *natsgo.Msg) { _ = m.Respond([]byte("\x1a\x02\x08\x0b")) })
	answers(t.Context(), r)
	r.fails(t, "answers/"+questSubject, "internal")
	r.report.Services[0].Subjects[0].Answered, r.report.Services[0].Subjects[0].Asked = true, true
	throughput(t.Context(), r)
	r.fails(t, "throughput/failures", `reports the error "internal"`)
}
