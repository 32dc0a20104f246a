// What one client may not take from the others.
package gateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

func TestABodyOfManyValuesIsRefusedBeforeItIsRead(t *testing.T) {
	f := start(t, func(s *Settings) { s.MostValues = 100 })
	f.replying(t, "svc.npc.behavior.v1.plan", `{}`)
	response, text := f.post(t, "/npc/behavior", `{"situation": {"a": [`+strings.Repeat("0,", 200)+`0]}}`, nil)
	assert.Equal(t, 413, response.StatusCode, text)
	assert.Contains(t, text, "more than 100 values")
	response, text = f.post(t, "/npc/behavior", `{"situation": {"a": "`+strings.Repeat(`0,[{\\\"`, 200)+`"}}`, nil)
	assert.Equal(t, 200, response.StatusCode, "in a text they are none: %s", text)
}

func TestValuesAreCountedOutsideOfTexts(t *testing.T) {
	for text, count := range map[string]int{
		``:                      0,
		`{}`:                    1,
		`[1,2,[3]]`:             4,
		`{"a,[{": "\\",",": 1}`: 2,
		`"\"[[["`:               0,
		`"no end [[[`:           0,
	} {
		assert.Equal(t, count, values([]byte(text)), text)
	}
}

// One request of many values takes the places of many.
func TestManyValuesTakeManyPlaces(t *testing.T) {
	f := start(t, func(s *Settings) { s.MostAtOnce = 4 })
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	f.answers(t, timeSubject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		begun <- struct{}{}
		<-goOn
		return nil, errors.New("at last")
	})
	first := f.posting(timePath)
	<-begun
	many := `{"a": [` + strings.Repeat("0,", 4*valuesAPlace) + `0]}`
	response, _ := f.post(t, timePath, many, nil)
	assert.Equal(t, 503, response.StatusCode, "three places are left, wanted are four")
	response, _ = f.post(t, timePath, strings.Repeat(" ", 1000)+"{", nil)
	assert.Equal(t, 400, response.StatusCode, "one needs one")
	close(goOn)
	assert.Equal(t, 500, <-first)
	response, _ = f.post(t, timePath, many, nil)
	assert.Equal(t, 400, response.StatusCode, "there is no field a, but there are places")
}

// A client that sends its body byte by byte keeps nobody else from a place for longer than
// BodyTime.
func TestABodyMustArriveInTime(t *testing.T) {
	f := start(t, func(s *Settings) { s.BodyTime, s.MostAtOnce = 50*time.Millisecond, 1 })
	f.replying(t, timeSubject, `{}`)
	connection, err := net.Dial("tcp", strings.TrimPrefix(f.address, "http://"))
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.Write([]byte("POST " + timePath + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	assert.Equal(t, 400, response.StatusCode)
	require.NoError(t, response.Body.Close())
	answer, _ := f.post(t, timePath, `{}`, nil)
	assert.Equal(t, 200, answer.StatusCode)
}

// The server closes a body when the answer begins; the transport to the legacy service may look for
// its end only then. Half a body is no whole one.
func TestABodyThatWasReadAndIsClosedHasEnded(t *testing.T) {
	for length, want := range map[int64]error{
		3:  io.EOF,
		4:  http.ErrBodyReadAfterClose,
		-1: http.ErrBodyReadAfterClose,
	} {
		body := inTime(httptest.NewRecorder(), &closing{text: "abc"}, length, time.Second)
		_, err := body.Read(make([]byte, 8))
		require.NoError(t, err)
		_, err = body.Read(make([]byte, 8))
		assert.Equal(t, want, err, length)
	}
}

// closing is a body that is closed after its text was read.
type closing struct{ text string }

func (c *closing) Read(into []byte) (int, error) {
	if c.text == "" {
		return 0, http.ErrBodyReadAfterClose
	}
	count := copy(into, c.text)
	c.text = ""
	return count, nil
}

func (*closing) Close() error { return nil }

// It is the client that was slow, not the legacy service.
func TestASlowBodyOnTheShadowPortIsTheClients(t *testing.T) {
	s := startShadow(t, says(200, `{}`), func(s *Settings) { s.MostTime = 50 * time.Millisecond })
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.Write([]byte("POST /quest/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	assert.Equal(t, 400, response.StatusCode)
	require.NoError(t, response.Body.Close())
}

// The deadline of a body is over when it has been read: a service may take longer.
func TestTheTimeOfABodyIsNotThatOfItsAnswer(t *testing.T) {
	const bodyTime = 50 * time.Millisecond
	f := start(t, func(s *Settings) { s.BodyTime = bodyTime })
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	f.answers(
		t,
		timeSubject,
		func(ctx context.Context, _ proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			select { // what would end the request too early ends it meanwhile
			case <-ctx.Done():
			case <-time.After(4 * bodyTime):
			}
			return methods[timeSubject].Messaging().Response(), nil
		},
	)
	response, text := f.post(t, timePath, `{}`, nil)
	assert.Equal(t, 200, response.StatusCode, text)
}

func TestWhatAServiceSaysOfItsInsideIsNotPassedOn(t *testing.T) {
	f := start(t, nil)
	f.answers(
		t,
		timeSubject,
		failing(
			&messaging.Error{
				Code:    messaging.Internal,
				Message: "table players is locked",
				Details: map[string]string{"host": "10.0.0.7"},
			},
		),
	)
	response, text := f.post(t, timePath, `{}`, nil)
	assert.Equal(t, 500, response.StatusCode)
	assert.NotContains(t, text, "players")
	assert.NotContains(t, text, "10.0.0.7")
}
