// The gate of a node: what must be seen before the next one is touched.
package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/node/monitoring"
	"github.com/bodybroker/platform/node/settings"
)

// gate waits until the node's own server says that it is this node with this configuration, and
// that all it keeps is current.
func (c *Controller) gate(ctx context.Context, request Request) (Response, error) {
	start := time.Now()
	var reason error
	for {
		version, err := c.look(ctx, request)
		// A look that the gate's own limit cut off says nothing of the node; the one before it
		// does.
		if reason == nil || ctx.Err() == nil {
			reason = err
		}
		if err == nil {
			return Response{
				Node:    request.Node.Name,
				Version: version,
				Waited:  time.Since(start).Round(time.Second).String(),
			}, nil
		}
		select {
		case <-ctx.Done():
			return Response{}, fmt.Errorf(
				"gate of %s at %s: not passed after %s: %w; on the node see journalctl -u cloud-final -u nats -u "+
					"nats-configuration",
				request.Node.Name,
				request.Node.Address,
				time.Since(start).Round(time.Second),
				reason,
			)
		case <-time.After(c.Interval):
		}
	}
}

// look asks the servers once.
func (c *Controller) look(ctx context.Context, request Request) (version string, err error) {
	address := request.Node.Address
	if err := c.get(ctx, address, "/healthz?js-server-only=true", nil); err != nil {
		return "", err
	}
	var server struct {
		Name    string   `json:"server_name"`
		Version string   `json:"version"`
		Tags    []string `json:"tags"`
	}
	if err := c.get(ctx, address, "/varz", &server); err != nil {
		return "", err
	}
	if server.Name != request.Node.Name {
		return "", fmt.Errorf("the server there is %q", server.Name)
	}
	for _, wanted := range []string{
		settings.ServerTag(request.ServerDigest),
		settings.ConfigurationTag(request.Revision),
	} {
		if !slices.Contains(server.Tags, wanted) {
			return "", fmt.Errorf(
				"server %s there runs with tags %s, expected %s",
				server.Version,
				strings.Join(server.Tags, " "),
				wanted,
			)
		}
	}
	return server.Version, c.current(ctx, request)
}

// current says whether all that the node keeps is up to date.
//
// While the cluster is being made there is no meta leader yet, and cannot be: seen with server
// 2.15.2, five new servers elect one only when all five are up. A cluster that lost its majority
// has no leader either, and must not pass. What the node keeps distinguishes the two: streams
// are made behind the last gate, so a node that keeps one belongs to a cluster that was complete
// before.
func (c *Controller) current(ctx context.Context, request Request) error {
	var jetStream struct {
		Streams int `json:"streams"`
		Meta    struct {
			Leader string `json:"leader"`
		} `json:"meta_cluster"`
	}
	if err := c.get(ctx, request.Node.Address, "/jsz", &jetStream); err != nil {
		return err
	}
	if jetStream.Meta.Leader != "" {
		return c.get(ctx, request.Node.Address, "/healthz", nil)
	}
	if jetStream.Streams > 0 {
		return fmt.Errorf(
			"it keeps %d streams and knows no meta leader: the cluster has no majority",
			jetStream.Streams,
		)
	}
	if slices.ContainsFunc(
		request.Nodes,
		func(n Node) bool { return c.get(ctx, n.Address, "/healthz?js-server-only=true", nil) != nil },
	) {
		return nil // others are still to come
	}
	return fmt.Errorf("all %d servers listen and there is no meta leader yet", len(request.Nodes))
}

// get reads a monitoring page of a server into v; nil: only the status counts.
func (c *Controller) get(ctx context.Context, address, page string, v any) error {
	return monitoring.Reader{Dial: c.Dial}.Read(ctx, address, page, v)
}
