// Package monitoring reads the pages on which a NATS server says of itself how it is
// (docs.nats.io, "Monitoring"). The controller and the node itself read them.
package monitoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Port is the servers' monitoring port, as in nats.conf.
const Port = 8222

const (
	// answerLimit bounds one question to one server.
	answerLimit = 5 * time.Second
	// longestPage bounds an answer, in bytes: /connz of thousands of connections with their
	// subscriptions.
	longestPage = 16 << 20
)

// Reader reads pages; the zero value connects as any program does.
type Reader struct {
	// Dial connects to a server; nil: from this computer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Read reads a page (for example "/varz") of the server at address, an IP address, into v; nil:
// only the status counts. A page with another status than 200 is an error with what it says.
func (r Reader) Read(ctx context.Context, address, page string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	url := "http://" + net.JoinHostPort(address, strconv.Itoa(Port)) + page
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DialContext: r.Dial, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longestPage))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("reading %s: %w", page, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", page, response.Status, strings.TrimSpace(string(body)))
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("reading %s: %w", page, err)
	}
	return nil
}
