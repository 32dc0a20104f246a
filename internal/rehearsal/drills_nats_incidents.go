// What went wrong the last time, recreated on the standing platform: each update fails with a message
// that says why, or the fault cannot be expressed at all. Numbers are those of the list of incidents.
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
	{"nats.incidents.1", "instances run and no server on them: the update fails", incident1},
	{"nats.incidents.2", "servers that do not find each other are no cluster: the update fails", incident2},
	{"nats.incidents.3", "no certificate: the server does not start, least of all in plain text, and the update fails", incident3},
	{"nats.incidents.4", "the data disk has another device name at every boot and is found", onCluster(incident4)},
	{"nats.incidents.5", "folders are given to a user that exists; if it cannot be made, nothing goes on", onCluster(incident5)},
	{"nats.incidents.6", "no route carries a password; routes want a certificate", onCluster(incident6)},
	{"nats.incidents.7", "a replaced node is the same peer of the meta group", onCluster(incident7)},
	{"nats.incidents.8", "a replaced node has its own disk with all that was on it; no disk is left over", onCluster(incident8)},
	{"nats.incidents.9", "a key that cannot be used fails the update at once", incident9},
	{"nats.incidents.10", "more IOPS than the instance type sustains are refused before anything is made", incident10},
	{"nats.incidents.11", "an open port is no healthy server", onCluster(incident11)},
	{"nats.incidents.12", "a server program of other bytes is not started, nothing comes from the internet", incident12},
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

// failsAt breaks something, wants the replacement of nats-1 to fail with all words and to leave the other
// nodes alone, mends it and wants the next replacement to succeed. look sees what the fault did.
func failsAt(ctx context.Context, s *Stage, broken func() (mend func() error, err error), look func(*cluster, clusterNode) error, words ...string) error {
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
