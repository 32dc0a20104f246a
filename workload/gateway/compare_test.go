// What the shadow port asks NATS, and what it makes of the two answers.
package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
)

func TestWhatComesOfAComparisonIsCounted(t *testing.T) {
	const modelPath = "/ai/models/m-1"
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write([]byte(`{"timeScale": 2}`))
	require.NoError(t, errors.Join(err, writer.Close()))
	for name, test := range map[string]struct {
		path, subject, reply string // "": NATS refuses
		status               int
		legacy, encoding     string
		outcome, log         string
	}{
		"same": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{"gameTime": {"hour": 7, "day": 2}}`,
			status:   200,
			legacy:   ` {"meta": {"requestId": "x"}, "gameTime": {"day": 2.0, "hour": 7}} `,
			encoding: "",
			outcome:  "same",
			log:      "",
		},
		"same, compressed": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{"timeScale": 2}`,
			status:   200,
			legacy:   packed.String(),
			encoding: "gzip",
			outcome:  "same",
			log:      "",
		},
		"same by its route": {
			path:     modelPath,
			subject:  "svc.ai.model.v1.get",
			reply:    `{"model": {"name": "n"}}`,
			status:   200,
			legacy:   `{"model": {"name": "n"}}`,
			encoding: "",
			outcome:  "same",
			log:      "",
		},
		"both fail": {
			path:     timePath,
			subject:  timeSubject,
			reply:    "",
			status:   404,
			legacy:   `no such world`,
			encoding: "",
			outcome:  "same",
			log:      "",
		},
		"another value": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{"gameTime": {"hour": 7}, "timeScale": 2}`,
			status:   200,
			legacy:   `{"gameTime": {"timeOfDay": "dusk"}, "timeScale": 2}`,
			encoding: "",
			outcome:  "different",
			log:      `"fields":["gameTime"]`,
		},
		"fields of one": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{"timeScale": 7}`,
			status:   200,
			legacy:   `{"alien": "dusk", "alas": null}`,
			encoding: "",
			outcome:  "different",
			log:      `"fields":["alas","alien","timeScale"]`,
		},
		"no JSON": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{}`,
			status:   200,
			legacy:   `<html>dusk</html>`,
			encoding: "",
			outcome:  "different",
			log:      wholeBody,
		},
		"legacy fails": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{}`,
			status:   500,
			legacy:   `{}`,
			encoding: "",
			outcome:  "different",
			log:      `"legacyStatus":500`,
		},
		"NATS fails": {
			path:     timePath,
			subject:  timeSubject,
			reply:    "",
			status:   200,
			legacy:   `{}`,
			encoding: "",
			outcome:  "failed",
			log:      `"code":"not found"`,
		},
		"an encoding not known": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{}`,
			status:   200,
			legacy:   `{}`,
			encoding: "br",
			outcome:  "skipped",
			log:      "",
		},
		"a route that is unknown": {
			path:     "/v1/svc/nobody/v1/get",
			subject:  noSubject,
			reply:    `{}`,
			status:   200,
			legacy:   `{}`,
			encoding: "",
			outcome:  "skipped",
			log:      "",
		},
		"an answer too large": {
			path:     timePath,
			subject:  timeSubject,
			reply:    `{}`,
			status:   200,
			legacy:   `{"a": "` + strings.Repeat("x", 1000) + `"}`,
			encoding: "",
			outcome:  "skipped",
			log:      "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			lines := logged(t)
			s := startShadow(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				says(test.status, test.legacy)(w, nil)
			}, func(s *Settings) { s.MostBody = 1000 })
			switch {
			case test.subject == noSubject:
			case test.reply == "":
				s.answers(
					t,
					test.subject,
					failing(&messaging.Error{Code: messaging.NotFound, Message: "no world dusk"}),
				)
			default:
				s.replying(t, test.subject, test.reply)
			}
			response, _ := s.post(t, test.path, `{}`, nil)
			assert.Equal(t, test.status, response.StatusCode)
			s.counts(t, test.subject, test.outcome, 1)
			if test.log != "" {
				assert.Contains(t, lines(), test.log)
				assert.Contains(t, lines(), `"subject":"`+test.subject)
				assert.NotContains(t, lines(), "dusk", "a value of the answer")
			}
		})
	}
}

func TestTheCopyIsTheRequestThatTheLegacyServiceGot(t *testing.T) {
	s := startShadow(t, says(200, `{}`), nil)
	got := make(chan string, 1)
	s.answers(
		t,
		"svc.ai.model.v1.get",
		func(_ context.Context, request proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			fields := request.ProtoReflect().Descriptor().Fields()
			got <- request.ProtoReflect().Get(fields.ByName("model_id")).String() + " " +
				messaging.MetaOf(request).RequestID + " " + messaging.MetaOf(request).TraceID
			return nil, errors.New("enough")
		},
	)
	s.post(t, "/ai/models/gpt%2F5", `{"meta": {"traceId": "t-1"}}`, map[string]string{"X-Request-Id": "r-1"})
	assert.Equal(t, "gpt/5 r-1 t-1", <-got)
}

func TestACommandIsDoneOnceByTheLegacyService(t *testing.T) {
	var done, asked atomic.Int32
	s := startShadow(t, func(http.ResponseWriter, *http.Request) { done.Add(1) }, nil)
	for _, subject := range []string{"svc.settings.v1.update", "svc.quest.v1.generate"} {
		s.answers(t, subject, func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			asked.Add(1)
			return nil, errors.New("never reached")
		})
	}
	s.post(t, "/v1/svc/settings/v1/update", `{}`, nil)
	s.post(t, "/quest/generate", `{}`, nil)
	s.counts(t, "svc.settings.v1.update", "skipped", 1)
	s.counts(t, "svc.quest.v1.generate", "skipped", 1)
	assert.NoError(t, s.stop(), "what was under way has ended")
	assert.EqualValues(t, 2, done.Load())
	assert.Zero(t, asked.Load())
}

// With a key even a request that reads is a command.
func TestWhatHasAnIdempotencyKeyIsNotCopied(t *testing.T) {
	s := startShadow(t, says(200, `{}`), nil)
	s.replying(t, timeSubject, `{}`)
	s.post(t, timePath, `{}`, map[string]string{"Idempotency-Key": "k"})
	s.post(t, timePath, `{"meta": {"idempotencyKey": "k"}}`, nil)
	s.post(t, timePath, `{"meta": {"idempotency\u005fkey": "k"}}`, nil)
	s.counts(t, timeSubject, "skipped", 3)
}

func TestABodyAboveTheLimitGoesToTheLegacyServiceAlone(t *testing.T) {
	received := make(chan int, 1)
	s := startShadow(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- len(body)
	}, func(s *Settings) { s.MostBody = 1000 })
	s.replying(t, timeSubject, `{}`)
	response, _ := s.post(t, timePath, strings.Repeat(" ", 5000), nil)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, 5000, <-received)
	s.counts(t, timeSubject, "skipped", 1)
}

func TestALegacyAnswerThatBreaksOffIsNoWholeOne(t *testing.T) {
	s := startShadow(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{`))
	}, func(s *Settings) { s.MostCopies = 1 })
	for range 2 { // the second finds the place of the first free
		response, err := http.Post(s.address+timePath, "application/json", strings.NewReader(`{}`))
		if err == nil {
			_, err = io.ReadAll(response.Body)
			require.NoError(t, response.Body.Close())
		}
		assert.Error(t, err)
	}
	s.counts(t, timeSubject, "skipped", 2)
}
