// Incidents of the cluster: routes, names, disks, keys and health checks.

package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/elbv2"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// secretWord is what a configuration that holds a secret would have.
var secretWord = regexp.MustCompile(`(?i)passw|token|secret|seed`)

// incident6: what routes carry, and what they require.
func incident6(ctx context.Context, c *stage.Cluster) (string, error) {
	nodes := c.Nodes()
	for _, n := range nodes {
		text, err := os.ReadFile(filepath.Join(n.Machine.Dir(), "etc/nats/nats.conf"))
		if err != nil {
			return "", err
		}
		if word := secretWord.Find(text); word != nil {
			return "", fmt.Errorf("nats.conf of %s has %q", n.Name, word)
		}
	}
	tlsFiles := filepath.Join(nodes[1].Machine.Dir(), "etc/nats/tls")
	own, err := tls.LoadX509KeyPair(filepath.Join(tlsFiles, "server.crt"), filepath.Join(tlsFiles, "server.key"))
	if err != nil {
		return "", err
	}
	if err := route(ctx, c.Stage, nodes[1], nodes[0], own); err != nil {
		return "", fmt.Errorf("a route with a certificate: %w", err)
	}
	if err := route(ctx, c.Stage,
		nodes[1],
		nodes[0],
	); err == nil ||
		!strings.Contains(err.Error(), "certificate required") {
		return "", errors.Join(errors.New("a route without a certificate: expected it to be turned away for that"), err)
	}
	return "five configurations without a secret; a route with a node's certificate was let in, one without was " +
		"turned away", nil
}

// route opens a connection between two nodes as a server does, and waits for what the other says
// first.
func route(ctx context.Context, s *stage.Stage, from, to stage.Node, certificates ...tls.Certificate) error {
	source, err := netip.ParseAddr(from.Address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	raw, err := elbv2.DialFrom(s.Cloud, source)(ctx, "tcp", to.Address+":6222")
	if err != nil {
		return err
	}
	defer raw.Close() //nolint:errcheck // it is over either way
	deadline, _ := ctx.Deadline()
	if err := raw.SetDeadline(deadline); err != nil {
		return err
	}
	// Routes begin with TLS, without a greeting (nats-server, route.go: createRoute). In TLS 1.3 a
	// client learns only with the first read that it lacked a certificate.
	connection := tls.Client(
		raw,
		&tls.Config{InsecureSkipVerify: true, Certificates: certificates, MinVersion: tls.VersionTLS13},
	) //nolint:gosec // which node answers is not the question here
	_, err = connection.Read(make([]byte, 1))
	return err
}

// peers are the meta group's members, as its leader knows them.
func peers(ctx context.Context, c *stage.Cluster) (names []string, err error) {
	return names, poll.For(ctx, stage.SettleLimit, func() error {
		names = nil
		for _, n := range c.Nodes() {
			var jetStream struct {
				Meta struct {
					Leader   string `json:"leader"`
					Size     int    `json:"cluster_size"`
					Replicas []struct {
						Name    string `json:"name"`
						Current bool   `json:"current"`
						Offline bool   `json:"offline"`
					} `json:"replicas"`
				} `json:"meta_cluster"`
			}
			if err := c.GetPage(ctx, n, "/jsz", &jetStream); err != nil {
				return err
			}
			if jetStream.Meta.Leader != n.Name {
				continue
			}
			names = append(names, n.Name)
			for _, r := range jetStream.Meta.Replicas {
				if !r.Current || r.Offline {
					return fmt.Errorf("peer %s of the meta group is not current", r.Name)
				}
				names = append(names, r.Name)
			}
			if jetStream.Meta.Size != len(names) {
				return fmt.Errorf("the meta group counts %d peers and names %v", jetStream.Meta.Size, names)
			}
		}
		slices.Sort(names)
		if len(names) == 0 {
			return errors.New("no node leads the meta group")
		}
		return nil
	})
}

// incident7: names are the nodes', not the machines'.
func incident7(ctx context.Context, c *stage.Cluster) (string, error) {
	if _, err := c.Stage.ReplaceNode(ctx, "nats-5"); err != nil {
		return "", err
	}
	found, err := peers(ctx, c)
	if err != nil {
		return "", err
	}
	if wanted := []string{"nats-1", "nats-2", "nats-3", "nats-4", "nats-5"}; !slices.Equal(found, wanted) {
		return "", fmt.Errorf("the meta group is %v, expected %v", found, wanted)
	}
	return "nats-5 on another machine; the meta group has the same five peers, all current", nil
}

// incident8: a machine goes, its disk stays and comes back with it.
func incident8(ctx context.Context, c *stage.Cluster) (string, error) {
	disks := func() map[string]string {
		of, found := map[string]string{}, map[string]string{}
		for _, n := range c.Nodes() {
			of[n.Instance] = n.Name
		}
		for _, r := range c.Stage.Cloud.Records("aws:ec2/volumeAttachment:VolumeAttachment") {
			found[fmt.Sprint(r.Get("volumeId"))] = of[fmt.Sprint(r.Get("instanceId"))]
		}
		return found
	}
	n, before := c.Nodes()[4], disks()
	stores := "var/lib/nats/jetstream/jetstream"
	kept, err := os.ReadDir(filepath.Join(n.Machine.Dir(), stores))
	if err != nil {
		return "", err
	}
	if _, err := c.Stage.ReplaceNode(ctx, n.Name); err != nil {
		return "", err
	}
	after, total := disks(), len(c.Stage.Cloud.Records("aws:ebs/volume:Volume"))
	if fmt.Sprint(after) != fmt.Sprint(before) || total != len(after) {
		return "", fmt.Errorf(
			"disks were attached as %v and are as %v; there are %d disks in all",
			before,
			after,
			total,
		)
	}
	now, err := os.ReadDir(filepath.Join(c.Nodes()[4].Machine.Dir(), stores))
	if err != nil {
		return "", err
	}
	if len(kept) == 0 || len(now) < len(kept) {
		return "", fmt.Errorf("the store held %d accounts and holds %d", len(kept), len(now))
	}
	return fmt.Sprintf(
		"%s on another machine with its own disk and what was on it; %d disks, all attached",
		n.Name,
		total,
	), nil
}

// incident9: the key of the nodes' disks cannot be used.
func incident9(ctx context.Context, s *stage.Stage) (string, error) {
	const token = "aws:kms/key:Key"
	set := func(id string, enabled bool) error {
		if !s.Cloud.Change(
			token,
			id,
			func(properties resource.PropertyMap) { properties["isEnabled"] = resource.NewProperty(enabled) },
		) {
			return fmt.Errorf("there is no key %s", id)
		}
		return nil
	}
	disk := s.Cloud.Records("aws:ebs/volume:Volume")[0].Get("kmsKeyId")
	var key string
	for _, r := range s.Cloud.Records(token) {
		if r.Get("arn") == disk {
			key = r.ID
		}
	}
	err := stage.ExpectFailedReplacement(ctx, s, func() (func() error, error) {
		return func() error { return set(key, true) }, set(key, false)
	}, nil, "nats-1-instance", "DisabledException", "is disabled")
	return "with its key disabled the machine was not launched, the update said which key; nothing else was " +
		"touched", err
}

// incident10: what the old system paid for and could not use.
func incident10(ctx context.Context, s *stage.Stage) (string, error) {
	if err := s.Configure(map[string]any{"natsVolumeIops": 16000, "natsVolumeThroughput": 1000}); err != nil {
		return "", err
	}
	steps, failed := s.Preview(ctx)
	if err := errors.Join(
		stage.ExpectRefusal(
			failed,
			"natsVolumeIops",
			"natsVolumeThroughput",
			"m6i.large",
			"3,600",
			"pulumi config set",
		),
		s.Configure(nil),
	); err != nil {
		return "", err
	}
	if touched := steps.Changes(); len(touched) > 0 {
		return steps.Summary(), errors.New("resources were planned before the configuration was refused")
	}
	return "refused before the first resource, with both keys, what m6i.large sustains and the command that " +
		"sets it", nil
}

// expectServers connects so many times, each of which must lead to a server.
func expectServers(client *stage.Client, times int) error {
	for range times {
		connection, err := client.Connect(stage.LoadService)
		if err != nil {
			return err
		}
		connection.Close()
	}
	return nil
}

// incident11: something listens on the clients' port of a node, and it is not NATS.
func incident11(ctx context.Context, c *stage.Cluster) (string, error) {
	client, err := c.Stage.Attach(ctx, "incident 11", "service")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	n := c.Nodes()[1]
	n.Machine.PowerOff()
	var impostor net.Listener
	// The kernel frees the port a moment after the server is gone.
	if err := poll.For(ctx, stage.SettleLimit, func() (err error) {
		impostor, err = net.Listen("tcp", n.Address+":4222")
		return err
	}); err != nil {
		return "", errors.Join(err, n.Machine.Start())
	}
	err = poll.For(ctx, stage.SettleLimit, func() error {
		if elbv2.TargetHealth(c.Stage.Cloud)[n.Address] {
			return fmt.Errorf("the load balancer calls %s healthy, where only a port is open", n.Name)
		}
		return nil
	})
	if err == nil {
		// The load balancer's nodes learn of it a little later than the one that looked
		// (internal/localcloud, propagation).
		err = poll.For(ctx, stage.SettleLimit, func() error { return expectServers(client, 20) })
	}
	if err = errors.Join(err, impostor.Close(), n.Machine.Start()); err != nil {
		return "", err
	}
	seen := "a port that is open and no server behind it: the load balancer took it out, and then 20 clients of 20 " +
		"reached a server"
	return seen, c.AwaitHealthy(ctx)
}
