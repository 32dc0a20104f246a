// The drills: every change, fault and recovery that `make rehearse` does not show.

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/results"
)

// drill is a scenario with the ground that it needs.
type drill struct {
	scenario
	// fresh drills start from an empty cloud of their own; the others share one platform that
	// stands, and leave it as they found it.
	fresh bool
	// checkpoints: the engine writes its state at every step, for it will be killed.
	checkpoints bool
	// alive drills share a platform of their own, whose machines run.
	alive bool
}

// drills by id, in the order in which they are played.
var drills = []drill{
	{scenario{"refresh.noop", "refresh finds no drift; a deleted alarm and an opened security group are found and mended", refreshNoop}, false, false, false},
	{scenario{"change.image", "a new image tag touches that service's task definition and service, nothing else", changeImage}, false, false, false},
	{scenario{"change.rollback", "a version that ECS rolls back fails the update, which names the service", changeRollback}, false, false, false},
	{scenario{"change.service", "a 23rd service is added; no NATS instance and no other service is touched", changeService}, false, false, false},
	{scenario{"change.redis", "another node type updates the replication group in place", changeRedis}, false, false, false},
	{scenario{"change.ami", "a new AMI replaces the five instances one after the other, gates between; no volume, address or name", changeAMI}, false, false, false},
	{scenario{"guard.protect", "an up that would delete a NATS volume or Redis is refused and says so", guardProtect}, false, false, false},
	{scenario{"interrupt.resume", "the engine is killed in the middle of an up; after the runbook's recovery the next up completes, nothing twice, nothing orphaned", interruptResume}, true, true, false},
	{scenario{"fail.resume", "each of 10 resources fails to create: a clear error, the rest intact, the next up completes", failResume}, true, false, false},
	{scenario{"nats.auth", "every identity may do what its row says and none of 200 other things; strangers are turned away", everyIdentity}, false, false, true},
	{scenario{"nats.kill1", "each server process is killed in turn: no acknowledged message lost, no stall over 10 s", killEach}, false, false, true},
	{scenario{"nats.kill2", "two nodes lose power at once: no acknowledged message lost, service resumes when they return", killTwo}, false, false, true},
	{scenario{"nats.zone", "a whole zone loses power: streams stay available", loseZone}, false, false, true},
	{scenario{"nats.quorum", "three nodes lose power: writes are refused, none is falsely acknowledged, it heals by itself", loseQuorum}, false, false, true},
	{scenario{"nats.partition", "a zone's two nodes are cut off from the other three: they acknowledge nothing, the three go on; healed, all replicas are equal", cutOffTwo}, false, false, true},
	{scenario{"nats.restart", "all five lose power and are started: everything acknowledged is there", restartAll}, false, false, true},
	{scenario{"nats.roll.ami", "a new AMI: strictly one node at a time, no request fails twice, no message lost", rollAMI}, false, false, true},
	{scenario{"nats.reload", "a 23rd service's permissions: no process restarts, no connection drops", reload}, false, false, true},
	{scenario{"nats.cert", "certificates whose time is nearly over are renewed; connections are kept", renewCertificates}, false, false, true},
	{scenario{"nats.replace.disk", "a node's disk is lost: the runbook's procedure brings it back to three replicas everywhere", replaceDisk}, false, false, true},
	{scenario{"nats.roll.version", "another server version: strictly one node at a time, no request fails twice, no message lost", rollVersion}, false, false, true},
	{scenario{"nats.roll.bad", "a server that does not start: stops at the first node, four untouched; the next up with the good one completes", rollBad}, false, false, true},
	{scenario{"dr.rebuild", "the first region is gone; the platform comes up in a second one, with disks and Redis made from the snapshots", drRebuild}, true, false, false},
}

// Drill plays all drills, or those whose ids are given, and writes out/drills.json.
func Drill(ctx context.Context, root string, out io.Writer, terminal bool, ids ...string) error {
	chosen, err := choose(ids)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := Prepare(ctx, root, out); err != nil {
		return err
	}
	shown := newProgress(out, terminal)
	options := Options{Root: root, Progress: out, Observe: shown.observe}
	recorder := &recorder{out: out}
	running := options
	running.Alive = true
	err = errors.Join(playShared(ctx, recorder, options, pick(chosen, func(d drill) bool { return !d.fresh && !d.alive })),
		playFresh(ctx, recorder, options, pick(chosen, func(d drill) bool { return d.fresh })),
		playShared(ctx, recorder, running, pick(chosen, func(d drill) bool { return d.alive })))
	err = errors.Join(err, results.Write(filepath.Join(root, "out", "drills.json"), recorder.results))
	return finish(recorder, out, start, err)
}

// choose picks drills by id; an id that does not exist is an error that names those that do.
func choose(ids []string) ([]drill, error) {
	if len(ids) == 0 {
		return drills, nil
	}
	var known []string
	for _, d := range drills {
		known = append(known, d.id)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no drill %q; there are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(drills), func(d drill) bool { return !slices.Contains(ids, d.id) }), nil
}

func pick(from []drill, wanted func(drill) bool) []drill {
	return slices.DeleteFunc(slices.Clone(from), func(d drill) bool { return !wanted(d) })
}

// playShared brings one platform up and plays on it drills that leave it standing.
func playShared(ctx context.Context, r *recorder, o Options, shared []drill) error {
	if len(shared) == 0 {
		return nil
	}
	stage, err := NewStage(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, "\nBringing up the platform that the next drills share …")
	if _, err := stage.Up(ctx); err != nil {
		return errors.Join(fmt.Errorf("bringing up the platform for the drills: %w", err), stage.Close())
	}
	for _, d := range shared {
		r.play(ctx, stage, d.scenario)
	}
	return stage.Close()
}

func playFresh(ctx context.Context, r *recorder, o Options, fresh []drill) error {
	for _, d := range fresh {
		o.Checkpoints = d.checkpoints
		stage, err := NewStage(ctx, o)
		if err != nil {
			return err
		}
		r.play(ctx, stage, d.scenario)
		if err := stage.Close(); err != nil {
			return err
		}
	}
	return nil
}
