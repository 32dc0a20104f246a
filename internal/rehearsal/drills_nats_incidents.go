// What went wrong the last time, recreated on the standing platform: each update fails with a
// message that says why, or the fault cannot be expressed at all. Numbers are those of the list of
// incidents.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// incidents are the parts of nats.incidents, by the number of the incident.
var incidents = []scenario{
	{id: "nats.incidents.1", wanted: "instances run and no server on them: the update fails", play: incident1},
	{
		id:     "nats.incidents.2",
		wanted: "servers that do not find each other are no cluster: the update fails",
		play:   incident2,
	},
	{
		id:     "nats.incidents.3",
		wanted: "no certificate: the server does not start, least of all in plain text, and the update fails",
		play:   incident3,
	},
	{
		id:     "nats.incidents.4",
		wanted: "the data disk has another device name at every boot and is found",
		play:   onCluster(incident4),
	},
	{
		id:     "nats.incidents.5",
		wanted: "folders are given to a user that exists; if it cannot be made, nothing goes on",
		play:   onCluster(incident5),
	},
	{
		id:     "nats.incidents.6",
		wanted: "no route carries a password; routes want a certificate",
		play:   onCluster(incident6),
	},
	{id: "nats.incidents.7", wanted: "a replaced node is the same peer of the meta group", play: onCluster(incident7)},
	{
		id:     "nats.incidents.8",
		wanted: "a replaced node has its own disk with all that was on it; no disk is left over",
		play:   onCluster(incident8),
	},
	{id: "nats.incidents.9", wanted: "a key that cannot be used fails the update at once", play: incident9},
	{
		id:     "nats.incidents.10",
		wanted: "more IOPS than the instance type sustains are refused before anything is made",
		play:   incident10,
	},
	{id: "nats.incidents.11", wanted: "an open port is no healthy server", play: onCluster(incident11)},
	{
		id:     "nats.incidents.12",
		wanted: "a server program of other bytes is not started, nothing comes from the internet",
		play:   incident12,
	},
}

// onCluster is a drill by somebody who looks at the cluster from the controller's place.
func onCluster(play func(context.Context, *cluster) (string, error)) func(context.Context, *Stage) (string, error) {
	return func(ctx context.Context, s *Stage) (string, error) {
		c, err := newCluster(ctx, s)
		if err != nil {
			return "", err
		}
		defer c.leave()
		return play(ctx, c)
	}
}

// shortGate is the controller's limit while a gate is meant to fail: several boots long.
const shortGate = 20 * time.Second

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

// failsAt breaks something, wants the replacement of nats-1 to fail with all words and to leave the
// other nodes alone, mends it and wants the next replacement to succeed. look sees what the fault
// did.
func failsAt(
	ctx context.Context,
	s *Stage,
	broken func() (mend func() error, err error),
	look func(*cluster, clusterNode) error,
	words ...string,
) error {
	c, err := newCluster(ctx, s)
	if err != nil {
		return err
	}
	defer c.leave()
	if err := c.whole(ctx); err != nil {
		return err
	}
	nodes := c.nodes()
	before, err := c.versions(ctx)
	if err != nil {
		return err
	}
	mend, err := broken()
	if err != nil {
		return err
	}
	s.gateLimit = shortGate
	_, failed := s.replaceNode(ctx, "nats-1")
	s.gateLimit = 0
	err = errors.Join(refusedFor(failed, words...), untouched(ctx, c, nodes[1:], before))
	if now := c.nodes(); err == nil && look != nil {
		err = look(c, now[0])
	}
	if err = errors.Join(err, mend()); err != nil {
		return err
	}
	if _, err := s.replaceNode(ctx, "nats-1"); err != nil {
		return fmt.Errorf("with the fault mended: %w", err)
	}
	return c.whole(ctx)
}
