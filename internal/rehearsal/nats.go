// nats.boot: what came of the user-data of five machines.

package rehearsal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func natsBoot(ctx context.Context, s *stage.Stage) (string, error) {
	c, err := stage.NewCluster(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.Detach()
	if err := c.AwaitHealthy(ctx); err != nil {
		return "", err
	}
	var seen []string
	for _, look := range []func(context.Context, *stage.Cluster) (string, error){
		expectServers,
		expectOneLeader,
		expectOnlyTLS,
		expectOnlyAllowedFlows,
		expectStreams,
	} {
		found, err := look(ctx, c)
		if err != nil {
			return strings.Join(seen, "\n"), err
		}
		seen = append(seen, found)
	}
	return strings.Join(seen, "\n"), nil
}

// expectServers: five processes under five names, all of one version and configuration.
func expectServers(ctx context.Context, c *stage.Cluster) (string, error) {
	versions, configurations := map[string]int{}, map[string]int{}
	for i, n := range c.Nodes() {
		if want := fmt.Sprintf("nats-%d", i+1); n.Name != want {
			return "", fmt.Errorf("node %d is %q, expected %q", i+1, n.Name, want)
		}
		v, err := c.Server(ctx, n)
		if err != nil {
			return "", fmt.Errorf("%w\nconsole of %s:\n%s", err, n.Name, n.Machine.Console())
		}
		if v.Name != n.Name {
			return "", fmt.Errorf("the server of %s calls itself %q", n.Name, v.Name)
		}
		versions[v.Version]++
		configurations[strings.Join(v.Tags[1:], " ")]++
	}
	if len(c.Nodes()) != 5 || len(versions) != 1 || len(configurations) != 1 {
		return "", fmt.Errorf(
			"%d nodes with versions %v and configurations %v",
			len(c.Nodes()),
			versions,
			configurations,
		)
	}
	return fmt.Sprintf("5 servers, version %s, %s", stage.JoinKeys(versions), stage.JoinKeys(configurations)), nil
}

// expectOneLeader: all five agree on who leads a group of five.
func expectOneLeader(ctx context.Context, c *stage.Cluster) (string, error) {
	leaders := map[string]int{}
	for _, n := range c.Nodes() {
		leader, err := c.MetaLeader(ctx, n)
		if err != nil {
			return "", err
		}
		leaders[leader]++
	}
	if len(leaders) != 1 || leaders[""] > 0 {
		return "", fmt.Errorf("the nodes name these meta leaders: %v", leaders)
	}
	return "one cluster, meta leader " + stage.JoinKeys(leaders), nil
}

// expectOnlyTLS: a client gets in with TLS 1.2 and 1.3, and with nothing less.
func expectOnlyTLS(ctx context.Context, c *stage.Cluster) (string, error) {
	service, err := c.Stage.Attach(ctx, "TLS", "service")
	if err != nil {
		return "", err
	}
	defer service.Detach()
	for version, wanted := range map[uint16]bool{
		tls.VersionTLS11: false,
		tls.VersionTLS12: true,
		tls.VersionTLS13: true,
	} {
		err := service.Handshake(version)
		if wanted != (err == nil) {
			return "", errors.Join(
				fmt.Errorf("%s: expected to be let in: %v, got: %v", tls.VersionName(version), wanted, err == nil),
				err,
			)
		}
	}
	return "TLS 1.2 and 1.3 through the load balancer's name, TLS 1.1 refused", nil
}

// expectStreams: every stream of the table, with its replicas in as many zones.
func expectStreams(ctx context.Context, c *stage.Cluster) (string, error) {
	access, leave, err := c.Stage.Administrator(ctx, "streams")
	if err != nil {
		return "", err
	}
	defer leave()
	wanted, err := catalog.Streams()
	if err != nil {
		return "", err
	}
	zones := map[string]string{}
	for _, n := range c.Nodes() {
		zones[n.Name] = n.Zone
	}
	var errs []error
	for _, w := range wanted {
		errs = append(errs, expectStream(ctx, access, w, zones))
	}
	return fmt.Sprintf("%d streams, each with its 3 replicas in 3 zones", len(wanted)), errors.Join(errs...)
}

func expectStream(
	ctx context.Context,
	access jetstream.JetStream,
	wanted catalog.Stream,
	zones map[string]string,
) error {
	stream, err := access.Stream(ctx, wanted.Name)
	if err != nil {
		return fmt.Errorf("stream %s: %w", wanted.Name, err)
	}
	return poll.For(ctx, stage.SettleLimit, func() error {
		info, err := stream.Info(ctx)
		if err != nil {
			return err
		}
		in := []string{zones[info.Cluster.Leader]}
		for _, replica := range info.Cluster.Replicas {
			if !replica.Current {
				return fmt.Errorf("stream %s: replica on %s is not current", wanted.Name, replica.Name)
			}
			in = append(in, zones[replica.Name])
		}
		slices.Sort(in)
		if len(in) != wanted.Replicas || len(slices.Compact(slices.Clone(in))) != len(in) {
			return fmt.Errorf("stream %s: replicas are in %v, expected %d zones", wanted.Name, in, wanted.Replicas)
		}
		return nil
	})
}
