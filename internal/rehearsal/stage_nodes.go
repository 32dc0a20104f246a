// The NATS nodes of a rehearsed platform, as a person on call would look at them and as a drill
// breaks them.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"

	"github.com/bodybroker/platform/internal/localcloud/machine"
	"github.com/bodybroker/platform/internal/poll"
)

// settleLimit is how long a drill waits for a cluster to be whole again: a machine's boot, the
// server's start and the catching up of its streams, several times over.
const settleLimit = 90 * time.Second

// clusterNode is one NATS node and the machine under it.
type clusterNode struct {
	name, instance, address, zone string
	machine                       *machine.Machine
}

// cluster looks at the nodes from the controller's place in the VPC.
type cluster struct {
	desk  *Client
	http  *http.Client
	stage *Stage
}

func newCluster(ctx context.Context, s *Stage) (*cluster, error) {
	place, err := s.Attach(ctx, "on call", "controller")
	if err != nil {
		return nil, err
	}
	return &cluster{desk: place, stage: s, http: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       place.DialContext,
	}}}, nil
}

func (c *cluster) Detach() { c.desk.Detach() }

// nodes are all nodes in order, from the cloud's own records.
func (c *cluster) nodes() []clusterNode {
	var found []clusterNode
	for _, r := range c.stage.Cloud.Records("aws:ec2/instance:Instance") {
		tags, _ := r.Get("tags").(map[string]any)
		name := fmt.Sprint(tags["Name"])
		found = append(found, clusterNode{
			name:     name[strings.LastIndex(name, "nats-"):],
			instance: r.ID,
			address:  fmt.Sprint(r.Get("privateIp")),
			zone:     fmt.Sprint(r.Get("availabilityZone")),
			machine:  c.stage.Cloud.Machine(r.ID),
		})
	}
	slices.SortFunc(found, func(a, b clusterNode) int { return strings.Compare(a.name, b.name) })
	return found
}

// get reads a monitoring page of a node into v; nil: only the status counts.
func (c *cluster) get(ctx context.Context, n clusterNode, page string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.address+":8222"+page, nil)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s of %s answers %s: %s", page, n.name, response.Status, strings.TrimSpace(string(body)))
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

// server is what /varz says of a server.
type server struct {
	Name         string    `json:"server_name"`
	Version      string    `json:"version"`
	Start        time.Time `json:"start"`
	PID          int       `json:"-"`
	Connections  int       `json:"connections"`
	Tags         []string  `json:"tags"`
	Loaded       time.Time `json:"config_load_time"`
	CertNotAfter time.Time `json:"tls_cert_not_after"`
}

func (c *cluster) server(ctx context.Context, n clusterNode) (server, error) {
	var s server
	return s, c.get(ctx, n, "/varz", &s)
}

// leader is the name of the meta leader, as a node knows it; "" while there is none.
func (c *cluster) leader(ctx context.Context, n clusterNode) (string, error) {
	var jetstream struct {
		Meta struct {
			Leader string `json:"leader"`
			Size   int    `json:"cluster_size"`
		} `json:"meta_cluster"`
	}
	return jetstream.Meta.Leader, c.get(ctx, n, "/jsz", &jetstream)
}

// whole waits until every node says of itself and its streams that all is well.
func (c *cluster) whole(ctx context.Context) error {
	return poll.For(ctx, settleLimit, func() error {
		var errs []error
		for _, n := range c.nodes() {
			errs = append(errs, c.get(ctx, n, "/healthz", nil))
		}
		return errors.Join(errs...)
	})
}

// restarted waits for another process and a whole cluster.
func (c *cluster) restarted(ctx context.Context, n clusterNode, before int) error {
	if err := poll.For(ctx, settleLimit, func() error {
		if now := n.machine.Unit("nats.service"); !now.Active || now.MainPID == before {
			return fmt.Errorf("nats.service of %s is %s with process %d", n.name, now.State, now.MainPID)
		}
		return nil
	}); err != nil {
		return err
	}
	return c.whole(ctx)
}

// onCluster is a drill by somebody who looks at the cluster from the controller's place.
func onCluster(play func(context.Context, *cluster) (string, error)) func(context.Context, *Stage) (string, error) {
	return func(ctx context.Context, s *Stage) (string, error) {
		c, err := newCluster(ctx, s)
		if err != nil {
			return "", err
		}
		defer c.Detach()
		return play(ctx, c)
	}
}

// replaceNode lets the engine make a node's machine anew, as `pulumi up --replace` does.
func (s *Stage) replaceNode(ctx context.Context, node string) (Steps, error) {
	for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if nameOf(r.URN) == node+"-instance" {
			return s.Up(ctx, optup.Replace([]string{r.URN}))
		}
	}
	// A creation that failed: the next update makes it.
	return s.Up(ctx)
}

// versions are what the running servers say, by node.
func (c *cluster) versions(ctx context.Context) (map[string]server, error) {
	all := map[string]server{}
	for _, n := range c.nodes() {
		v, err := c.server(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("asking %s for its version: %w", n.name, err)
		}
		all[n.name] = v
	}
	return all, nil
}

// ExpectUntouched wants the same machines with the same server processes as before.
func (c *cluster) ExpectUntouched(ctx context.Context, nodes []clusterNode, before map[string]server) error {
	now, errs := map[string]clusterNode{}, []error(nil)
	for _, n := range c.nodes() {
		now[n.name] = n
	}
	for _, n := range nodes {
		v, err := c.server(ctx, n)
		switch {
		case err != nil:
			errs = append(errs, err)
		case now[n.name].instance != n.instance || !v.Start.Equal(before[n.name].Start) ||
			v.Version != before[n.name].Version:
			errs = append(
				errs,
				fmt.Errorf("%s was touched: instance %s is %s, its server began %s and now %s", n.name, n.instance,
					now[n.name].instance, before[n.name].Start.Format(time.RFC3339), v.Start.Format(time.RFC3339)),
			)
		}
	}
	return errors.Join(errs...)
}

// Quiet stops the nodes' timers, so that a measurement is not one of them: on the scaled clock the
// five nodes look for configuration ten times a second on this one computer, where in production
// each looks every ten seconds on its own.
func (s *Stage) Quiet(ctx context.Context) error {
	for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if _, err := s.Cloud.Machine(r.ID).
			Run(ctx, "systemctl", "stop", "nats-configuration.timer", "nats-certificate.timer"); err != nil {
			return fmt.Errorf("stopping the timers of the nodes: %w", err)
		}
	}
	return nil
}
