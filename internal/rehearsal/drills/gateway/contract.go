// Package gateway holds the drills of the HTTP gateway: its contract with strangers, and the move
// from the legacy service to NATS.
package gateway

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "gw.contract",
			Wanted: "malformed and hostile requests: the right status each, nothing crashes, nothing leaks",
			Play:   gatewayContract,
		},
		On: drills.SharedTasks,
	})
}

// rawClientLimit ends a connection on which nothing comes any more: longer than the gateway takes
// for any request.
const rawClientLimit = 30 * time.Second

// rawClient sends bytes to the gateway's load balancer.
type rawClient struct {
	*stage.Caller
	address string
	secrets []stage.Secret
}

// rawAnswer is what came back on a connection.
type rawAnswer struct {
	status int // of the first answer; closed if there was none
	header http.Header
	body   []byte
	more   []byte // what came behind the first answer
	all    []byte // every byte
}

func gatewayContract(ctx context.Context, s *stage.Stage) (string, error) {
	processes, err := s.AllProcesses()
	if err != nil {
		return "", err
	}
	c, err := stage.NewCaller(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.Detach()
	client, err := url.Parse(c.URL)
	if err != nil || client.Scheme != "http" {
		return "", errors.Join(fmt.Errorf("sending bytes to %q: expected a URL of plain HTTP", c.URL), err)
	}
	before, err := countsOf(ctx, s)
	if err != nil {
		return "", err
	}
	table := hostileRequests()
	families := map[string]bool{}
	sender := rawClient{
		Caller:  c,
		address: net.JoinHostPort(client.Hostname(), cmp.Or(client.Port(), "80")),
		secrets: s.Secrets(),
	}
	var errs []error
	for _, row := range table {
		families[row.family] = true
		if err := sender.play(ctx, row); err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", row.family, row.name, err))
		}
	}
	errs = append(errs, expectCounts(ctx, s, table, before), expectUnharmed(ctx, s, c, processes), expectCleanLogs(s))
	if err := errors.Join(errs...); err != nil {
		return fmt.Sprintf("%d requests of %d families", len(table), len(families)), err
	}
	return fmt.Sprintf(
		"%d requests of %d families: every status right, no process ended, nothing leaked",
		len(table),
		len(families),
	), nil
}

// play sends one request and checks what came back.
func (s rawClient) play(ctx context.Context, row hostileRequest) error {
	answer, err := s.send(ctx, row.raw, row.by == byNobody)
	if err != nil {
		return err
	}
	errs := []error{row.check(answer)}
	for _, leak := range leaksIn("the answer", answer.all, s.secrets) {
		errs = append(errs, errors.New(leak))
	}
	return errors.Join(errs...)
}

// send opens a connection of its own; a client that is gone closes it without reading.
func (s rawClient) send(ctx context.Context, raw string, gone bool) (answer rawAnswer, err error) {
	connection, err := s.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return answer, err
	}
	defer connection.Close() //nolint:errcheck // it is over either way
	if err := connection.SetDeadline(time.Now().Add(rawClientLimit)); err != nil {
		return answer, err
	}
	if gone {
		_, err := io.WriteString(connection, raw)
		return answer, err
	}
	// A server may answer before it has read everything, and then reads no more: what came back
	// says whether that was right.
	go func() { _, _ = io.WriteString(connection, raw) }()
	var all bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(connection, &all))
	method, _, _ := strings.Cut(raw, " ")
	err = answer.read(reader, method)
	if half, can := connection.(interface{ CloseWrite() error }); can && err == nil {
		// A server that still listens learns that nothing more comes; what it has to say of bytes
		// that were left over, it says now.
		_ = half.CloseWrite() // the server may have closed it
		if answer.more, err = io.ReadAll(reader); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil // a connection that is reset is over too
		}
	}
	answer.all = all.Bytes()
	if err != nil {
		return answer, fmt.Errorf("reading the answer, of which %q came: %w", shortened(answer.all), err)
	}
	return answer, nil
}

// read reads the first final answer, or finds the connection ended before it.
func (h *rawAnswer) read(reader *bufio.Reader, method string) error {
	for {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		var timeout net.Error
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &timeout) && !timeout.Timeout() {
			return nil
		}
		if err != nil {
			return err
		}
		if h.body, err = io.ReadAll(response.Body); err != nil {
			return err
		}
		h.status, h.header = response.StatusCode, response.Header
		if err := response.Body.Close(); err != nil || h.status >= http.StatusOK {
			return err
		}
	}
}

// check says what of an answer is wrong.
func (r hostileRequest) check(answer rawAnswer) error {
	if r.by == byNobody {
		return nil
	}
	var errs []error
	wrong := func(format string, values ...any) {
		errs = append(errs, fmt.Errorf(format+"; the answer is %q", append(values, shortened(answer.all))...))
	}
	if !slices.Contains(r.right, answer.status) {
		wrong("expected status %v, got %d", r.right, answer.status)
	}
	if len(answer.more) > 0 != (r.by == byBoth) {
		wrong("%d bytes came behind the first answer", len(answer.more))
	}
	if to := answer.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
		wrong("it leads to %q, another host", to)
	}
	kind := answer.header.Get("Content-Type")
	if r.by == byGateway || r.by == byBoth {
		if err := expectGatewayForm(kind, answer); err != nil {
			wrong("expected it from the gateway: %w", err)
		}
	}
	if bytes.Contains(answer.all, []byte(pageScript)) && kind != "application/json" {
		wrong("it repeats a script as %q", kind)
	}
	return errors.Join(errs...)
}

// expectGatewayForm expects the gateway's own form: JSON, with the error if it is one, or
// server-sent events of JSON.
func expectGatewayForm(kind string, answer rawAnswer) error {
	if answer.status == http.StatusOK && kind == "text/event-stream" {
		for _, event := range strings.Split(strings.TrimSpace(string(answer.body)), "\n\n") {
			if data, is := strings.CutPrefix(event, "data: "); !is || !json.Valid([]byte(data)) {
				return fmt.Errorf("the event %q is no JSON", shortened([]byte(event)))
			}
		}
		return nil
	}
	var content struct {
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal(answer.body, &content); err != nil || kind != "application/json" {
		return errors.Join(fmt.Errorf("a body of type %q that is no JSON", kind), err)
	}
	if (content.Error == nil) != (answer.status == http.StatusOK) {
		return fmt.Errorf("status %d with the error %v", answer.status, content.Error)
	}
	return nil
}

func shortened(text []byte) []byte { return text[:min(len(text), 200)] }

// gatewayCounts is what the gateway's tasks counted together, of all subjects and of the one that
// is only smuggled.
type gatewayCounts struct{ all, smuggled int }

func countsOf(ctx context.Context, s *stage.Stage) (gatewayCounts, error) {
	metrics, err := stage.ScrapeGateway(ctx, s)
	return gatewayCounts{
		metrics.Sum(stage.SubjectsMetric),
		metrics.Sum(stage.SubjectsMetric, fmt.Sprintf("subject=%q", smuggledSubject)),
	}, err
}

// expectCounts expects the gateway to have taken the requests that are for it, and no other. A
// request is counted when its answer is written, so this waits for the last ones.
func expectCounts(ctx context.Context, s *stage.Stage, table []hostileRequest, before gatewayCounts) error {
	least, most := 0, 0
	for _, row := range table {
		if row.by == byGateway || row.by == byBoth {
			least++
		}
		if row.by != byRouter {
			most++
		}
	}
	return poll.For(ctx, stage.SettleLimit, func() error {
		now, err := countsOf(ctx, s)
		if err != nil {
			return err
		}
		if took := now.all - before.all; took < least || took > most || now.smuggled != before.smuggled {
			return fmt.Errorf(
				"the gateway counted %d requests, expected %d to %d; of %s, which is only hidden in others, %d, "+
					"expected none",
				took,
				least,
				most,
				smuggledSubject,
				now.smuggled-before.smuggled,
			)
		}
		return nil
	})
}

// expectUnharmed expects the processes of before, and an answer to a good request.
func expectUnharmed(ctx context.Context, s *stage.Stage, c *stage.Caller, before map[string][]int) error {
	now, err := s.AllProcesses()
	if err != nil {
		return err
	}
	errs := []error{c.Call(ctx, stage.LoadSubject)}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !slices.Equal(before[name], now[name]) {
			errs = append(
				errs,
				fmt.Errorf("of %s run the processes %v, expected those of before, %v", name, now[name], before[name]),
			)
		}
	}
	return errors.Join(errs...)
}

// expectCleanLogs expects no panic and no secret in what the tasks wrote.
func expectCleanLogs(s *stage.Stage) error {
	running, err := s.AllProcesses()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(running)) {
		for _, task := range ecs.Tasks(s.Cloud, name) {
			text, err := os.ReadFile(task.Log)
			if err != nil {
				errs = append(errs, fmt.Errorf("reading the log of %s: %w", task.Name, err))
				continue
			}
			leaks := stage.Leaks(map[string][]byte{"the log of " + task.Name: text}, s.Secrets())
			if seedPattern.Match(text) {
				leaks = append(leaks, "the log of "+task.Name+" shows the seed of an identity")
			}
			if at := bytes.Index(text, []byte("panic")); at >= 0 {
				leaks = append(
					leaks,
					fmt.Sprintf("the log of %s reports a panic: %q", task.Name, shortened(text[at:])),
				)
			}
			for _, one := range leaks {
				errs = append(errs, errors.New(one))
			}
		}
	}
	return errors.Join(errs...)
}
