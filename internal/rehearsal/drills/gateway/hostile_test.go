// The list of hostile requests is only as good as its rows are different and its check is strict:
// both are tried without a gateway.

package gateway

import (
	"bufio"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func TestThereAreAHundredHostileRequestsAndEachIsToldApart(t *testing.T) {
	table := hostileRequests()
	assert.GreaterOrEqual(t, len(table), 100)
	names, raws := map[string]bool{}, map[string]string{}
	for _, row := range table {
		name := row.family + ": " + row.name
		assert.False(t, names[name], "%s is there twice", name)
		assert.Empty(t, raws[row.raw], "%s sends the same", name)
		names[name], raws[row.raw] = true, name
		assert.Equal(
			t,
			row.by == byNobody,
			len(row.right) == 0,
			"%s: statuses are right, unless nobody waits for one",
			name,
		)
		if row.by == byGateway {
			assert.NotContains(t, row.right, closed, name)
		}
	}
}

func TestSizesAreAsTheirRowsSay(t *testing.T) {
	for _, row := range hostileRequests() {
		_, body, _ := strings.Cut(row.raw, "\r\n\r\n")
		switch row.name {
		case "one byte more":
			assert.Len(t, body, mostBody+1)
		case "small as JSON, large for NATS", "a key of 900 KB in the body":
			assert.Less(t, len(body), mostBody, row.name)
		}
	}
}

func TestEveryKindOfLeakIsFound(t *testing.T) {
	texts := map[string]string{
		"the stack of a goroutine":   "goroutine 17 [running]:",
		"a file of the program":      "pass.go:123",
		"an error of NATS":           `{"message": "nats: no responders available for request"}`,
		"the address of a server":    "tls://nats.internal:4222",
		"an address of the VPC":      "X-Served-By: 127.20.31.7",
		"the seed of an identity":    "SU" + strings.Repeat("A2", 28),
		"a type of the program":      "*dynamicpb.Message",
		"an error of the runtime":    "http: panic serving",
		"an error of the connection": "dial tcp: i/o timeout",
	}
	assert.ElementsMatch(
		t,
		slices.Collect(maps.Keys(forbidden)),
		slices.Collect(maps.Keys(texts)),
		"each pattern has an example",
	)
	for what, text := range texts {
		assert.Contains(t, leaksIn("the answer", []byte(text), nil), "the answer shows "+what)
	}
	for _, word := range []string{"protoreflect", "protojson", "dynamicpb", "*errors.errorString", "*fmt.wrapError"} {
		assert.Equal(
			t,
			[]string{"the answer shows a type of the program"},
			leaksIn("the answer", []byte("a "+word), nil),
		)
	}
	token := []stage.Secret{{Owner: "redis-token.result", Value: []byte("t0ken")}}
	assert.Equal(
		t,
		[]string{"the answer shows redis-token.result"},
		leaksIn("the answer", []byte(`{"a": "t0ken"}`), token),
	)
	assert.Empty(t, leaksIn("the answer", []byte(`{"error": {"message": "SUSPENDED at 227.20.1.1 of nats"}}`), token))
}

func TestAnAnswerIsJudged(t *testing.T) {
	const text = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n" +
		`{"error": {"code": "invalid"}}`
	row := func(by answerer, right ...int) hostileRequest { return hostileRequest{by: by, right: right} }
	for _, c := range []struct {
		why, text, wrong string
		row              hostileRequest
	}{
		{
			why:   "as it should be",
			text:  text,
			wrong: "",
			row:   row(byGateway, 400),
		},
		{
			why:   "another status",
			text:  text,
			wrong: "expected status [200], got 400",
			row:   row(byGateway, 200),
		},
		{
			why:   "an answer behind the first",
			text:  text + text,
			wrong: "bytes came behind",
			row:   row(byGateway, 400),
		},
		{
			why:   "none behind the first",
			text:  text,
			wrong: "0 bytes came behind",
			row:   row(byBoth, 400),
		},
		{
			why:   "the second is right",
			text:  text + text,
			wrong: "",
			row:   row(byBoth, 400),
		},
		{
			why:   "not the gateway's",
			text:  strings.Replace(text, "application/json", "text/plain", 1),
			wrong: "expected it from the gateway",
			row:   row(byGateway, 400),
		},
		{
			why:   "no error",
			text:  strings.Replace(text, "error", "quest", 1),
			wrong: "status 400 with the error",
			row:   row(byGateway, 400),
		},
		{
			why:   "an error that is a success",
			text:  strings.Replace(text, "400 Bad Request", "200 OK", 1),
			wrong: "status 200 with the error",
			row:   row(byGateway, 200),
		},
		{
			why:   "events that are no JSON",
			text:  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 7\r\n\r\ndata: x",
			wrong: "is no JSON",
			row:   row(byGateway, 200),
		},
		{
			why:   "something before it",
			text:  "HTTP/1.1 100 Continue\r\n\r\n" + text,
			wrong: "",
			row:   row(byGateway, 400),
		},
		{
			why:   "the connection ended",
			text:  "",
			wrong: "",
			row:   row(byRouter, closed),
		},
		{
			why:   "the connection ended in an answer",
			text:  "HTTP/1.1 400",
			wrong: "got 0",
			row:   row(byRouter, 400),
		},
		{
			why:   "elsewhere",
			text:  "HTTP/1.1 307 T\r\nLocation: //example.com/\r\nContent-Length: 0\r\n\r\n",
			wrong: "another host",
			row:   row(byRouter, 307),
		},
		{
			why:   "a script on a page",
			text:  "HTTP/1.1 404 N\r\nContent-Type: text/html\r\nContent-Length: 25\r\n\r\n" + pageScript,
			wrong: "repeats a script",
			row:   row(byRouter, 404),
		},
	} {
		answer := rawAnswer{all: []byte(c.text)}
		reader := bufio.NewReader(strings.NewReader(c.text))
		require.NoError(t, answer.read(reader, http.MethodPost), c.why)
		answer.more, _ = reader.Peek(reader.Buffered())
		if err := c.row.check(answer); c.wrong == "" {
			assert.NoError(t, err, c.why)
		} else {
			assert.ErrorContains(t, err, c.wrong, c.why)
		}
	}
}
