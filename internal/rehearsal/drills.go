// The drills: every change, fault and recovery that `make rehearse` does not show.

package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/rootfs"
	"github.com/bodybroker/platform/internal/toolchain"
)

// ground is what a drill is played on.
type ground int

const (
	// shared is one platform that stands; its drills leave it as they found it.
	shared ground = iota
	// running is another one, whose machines run.
	running
	// serving is another one, in which the services' tasks run too.
	serving
	// empty is an empty cloud of the drill's own.
	empty
	// emptyRunning is an empty cloud of its own in which machines will run.
	emptyRunning
	// emptyServing is an empty cloud of its own in which the services' tasks will run too.
	emptyServing
	// emptyKilled is an empty cloud of its own; the engine writes its state at every step, for it
	// will be killed.
	emptyKilled
)

// drill is a scenario with the ground that it needs.
type drill struct {
	scenario
	on ground
	// parts are played before it, each with a result of its own; it holds if they all do.
	parts []scenario
}

// drills by id, in the order in which they are played.
var drills = []drill{
	{
		scenario: scenario{
			id:     "refresh.noop",
			wanted: "refresh finds no drift; a deleted alarm and an opened security group are found and mended",
			play:   refreshNoop,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id: "change.image",
			wanted: "a new image tag touches that service's task definition and service, and the gate of the " +
				"services; nothing else",
			play: changeImage,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id:     "change.rollback",
			wanted: "a version that ECS rolls back fails the update, which names the service",
			play:   changeRollback,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id:     "change.service",
			wanted: "a 23rd service is added; no NATS instance and no other service is touched",
			play:   changeService,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id:     "change.redis",
			wanted: "another node type updates the replication group in place",
			play:   changeRedis,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id: "change.ami",
			wanted: "a new AMI replaces the five instances one after the other, gates between; no volume, address " +
				"or name",
			play: changeAMI,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id:     "guard.protect",
			wanted: "an up that would delete a NATS volume or Redis is refused and says so",
			play:   guardProtect,
		},
		on: shared,
	},
	{
		scenario: scenario{
			id: "interrupt.resume",
			wanted: "the engine is killed in the middle of an up; after the runbook's recovery the next up " +
				"completes, nothing twice, nothing orphaned",
			play: interruptResume,
		},
		on: emptyKilled,
	},
	{
		scenario: scenario{
			id:     "fail.resume",
			wanted: "each of 10 resources fails to create: a clear error, the rest intact, the next up completes",
			play:   failResume,
		},
		on: empty,
	},
	{
		scenario: scenario{
			id: "nats.disk",
			wanted: "stores near full, then full: the metric first, publishers get errors, no stream is reset, all " +
				"goes on when there is room",
			play: fillStore,
		},
		on: emptyRunning,
	},
	{
		scenario: scenario{
			id:     "nats.auth",
			wanted: "every identity may do what its row says and none of 200 other things; strangers are turned away",
			play:   everyIdentity,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.kill1",
			wanted: "each server process is killed in turn: no acknowledged message lost, no stall over 10 s",
			play:   killEach,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.kill2",
			wanted: "two nodes lose power at once: no acknowledged message lost, service resumes when they return",
			play:   killTwo,
		},
		on: running,
	},
	{
		scenario: scenario{id: "nats.zone", wanted: "a whole zone loses power: streams stay available", play: loseZone},
		on:       running,
	},
	{
		scenario: scenario{
			id:     "nats.quorum",
			wanted: "three nodes lose power: writes are refused, none is falsely acknowledged, it heals by itself",
			play:   loseQuorum,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: "nats.partition",
			wanted: "a zone's two nodes are cut off from the other three: they acknowledge nothing, the three go " +
				"on; healed, all replicas are equal",
			play: cutOffTwo,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.restart",
			wanted: "all five lose power and are started: everything acknowledged is there",
			play:   restartAll,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.roll.ami",
			wanted: "a new AMI: strictly one node at a time, no request fails twice, no message lost",
			play:   rollAMI,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.reload",
			wanted: "a 23rd service's permissions: no process restarts, no connection drops",
			play:   reload,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: "nats.rotate",
			wanted: "a service's seed is replaced: old and new are let in until its tasks have the new one, no " +
				"connection drops; then the old one is turned away",
			play: rotateSeed,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.cert",
			wanted: "certificates whose time is nearly over are renewed; connections are kept",
			play:   renewCertificates,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.dlq",
			wanted: "a message that nobody acknowledges is in the DLQ after its deliveries, once",
			play:   deadLetter,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: "nats.backup",
			wanted: "streams are backed up, the cluster and its disks destroyed, the streams restored: counts and " +
				"contents equal",
			play: backupAndRestore,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.replace.disk",
			wanted: "a node's disk is lost: the runbook's procedure brings it back to three replicas everywhere",
			play:   replaceDisk,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: rootDrill,
			wanted: "user-data of a node runs in a real root file system under a real systemd, twice, or says that " +
				"it could not be run",
			play: onCluster(bootRootFileSystem),
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "nats.incidents",
			wanted: "each of incidents 1 to 12 fails the update with a clear message, or cannot be expressed",
			play:   nil,
		},
		on:    running,
		parts: incidents,
	},
	{
		scenario: scenario{
			id:     "nats.roll.version",
			wanted: "another server version: strictly one node at a time, no request fails twice, no message lost",
			play:   rollVersion,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: "nats.roll.bad",
			wanted: "a configuration that the server refuses, a server that does not start: stops at the first " +
				"node, four untouched; the next up with the good one completes",
			play: rollBad,
		},
		on: running,
	},
	{
		scenario: scenario{
			id:     "svc.order",
			wanted: "no task starts before the NATS gate; none needs a restart to become healthy",
			play:   startInOrder,
		},
		on: emptyServing,
	},
	{
		scenario: scenario{
			id:     "svc.deploy",
			wanted: "a new version of one service under load: new tasks take over, no request fails",
			play:   deployImage,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "svc.rollback",
			wanted: "a version that never becomes healthy: ECS goes back, the update fails and names the service, " +
				"the old version serves throughout",
			play: rollBackImage,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id:     "svc.noimage",
			wanted: "a service without an image: the update passes and lists it; with one it gets its tasks",
			play:   withoutImage,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "svc.kill",
			wanted: "tasks are killed at random for a minute under load: requests are answered at the second try, " +
				"all tasks come back",
			play: killTasks,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "svc.scale",
			wanted: "a declared CPU demand raises a service's tasks to the limit, and they go back when it ends; no " +
				"request fails",
			play: scaleWithDemand,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id:     "gw.contract",
			wanted: "malformed and hostile requests: the right status each, nothing crashes, nothing leaks",
			play:   gatewayContract,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "svc.secret.rotate",
			wanted: "Redis's token and a service's seed are replaced while it is given commands: none fails; then " +
				"the old ones are turned away",
			play: rotateSecrets,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "redis.failover",
			wanted: "a shard's primary is killed while it is written to: writes resume within 15 s, it comes back " +
				"as a replica",
			play: failOver,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id: "cutover",
			wanted: "weights 0, 10, 50, 100 and back: measured shares within 2 points, no request fails; answers " +
				"are compared; retired, nothing legacy is left",
			play: cutover,
		},
		on: serving,
	},
	{
		scenario: scenario{
			id:     "svc.incidents",
			wanted: "each of incidents 13 to 21 fails the update with a clear message, or cannot be expressed",
			play:   nil,
		},
		on:    serving,
		parts: serviceIncidents,
	},
	{
		scenario: scenario{
			id: "playground",
			wanted: "a playground's files let clients in, its socket kills a server and changes configuration, and " +
				"its end leaves nothing",
			play: playPlayground,
		},
		on: running,
	},
	{
		scenario: scenario{
			id: "upgrade.preview",
			wanted: "a preview on the production that each release left changes nothing that CHANGELOG does not " +
				"list",
			play: upgradePreview,
		},
		on: empty,
	},
	{
		scenario: scenario{
			id: "dr.rebuild",
			wanted: "the first region is gone; the platform comes up in a second one, with disks and Redis made " +
				"from the snapshots",
			play: drRebuild,
		},
		on: empty,
	},
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
	if _, _, err := toolchain.FindPulumi(ctx, root, out); err != nil { // once, for both
		return err
	}
	beside := playBeside(ctx, root, chosen)
	options := Options{Root: root, Progress: out, Observe: newProgress(out, terminal).observe}
	recorder := &recorder{out: out}
	err = errors.Join(
		playFresh(ctx, recorder, options, pick(chosen, emptyRunning, emptyServing)),
		playShared(ctx, recorder, options, pick(chosen, running)),
	)
	others := <-beside
	fmt.Fprint(out, others.told.String())
	recorder.results = append(recorder.results, others.results...)
	err = errors.Join(err, others.err, playShared(ctx, recorder, options, pick(chosen, serving)))
	err = errors.Join(err, cli.WriteResults(filepath.Join(root, "out", "drills.json"), recorder.results))
	return finish(recorder, out, start, err)
}

// played are drills that were played beside others.
type played struct {
	told    *bytes.Buffer
	results []Result
	err     error
}

// playBeside plays the drills on clouds in which nothing runs: they need the engine and no address
// of this computer, so that the running servers do not have to wait for them. What they print is
// told when they have ended.
func playBeside(ctx context.Context, root string, chosen []drill) <-chan played {
	ended := make(chan played, 1)
	go func() {
		told := &bytes.Buffer{}
		if slices.ContainsFunc(chosen, func(d drill) bool { return d.id == rootDrill }) && rootfs.Supported() == nil {
			_, _ = rootfs.Tree(
				ctx,
				filepath.Join(root, buildFolder),
				func(string) {},
			) // the drill itself says what is wrong
		}
		options := Options{Root: root, Progress: told, Observe: newProgress(told, false).observe}
		recorder := &recorder{out: told}
		err := errors.Join(
			playShared(ctx, recorder, options, pick(chosen, shared)),
			playFresh(ctx, recorder, options, pick(chosen, empty, emptyKilled)),
		)
		ended <- played{told: told, results: recorder.results, err: err}
	}()
	return ended
}

// choose picks drills by id; an id that does not exist is an error that names those that do.
func choose(ids []string) ([]drill, error) {
	if len(ids) == 0 {
		return drills, nil
	}
	all := slices.Clone(drills)
	for _, d := range drills {
		for _, part := range d.parts {
			all = append(all, drill{scenario: part, on: d.on})
		}
	}
	var known []string
	for _, d := range all {
		known = append(known, d.id)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("there is no drill %q; there are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(d drill) bool { return !slices.Contains(ids, d.id) }), nil
}

func pick(from []drill, grounds ...ground) []drill {
	return slices.DeleteFunc(slices.Clone(from), func(d drill) bool { return !slices.Contains(grounds, d.on) })
}

// playShared brings one platform up and plays on it drills that leave it standing.
func playShared(ctx context.Context, r *recorder, o Options, list []drill) error {
	if len(list) == 0 {
		return nil
	}
	o.Tasks = list[0].on == serving
	o.Alive = o.Tasks || list[0].on == running
	stage, err := NewStage(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, "\nBringing up the platform that the next drills share …")
	if _, err := stage.Up(ctx); err != nil {
		return errors.Join(fmt.Errorf("bringing up the platform for the drills: %w", err), stage.Close())
	}
	for _, d := range list {
		r.playDrill(ctx, stage, d)
	}
	return stage.Close()
}

// playDrill plays a drill; one with parts holds if all of them do.
func (r *recorder) playDrill(ctx context.Context, stage *Stage, d drill) {
	parts := &recorder{out: r.out}
	for _, part := range d.parts {
		r.results = append(r.results, parts.play(ctx, stage, part))
	}
	if len(d.parts) > 0 {
		d.play = func(context.Context, *Stage) (string, error) { return parts.together() }
	}
	r.play(ctx, stage, d.scenario)
}

// together is the outcome of a drill by its parts: it holds if all of them do.
func (r *recorder) together() (seen string, err error) {
	seen = r.summary()
	switch {
	case len(r.ids(Failed)) > 0:
		return seen, errors.New("not all of its parts held")
	case len(r.ids(NotRun)) > 0:
		return seen, notRun("not all of its parts could be run on this computer")
	}
	return seen, nil
}

func playFresh(ctx context.Context, r *recorder, o Options, fresh []drill) error {
	for _, d := range fresh {
		o.Checkpoints, o.Tasks = d.on == emptyKilled, d.on == emptyServing
		o.Alive = o.Tasks || d.on == emptyRunning
		stage, err := NewStage(ctx, o)
		if err != nil {
			return err
		}
		r.playDrill(ctx, stage, d)
		if err := stage.Close(); err != nil {
			return err
		}
	}
	return nil
}
