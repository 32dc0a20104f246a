package controller

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
)

// applied is a server with the shipped table, small.
func applied(t *testing.T) jetstream.JetStream {
	t.Helper()
	access := jetStream(t)
	for _, s := range small(t) {
		require.NoError(t, apply(t.Context(), access, s, nil, &Response{}))
	}
	return access
}

// key is the administrator's in all tests.
var key = sync.OnceValue(func() nkeys.KeyPair {
	pair, err := nkeys.CreateUser()
	if err != nil {
		panic(err)
	}
	return pair
})

// exhaust publishes a message and refuses every delivery of it.
func exhaust(t *testing.T, access jetstream.JetStream, stream, durable string, message *natsgo.Msg) (sequence uint64) {
	t.Helper()
	ack, err := access.PublishMsg(t.Context(), message)
	require.NoError(t, err)
	consumer, err := access.Consumer(t.Context(), stream, durable)
	require.NoError(t, err)
	for range consumer.CachedInfo().Config.MaxDeliver {
		delivered, err := consumer.Next(jetstream.FetchMaxWait(5 * time.Second))
		require.NoError(t, err)
		require.NoError(t, delivered.Nak())
	}
	// The advisory is made when the consumer would deliver once more.
	_, err = consumer.Next(jetstream.FetchMaxWait(100 * time.Millisecond))
	require.Error(t, err, "no delivery is left")
	waiting, err := access.Stream(t.Context(), catalog.AdvisoryStream)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		info, err := waiting.Info(t.Context())
		return err == nil && info.State.Msgs > 0
	}, 10*time.Second, 10*time.Millisecond, "the advisory is kept")
	return ack.Sequence
}

func letters(t *testing.T, access jetstream.JetStream, subject string) (count uint64, newest *jetstream.RawStreamMsg) {
	t.Helper()
	dlq, err := access.Stream(t.Context(), "DLQ")
	require.NoError(t, err)
	info, err := dlq.Info(t.Context(), jetstream.WithSubjectFilter(subject))
	require.NoError(t, err)
	if count = info.State.Subjects[subject]; count > 0 {
		newest, err = dlq.GetLastMsgForSubject(t.Context(), subject)
		require.NoError(t, err)
	}
	return count, newest
}

func TestAMessageThatNobodyProcessesBecomesADeadLetterOnce(t *testing.T) {
	access := applied(t)
	message := natsgo.NewMsg("evt.quest.stuck")
	message.Data = []byte("a quest")
	message.Header.Set("Trace", "42")
	message.Header.Set(jetstream.MsgIDHeader, "the publisher's own")
	sequence := exhaust(t, access, "GAME_EVENTS", "quest_processor", message)

	moved, err := moveDeadLetters(
		t.Context(),
		access,
		key(),
		map[string]string{"GAME_EVENTS.quest_processor": "dlq.quests"},
	)
	require.NoError(t, err)
	assert.Equal(t, 1, moved)
	count, letter := letters(t, access, "dlq.quests")
	require.EqualValues(t, 1, count)
	assert.Equal(t, "a quest", string(letter.Data))
	for name, want := range map[string]string{
		"Trace": "42", LetterStream: "GAME_EVENTS", LetterConsumer: "quest_processor", LetterSubject: "evt.quest.stuck",
		LetterSequence: strconv.FormatUint(sequence, 10), LetterDeliveries: "3",
		"Original-Nats-Msg-Id": "the publisher's own", LetterLacks: "",
	} {
		assert.Equal(t, want, letter.Header.Get(name), name)
	}

	moved, err = moveDeadLetters(t.Context(), access, key(), nil)
	require.NoError(t, err)
	assert.Zero(t, moved, "the advisory is done with")
	origin, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	_, err = origin.GetMsg(t.Context(), sequence)
	assert.NoError(t, err, "other readers still find it")
}

// A tick that ends between the letter and its acknowledgement leaves the advisory, even beyond the
// time in which the DLQ knows message ids.
func TestALetterThatStandsIsNotWrittenAgain(t *testing.T) {
	access := applied(t)
	exhaust(t, access, "GAME_EVENTS", "quest_processor", &natsgo.Msg{Subject: "evt.quest.stuck"})
	waiting, err := access.Stream(t.Context(), catalog.AdvisoryStream)
	require.NoError(t, err)
	advisory, err := waiting.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	var e exhausted
	require.NoError(t, json.Unmarshal(advisory.Data, &e))
	forgetful := e.letter("dlq.GAME_EVENTS.quest_processor", nil, 0)
	forgetful.Header.Del(jetstream.MsgIDHeader)
	require.NoError(t, sign(forgetful, key()))
	_, err = access.PublishMsg(t.Context(), forgetful)
	require.NoError(t, err)
	_, err = moveDeadLetters(t.Context(), access, key(), nil)
	require.NoError(t, err)
	count, _ := letters(t, access, "dlq.GAME_EVENTS.quest_processor")
	assert.EqualValues(t, 1, count)
}

func TestAWorkQueueLetsADeadLetterGo(t *testing.T) {
	access := applied(t)
	sequence := exhaust(
		t,
		access,
		"ORCHESTRATION_WORK",
		"orchestration_worker",
		&natsgo.Msg{Subject: "evt.orchestration.step", Data: []byte("a step")},
	)
	moved, err := moveDeadLetters(t.Context(), access, key(), nil)
	require.NoError(t, err)
	assert.Equal(t, 1, moved)
	_, letter := letters(t, access, "dlq.ORCHESTRATION_WORK.orchestration_worker")
	require.NotNil(t, letter)
	assert.Equal(t, "a step", string(letter.Data))
	work, err := access.Stream(t.Context(), "ORCHESTRATION_WORK")
	require.NoError(t, err)
	_, err = work.GetMsg(t.Context(), sequence)
	assert.ErrorIs(t, err, jetstream.ErrMsgNotFound, "nobody would ever get it again")
}

func TestALetterSaysWhatItLacks(t *testing.T) {
	access := applied(t)
	sequence := exhaust(
		t,
		access,
		"GAME_EVENTS",
		"quest_processor",
		&natsgo.Msg{Subject: "evt.quest.stuck", Data: []byte("gone soon")},
	)
	origin, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	require.NoError(t, origin.DeleteMsg(t.Context(), sequence))
	moved, err := moveDeadLetters(t.Context(), access, key(), nil)
	require.NoError(t, err)
	assert.Equal(t, 1, moved)
	_, letter := letters(t, access, "dlq.GAME_EVENTS.quest_processor")
	assert.Contains(t, letter.Header.Get(LetterLacks), "did not have it any more")

	large := exhausted{
		Stream:   "S",
		Consumer: "c",
		Sequence: 7,
	}.letter(
		"dlq.S.c",
		&jetstream.RawStreamMsg{Subject: "s", Data: []byte(strings.Repeat("x", 2000))},
		1500,
	)
	assert.Empty(t, large.Data)
	assert.Contains(t, large.Header.Get(LetterLacks), "its 2000 bytes do not fit")
}

func TestAnAdvisoryNamesWhatTheLetterNeeds(t *testing.T) {
	var e exhausted
	require.NoError(
		t,
		json.Unmarshal(
			[]byte(`{"type":"io.nats.jetstream.advisory.v1.max_deliver","id":"x","timestamp":"2026-11-23T20:00:00Z",`+
				`"stream":"GAME_EVENTS","consumer":"quest_processor","stream_seq":17,"deliveries":3}`),
			&e,
		),
	)
	assert.Equal(t, exhausted{
		Type:       advisoryType,
		Stream:     "GAME_EVENTS",
		Consumer:   "quest_processor",
		Sequence:   17,
		Deliveries: 3,
		Time:       time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC),
	}, e)
}

// A stream that was deleted meanwhile must not keep the dead letters of others waiting.
func TestAnAdvisoryOfAStreamThatIsGoneKeepsNoneWaiting(t *testing.T) {
	access := applied(t)
	exhaust(t, access, "ORCHESTRATION_WORK", "orchestration_worker", &natsgo.Msg{Subject: "evt.orchestration.step"})
	require.NoError(t, access.DeleteStream(t.Context(), "ORCHESTRATION_WORK"))
	_, err := access.Publish(t.Context(), "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.X.Y", []byte("no advisory"))
	require.NoError(t, err)
	exhaust(t, access, "GAME_EVENTS", "quest_processor", &natsgo.Msg{Subject: "evt.quest.stuck"})
	moved, err := moveDeadLetters(t.Context(), access, key(), nil)
	assert.ErrorContains(t, err, "reading an advisory")
	assert.Equal(t, 2, moved)
	count, _ := letters(t, access, "dlq.GAME_EVENTS.quest_processor")
	assert.EqualValues(t, 1, count)
	_, letter := letters(t, access, "dlq.ORCHESTRATION_WORK.orchestration_worker")
	require.NotNil(t, letter)
	assert.NotEmpty(t, letter.Header.Get(LetterLacks))
}

// Sequences begin again in a stream that was made anew; its letters are other letters.
func TestASequenceThatComesAgainIsAnotherLetter(t *testing.T) {
	access := applied(t)
	for _, body := range []string{"first", "second"} {
		exhaust(
			t,
			access,
			"ORCHESTRATION_WORK",
			"orchestration_worker",
			&natsgo.Msg{Subject: "evt.orchestration.step", Data: []byte(body)},
		)
		_, err := moveDeadLetters(t.Context(), access, key(), nil)
		require.NoError(t, err)
		_, letter := letters(t, access, "dlq.ORCHESTRATION_WORK.orchestration_worker")
		assert.Equal(t, body, string(letter.Data))
		require.NoError(t, access.DeleteStream(t.Context(), "ORCHESTRATION_WORK"))
		require.NoError(t, apply(t.Context(), access, small(t)[3], nil, &Response{}))
	}
}

func TestALetterThatLacksItsBodyLeavesTheMessage(t *testing.T) {
	access := applied(t)
	sequence := exhaust(
		t,
		access,
		"ORCHESTRATION_WORK",
		"orchestration_worker",
		&natsgo.Msg{Subject: "evt.orchestration.step", Data: make([]byte, 2000)},
	)
	dlq, err := access.Stream(t.Context(), "DLQ")
	require.NoError(t, err)
	config := dlq.CachedInfo().Config
	config.MaxMsgSize = 1500
	_, err = access.UpdateStream(t.Context(), config)
	require.NoError(t, err)
	_, err = moveDeadLetters(t.Context(), access, key(), nil)
	require.NoError(t, err)
	_, letter := letters(t, access, "dlq.ORCHESTRATION_WORK.orchestration_worker")
	assert.Contains(t, letter.Header.Get(LetterLacks), "its 2000 bytes do not fit")
	work, err := access.Stream(t.Context(), "ORCHESTRATION_WORK")
	require.NoError(t, err)
	_, err = work.GetMsg(t.Context(), sequence)
	assert.NoError(t, err)
}

func TestALetterIsNotWhatItsMessageClaims(t *testing.T) {
	letter := exhausted{Stream: "S", Consumer: "c", Sequence: 7}.letter("dlq.S.c", &jetstream.RawStreamMsg{
		Subject: "s",
		Header:  natsgo.Header{LetterStream: []string{"OTHER"}, LetterLacks: []string{"everything"}},
	}, 0)
	assert.Equal(t, "S", letter.Header.Get(LetterStream))
	assert.Empty(t, letter.Header.Get(LetterLacks))
	assert.Equal(t, "OTHER", letter.Header.Get("Original-"+LetterStream))
}

func TestADeadLetterGoesBackWithItsBodyAndItsOwnHeaders(t *testing.T) {
	access := applied(t)
	message := natsgo.NewMsg("evt.quest.stuck")
	message.Data = []byte{'a', 0, 0xff, '\n'}
	message.Header.Set("Trace", "42")
	message.Header.Set(jetstream.MsgIDHeader, "the publisher's own")
	exhaust(t, access, "GAME_EVENTS", "quest_processor", message)
	_, err := moveDeadLetters(
		t.Context(),
		access,
		key(),
		map[string]string{"GAME_EVENTS.quest_processor": "dlq.quests"},
	)
	require.NoError(t, err)
	_, letter := letters(t, access, "dlq.quests")

	response, err := resendLetters(t.Context(), access, key(), []uint64{letter.Sequence, letter.Sequence + 7})
	assert.ErrorContains(t, err, fmt.Sprintf("resending letter %d of DLQ", letter.Sequence+7))
	assert.Equal(t, []string{fmt.Sprintf("%d: evt.quest.stuck", letter.Sequence)}, response.Resent)
	origin, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	again, err := origin.GetLastMsgForSubject(t.Context(), "evt.quest.stuck")
	require.NoError(t, err)
	assert.Equal(t, message.Data, again.Data)
	assert.Equal(t, "42", again.Header.Get("Trace"))
	assert.Equal(
		t,
		"resent."+letter.Header.Get(jetstream.MsgIDHeader),
		again.Header.Get(jetstream.MsgIDHeader),
		"it is none of the publisher's duplicates",
	)
	assert.Empty(t, again.Header.Get(LetterStream), "it is no letter any more")
	left, _ := letters(t, access, "dlq.quests")
	assert.Zero(t, left)
}

func TestALetterWithoutItsBodyIsNotSentAgain(t *testing.T) {
	access := applied(t)
	letter := exhausted{Stream: "GAME_EVENTS", Consumer: "quest_processor", Sequence: 99}.letter("dlq.quests", nil, 0)
	stored, err := access.PublishMsg(t.Context(), letter)
	require.NoError(t, err)
	_, err = resendLetters(t.Context(), access, key(), []uint64{stored.Sequence})
	assert.ErrorContains(t, err, "it stays: its stream did not have it any more")
	left, _ := letters(t, access, "dlq.quests")
	assert.EqualValues(t, 1, left)
}

// forge stores an advisory as whoever may pull can have one stored: the server answers a pull under
// any subject.
func forge(t *testing.T, access jetstream.JetStream, subject, body string) {
	t.Helper()
	_, err := access.Publish(t.Context(), "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."+subject, []byte(body))
	require.NoError(t, err)
}

func TestAForgedAdvisoryTakesNoWorkAway(t *testing.T) {
	access := applied(t)
	ack, err := access.Publish(t.Context(), "evt.orchestration.step", []byte("work that waits"))
	require.NoError(t, err)
	body := fmt.Sprintf(
		`{"type":%q,"stream":"ORCHESTRATION_WORK","consumer":"orchestration_worker","stream_seq":%d,"deliveries":5}`,
		advisoryType,
		ack.Sequence,
	)
	forge(t, access, "a.b", body)
	forge(t, access, "ORCHESTRATION_WORK.orchestration_worker", body)
	forge(t, access, "GAME_EVENTS.seq", `{"stream":"GAME_EVENTS","seq":1}`)
	moved, err := moveDeadLetters(t.Context(), access, key(), nil)
	assert.ErrorIs(t, err, errForged)
	assert.ErrorContains(t, err, "was given messages up to 0 and not message 1")
	assert.Zero(t, moved)
	work, err := access.Stream(t.Context(), "ORCHESTRATION_WORK")
	require.NoError(t, err)
	_, err = work.GetMsg(t.Context(), ack.Sequence)
	assert.NoError(t, err, "it still waits for its worker")
	waiting, err := access.Stream(t.Context(), catalog.AdvisoryStream)
	require.NoError(t, err)
	info, err := waiting.Info(t.Context())
	require.NoError(t, err)
	assert.Zero(t, info.State.Msgs, "none of them is looked at again")
}

func TestManyForgedAdvisoriesKeepNoRealOneWaiting(t *testing.T) {
	access := applied(t)
	waiting, err := access.Consumer(t.Context(), catalog.AdvisoryStream, advisoryConsumer)
	require.NoError(t, err)
	assert.Equal(t, -1, waiting.CachedInfo().Config.MaxAckPending, "those that are tried again take nobody's place")
	for i := range 20 {
		forge(t, access, "GAME_EVENTS.quest_processor", fmt.Sprintf(`{"stream":"GAME_EVENTS","seq":%d}`, i))
	}
	exhaust(t, access, "GAME_EVENTS", "quest_processor", &natsgo.Msg{Subject: "evt.quest.stuck"})
	moved, err := moveDeadLetters(t.Context(), access, key(), nil)
	assert.ErrorContains(t, err, "and 15 more")
	assert.Equal(t, 1, moved)
}

func TestALetterOfSomebodyElseIsNotSentForHim(t *testing.T) {
	access := applied(t)
	for _, subject := range []string{"evt.payment.completed", "$JS.API.STREAM.PURGE.ORCHESTRATION_WORK"} {
		letter := exhausted{
			Stream:   "GAME_EVENTS",
			Consumer: "quest_processor",
			Sequence: 1,
		}.letter(
			"dlq.quests",
			&jetstream.RawStreamMsg{Subject: subject},
			0,
		)
		stranger, err := nkeys.CreateUser()
		require.NoError(t, err)
		require.NoError(t, sign(letter, stranger))
		stored, err := access.PublishMsg(t.Context(), letter)
		require.NoError(t, err)
		_, err = resendLetters(t.Context(), access, key(), []uint64{stored.Sequence})
		assert.ErrorContains(t, err, "the controller did not write it")
	}
	game, err := access.Stream(t.Context(), "GAME_EVENTS")
	require.NoError(t, err)
	info, err := game.Info(t.Context())
	require.NoError(t, err)
	assert.Zero(t, info.State.Msgs)
}
