// Drills that change running NATS nodes under load: other machines, another configuration.

package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.roll.ami",
			Wanted: "a new AMI: strictly one node at a time, no request fails twice, no message lost",
			Play:   rollAMI,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.reload",
			Wanted: "a 23rd service's permissions: no process restarts, no connection drops",
			Play:   reload,
		},
		On: drills.SharedMachines,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.cert",
			Wanted: "certificates whose time is nearly over are renewed; connections are kept",
			Play:   renewCertificates,
		},
		On: drills.SharedMachines,
	})
}

// expectNoFailures: whoever asks again once gets an answer.
func expectNoFailures(r stage.LoadReport) error {
	if r.Failed > 0 {
		return fmt.Errorf("%d requests failed at the second try too, the first: %s", r.Failed, r.FirstFailure)
	}
	return nil
}

// rollAMI gives the nodes another machine image, node by node.
func rollAMI(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, _ *stage.Load) (string, error) {
		before, events := c.Nodes(), len(s.Cloud.Events())
		if steps, err := s.UpWith(ctx, map[string]any{"natsAmi": stage.NewAMI}); err != nil {
			return steps.Summary(), err
		}
		for i, now := range c.Nodes() {
			if before[i].Instance == now.Instance || before[i].Address != now.Address {
				return "", fmt.Errorf(
					"%s was instance %s at %s and is %s at %s: expected another machine at the same address",
					now.Name,
					before[i].Instance,
					before[i].Address,
					now.Instance,
					now.Address,
				)
			}
		}
		return "five new machines, one after the other", expectRoll(s.Cloud.Events()[events:], before)
	}, expectNoFailures)
}

// expectRoll reads from the cloud's events that every node's machine went, and none before the one
// before it had passed its gate.
func expectRoll(events []cloud.Event, nodes []stage.Node) error {
	down, rolled := "", map[string]bool{}
	for _, e := range events {
		if e.Type != "aws:ec2/instance:Instance" && e.Type != stage.InvocationType {
			continue
		}
		node := strings.TrimSuffix(strings.TrimSuffix(stage.NameOf(e.URN), "-instance"), "-gate")
		switch {
		case e.Type == "aws:ec2/instance:Instance" && e.Operation == "delete":
			if down != "" {
				return fmt.Errorf("%s was taken down while %s had not passed its gate", node, down)
			}
			down = node
		case e.Type == stage.InvocationType && e.Operation == "create" && node == down:
			rolled[node], down = true, ""
		}
	}
	if down != "" {
		return fmt.Errorf("%s was taken down and never passed its gate", down)
	}
	var wanted []string
	for _, n := range nodes {
		wanted = append(wanted, n.Name)
	}
	if seen := slices.Sorted(maps.Keys(rolled)); len(wanted) == 0 || !slices.Equal(seen, wanted) {
		return fmt.Errorf("expected new machines for %v, which then pass their gates; seen for %v", wanted, seen)
	}
	return nil
}

// newcomerName is a 23rd service.
const newcomerName = "match-maker"

// reload adds a service: its permissions reach five running servers.
func reload(ctx context.Context, s *stage.Stage) (string, error) {
	added := map[string]any{
		"additionalServices": []any{
			map[string]any{
				"name":   newcomerName,
				"queue":  "q.match",
				"rpc":    []any{"svc.match.v1.find"},
				"events": []any{},
			},
		},
	}
	seen, err := underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		starts, reconnects := map[string]time.Time{}, l.Reconnects()
		for _, n := range c.Nodes() {
			v, err := c.Server(ctx, n)
			if err != nil {
				return "", err
			}
			starts[n.Name] = v.Start
		}
		if steps, err := s.UpWith(ctx, added); err != nil {
			return steps.Summary(), err
		}
		for _, n := range c.Nodes() {
			v, err := c.Server(ctx, n)
			if err != nil {
				return "", err
			}
			if !v.Start.Equal(starts[n.Name]) {
				return "", fmt.Errorf("the server of %s was restarted", n.Name)
			}
		}
		if now := l.Reconnects(); now != reconnects {
			return "", fmt.Errorf("%d connections were dropped", now-reconnects)
		}
		seen := "five servers took a 23rd service's permissions without a restart or a dropped connection"
		return seen, expectNewcomersRights(ctx, s)
	}, expectNoFailures)
	if err != nil {
		return seen, err
	}
	return seen, s.Retire(ctx, added)
}

// expectNewcomersRights tests what the 23rd service may and may not do.
func expectNewcomersRights(ctx context.Context, s *stage.Stage) error {
	client, err := s.Attach(ctx, "newcomer", "service")
	if err != nil {
		return err
	}
	defer client.Detach()
	refused := make(chan error, 8)
	c, err := client.Connect(
		newcomerName,
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }),
	)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.QueueSubscribe("svc.match.v1.find", "q.match", func(*nats.Msg) {}); err != nil {
		return err
	}
	if err := c.FlushTimeout(stage.AnswerLimit); err != nil {
		return err
	}
	if len(refused) > 0 {
		return fmt.Errorf("%s may not answer its own subject: %w", newcomerName, <-refused)
	}
	if err := c.Publish("evt.quest.stolen", nil); err != nil {
		return err
	}
	return poll.For(ctx, stage.AnswerLimit, func() error {
		if len(refused) == 0 {
			return errors.New(newcomerName + " published another service's event and was not refused")
		}
		return nil
	})
}

// renewCertificates gives every node a certificate five of whose six days are over, and lets the
// timer's unit run as it does every hour.
func renewCertificates(ctx context.Context, s *stage.Stage) (string, error) {
	return underLoad(ctx, s, func(c *stage.Cluster, l *stage.Load) (string, error) {
		reconnects := l.Reconnects()
		acmpca.SetCertificateClock(s.Cloud, func() time.Time { return time.Now().Add(-5 * 24 * time.Hour) })
		aged, err := certify(ctx, c,
			func(n stage.Node) error { return os.Remove(filepath.Join(n.Machine.Dir(), "etc/nats/tls/server.crt")) },
		)
		acmpca.SetCertificateClock(s.Cloud, nil)
		if err != nil {
			return "", fmt.Errorf("giving the nodes old certificates: %w", err)
		}
		if _, err := s.AwaitMetric(
			ctx,
			"CertificateDaysLeft",
			func(days float64) bool { return days < 1.5 },
		); err != nil {
			return "", fmt.Errorf("with old certificates: %w", err)
		}
		renewed, err := certify(ctx, c, func(stage.Node) error { return nil })
		if err != nil {
			return "", err
		}
		for name, before := range aged {
			if now := renewed[name]; now.Sub(before) < 4*24*time.Hour {
				return "", fmt.Errorf(
					"the certificate of %s ended %s and ends %s: it was not renewed",
					name,
					before,
					now,
				)
			}
		}
		if now := l.Reconnects(); now != reconnects {
			return "", fmt.Errorf("%d connections were dropped", now-reconnects)
		}
		return "with a day left the metric said so; then five servers showed a new certificate, and no connection " +
			"was dropped", nil
	}, expectNoFailures)
}

// certify runs the certificate's unit on every node and reports until when each server's
// certificate is valid.
func certify(ctx context.Context, c *stage.Cluster, before func(stage.Node) error) (map[string]time.Time, error) {
	ends := map[string]time.Time{}
	for _, n := range c.Nodes() {
		if err := before(n); err != nil {
			return nil, err
		}
		if err := n.Machine.Fire("nats-certificate.service"); err != nil {
			return nil, fmt.Errorf(
				"%w\nthe server's journal:\n%s",
				err,
				stage.LastLines(n.Machine.Journal("nats.service"), 15),
			)
		}
		v, err := c.Server(ctx, n)
		if err != nil {
			return nil, err
		}
		ends[n.Name] = v.CertNotAfter
	}
	return ends, nil
}
