// Package controller is the cluster controller: the one place that looks at NATS itself and
// says whether a node may be called up. It runs as a Lambda function in the VPC, and the same
// handler runs in rehearsals.
package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Request is what an invocation asks. An action that is not known is an error.
type Request struct {
	Action  string `json:"action"`  // "gate"
	Node    string `json:"node"`    // server name, for example "nats-1"
	Address string `json:"address"` // the node's private address
	// ServerDigest only makes another server another request; the node itself checks its binary.
	ServerDigest string `json:"serverDigest"`
}

// Response is what a node was seen to be.
type Response struct {
	Node    string `json:"node"`
	Version string `json:"version"`
	Waited  string `json:"waited"`
}

// Controller answers requests.
type Controller struct {
	// HTTP reads the monitoring port; nil: http.DefaultClient.
	HTTP *http.Client
	// MonitorPort is NATS's monitoring port, 8222 by default.
	MonitorPort int
	// Interval is the pause between two looks at a node, 2 s by default.
	Interval time.Duration
}

// margin is kept of the invocation's time, so that the reason is said before Lambda ends it.
const margin = 5 * time.Second

// Handle answers one invocation. An error fails the invocation, and so the update that made it.
func (c Controller) Handle(ctx context.Context, request Request) (Response, error) {
	var missing []string
	for field, value := range map[string]string{"node": request.Node, "address": request.Address} {
		if value == "" {
			missing = append(missing, field)
		}
	}
	switch {
	case request.Action != "gate":
		return Response{}, fmt.Errorf("controller: action %q is not known; known is gate", request.Action)
	case len(missing) > 0:
		return Response{}, fmt.Errorf("controller: gate request lacks %s", strings.Join(missing, " and "))
	}
	return c.gate(ctx, request)
}

// gate waits until the node's own server says that it is this node and that it listens.
func (c Controller) gate(ctx context.Context, request Request) (Response, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	start := time.Now()
	for {
		version, err := c.look(ctx, request)
		if err == nil {
			return Response{Node: request.Node, Version: version, Waited: time.Since(start).Round(time.Second).String()}, nil
		}
		select {
		case <-ctx.Done():
			return Response{}, fmt.Errorf("gate of %s at %s: not up after %s: %w; on the node see journalctl -u cloud-final -u nats",
				request.Node, request.Address, time.Since(start).Round(time.Second), err)
		case <-time.After(c.interval()):
		}
	}
}

// look asks the server once who it is and whether its listeners are open.
func (c Controller) look(ctx context.Context, request Request) (version string, err error) {
	if _, err := c.get(ctx, request.Address, "/healthz?js-server-only=true"); err != nil {
		return "", err
	}
	body, err := c.get(ctx, request.Address, "/varz")
	if err != nil {
		return "", err
	}
	var server struct {
		Name    string `json:"server_name"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(body, &server); err != nil {
		return "", fmt.Errorf("reading /varz: %w", err)
	}
	if server.Name != request.Node {
		return "", fmt.Errorf("the server there is %q", server.Name)
	}
	return server.Version, nil
}

func (c Controller) get(ctx context.Context, address, path string) ([]byte, error) {
	port := c.MonitorPort
	if port == 0 {
		port = 8222
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d%s", address, port, path), nil)
	if err != nil {
		return nil, err
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	body, readErr := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err := errors.Join(readErr, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", path, response.Status)
	}
	return body, nil
}

func (c Controller) interval() time.Duration {
	if c.Interval == 0 {
		return 2 * time.Second
	}
	return c.Interval
}
