// The NATS nodes of a rehearsed platform, as a person on call would look at them and as a drill
// breaks them.

package stage

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

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/machine"
	"github.com/bodybroker/platform/internal/poll"
)

// SettleLimit is how long a drill waits for a cluster to be complete again: a machine's boot, the
// server's start and the catching up of its streams, several times over.
const SettleLimit = 90 * time.Second

// Node is one NATS node and the machine under it.
type Node struct {
	Name, Instance, Address, Zone string
	Machine                       *machine.Machine
}

// Cluster looks at the nodes from the controller's place in the VPC.
type Cluster struct {
	Client *Client
	http   *http.Client
	Stage  *Stage
}

// NewCluster attaches a client with the controller's security group; Detach takes it away.
func NewCluster(ctx context.Context, s *Stage) (*Cluster, error) {
	client, err := s.Attach(ctx, "on call", "controller")
	if err != nil {
		return nil, err
	}
	return &Cluster{Client: client, Stage: s, http: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       client.DialContext,
	}}}, nil
}

// Detach gives the client's address back.
func (c *Cluster) Detach() { c.Client.Detach() }

// Nodes are all nodes in order, from the cloud's own records.
func (c *Cluster) Nodes() []Node {
	var found []Node
	for _, r := range c.Stage.Cloud.Records("aws:ec2/instance:Instance") {
		tags, _ := r.Get("tags").(map[string]any)
		name := fmt.Sprint(tags["Name"])
		found = append(found, Node{
			Name:     name[strings.LastIndex(name, "nats-"):],
			Instance: r.ID,
			Address:  fmt.Sprint(r.Get("privateIp")),
			Zone:     fmt.Sprint(r.Get("availabilityZone")),
			Machine:  ec2.Machine(c.Stage.Cloud, r.ID),
		})
	}
	slices.SortFunc(found, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// GetPage reads a monitoring page of a node into v; nil: only the status counts.
func (c *Cluster) GetPage(ctx context.Context, n Node, page string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Address+":8222"+page, nil)
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
		return fmt.Errorf("%s of %s answers %s: %s", page, n.Name, response.Status, strings.TrimSpace(string(body)))
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

// Server is what /varz says of a server.
type Server struct {
	Name         string    `json:"server_name"`
	Version      string    `json:"version"`
	Start        time.Time `json:"start"`
	PID          int       `json:"-"`
	Connections  int       `json:"connections"`
	Tags         []string  `json:"tags"`
	Loaded       time.Time `json:"config_load_time"`
	CertNotAfter time.Time `json:"tls_cert_not_after"`
}

// Server is what the server of a node says of itself.
func (c *Cluster) Server(ctx context.Context, n Node) (Server, error) {
	var s Server
	return s, c.GetPage(ctx, n, "/varz", &s)
}

// MetaLeader is the name of the meta leader, as a node knows it; "" while there is none.
func (c *Cluster) MetaLeader(ctx context.Context, n Node) (string, error) {
	var jetstream struct {
		Meta struct {
			Leader string `json:"leader"`
			Size   int    `json:"cluster_size"`
		} `json:"meta_cluster"`
	}
	return jetstream.Meta.Leader, c.GetPage(ctx, n, "/jsz", &jetstream)
}

// AwaitHealthy waits until every node says of itself and its streams that all is well.
func (c *Cluster) AwaitHealthy(ctx context.Context) error {
	return poll.For(ctx, SettleLimit, func() error {
		var errs []error
		for _, n := range c.Nodes() {
			errs = append(errs, c.GetPage(ctx, n, "/healthz", nil))
		}
		return errors.Join(errs...)
	})
}

// AwaitRestart waits for another process and a complete cluster.
func (c *Cluster) AwaitRestart(ctx context.Context, n Node, before int) error {
	if err := poll.For(ctx, SettleLimit, func() error {
		if now := n.Machine.Unit("nats.service"); !now.Active || now.MainPID == before {
			return fmt.Errorf("nats.service of %s is %s with process %d", n.Name, now.State, now.MainPID)
		}
		return nil
	}); err != nil {
		return err
	}
	return c.AwaitHealthy(ctx)
}

// OnCluster is a drill that looks at the cluster from the controller's place.
func OnCluster(play func(context.Context, *Cluster) (string, error)) func(context.Context, *Stage) (string, error) {
	return func(ctx context.Context, s *Stage) (string, error) {
		c, err := NewCluster(ctx, s)
		if err != nil {
			return "", err
		}
		defer c.Detach()
		return play(ctx, c)
	}
}

// ReplaceNode lets the engine make a node's machine anew, as `pulumi up --replace` does.
func (s *Stage) ReplaceNode(ctx context.Context, node string) (Steps, error) {
	for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if NameOf(r.URN) == node+"-instance" {
			return s.Up(ctx, optup.Replace([]string{r.URN}))
		}
	}
	// A creation that failed: the next update makes it.
	return s.Up(ctx)
}

// Servers are what the running servers say, by node.
func (c *Cluster) Servers(ctx context.Context) (map[string]Server, error) {
	all := map[string]Server{}
	for _, n := range c.Nodes() {
		v, err := c.Server(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("asking %s for its version: %w", n.Name, err)
		}
		all[n.Name] = v
	}
	return all, nil
}

// ExpectUntouched expects the same machines with the same server processes as before.
func (c *Cluster) ExpectUntouched(ctx context.Context, nodes []Node, before map[string]Server) error {
	now, errs := map[string]Node{}, []error(nil)
	for _, n := range c.Nodes() {
		now[n.Name] = n
	}
	for _, n := range nodes {
		v, err := c.Server(ctx, n)
		switch {
		case err != nil:
			errs = append(errs, err)
		case now[n.Name].Instance != n.Instance || !v.Start.Equal(before[n.Name].Start) ||
			v.Version != before[n.Name].Version:
			errs = append(
				errs,
				fmt.Errorf("%s was touched: instance %s is %s, its server began %s and now %s", n.Name, n.Instance,
					now[n.Name].Instance, before[n.Name].Start.Format(time.RFC3339), v.Start.Format(time.RFC3339)),
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
		if _, err := ec2.Machine(s.Cloud, r.ID).
			Run(ctx, "systemctl", "stop", "nats-configuration.timer", "nats-certificate.timer"); err != nil {
			return fmt.Errorf("stopping the timers of the nodes: %w", err)
		}
	}
	return nil
}
