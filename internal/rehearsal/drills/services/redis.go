// Drills of Redis and of what services log in with: a primary that ends, and secrets that change,
// while commands are given.

package services

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bodybroker/platform/internal/localcloud/elasticache"
	"github.com/bodybroker/platform/internal/localcloud/redisnodes"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "svc.secret.rotate",
			Wanted: "Redis's token and a service's seed are replaced while it is given commands: none fails; then " +
				"the old ones are turned away",
			Play: rotateSecrets,
		},
		On: drills.SharedTasks,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "redis.failover",
			Wanted: "a shard's primary is killed while it is written to: writes resume within 15 s, it comes back " +
				"as a replica",
			Play: failOver,
		},
		On: drills.SharedTasks,
	})
}

// resumeLimit is how long writes may be away when a primary ends (issue of this drill).
const resumeLimit = 15 * time.Second

// needsRedisServer says why a drill cannot be played.
func needsRedisServer() error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return stage.NotRunHere("one server in this process takes the place of Redis; apt-get install redis-server")
	}
	return nil
}

// failOver kills a shard's primary while something is written to that shard and commands are given
// to a service.
func failOver(ctx context.Context, s *stage.Stage) (string, error) {
	if err := needsRedisServer(); err != nil {
		return "", err
	}
	killed, err := primaryOf(ctx, s, 1)
	if err != nil {
		return "", err
	}
	writing, err := writeTo(ctx, s, 1)
	if err != nil {
		return "", err
	}
	q, err := stage.StartCommands(ctx, s)
	if err != nil {
		return "", errors.Join(err, writing.end())
	}
	err = syscall.Kill(killed.Process, syscall.SIGKILL)
	if err == nil {
		err = poll.For(ctx, stage.SettleLimit, func() error { return expectReplica(ctx, s, killed) })
	}
	failed := q.Failed.Load()
	if err == nil {
		err = q.AwaitNoRefusals(ctx)
	}
	err = errors.Join(err, writing.end(), q.Stop(nil))
	seen := fmt.Sprintf(
		"%s killed: writes to its shard were away for %.1f s (%d written); it came back as a replica; %d of %d "+
			"commands were refused meanwhile, then none",
		killed.Name[:strings.Index(killed.Name, ".")],
		writing.away.Seconds(),
		writing.written,
		failed,
		q.Sent.Load(),
	)
	if writing.away > resumeLimit {
		err = errors.Join(err, fmt.Errorf("writes were away for %s, expected at most %s", writing.away, resumeLimit))
	}
	return seen, err
}

func primaryOf(ctx context.Context, s *stage.Stage, shard int) (redisnodes.Node, error) {
	for _, node := range elasticache.RedisNodes(s.Cloud, ctx) {
		if node.Shard == shard && node.Primary {
			return node, nil
		}
	}
	return redisnodes.Node{}, fmt.Errorf("shard %d has no primary", shard)
}

// expectReplica expects the killed node to run again as a replica, and all nodes to answer.
func expectReplica(ctx context.Context, s *stage.Stage, killed redisnodes.Node) error {
	for _, node := range elasticache.RedisNodes(s.Cloud, ctx) {
		if !node.Answers {
			return fmt.Errorf("%s does not answer", node.Name)
		}
		if node.Name == killed.Name && (node.Primary || node.Process == killed.Process) {
			return fmt.Errorf("%s is the primary still", node.Name)
		}
	}
	return nil
}

// writing is a client that writes to one shard, where services run, until end.
type writing struct {
	from    *stage.Client
	client  *redis.ClusterClient
	stop    context.CancelFunc
	running sync.WaitGroup
	away    time.Duration // the longest time without an accepted write
	written int
}

func writeTo(ctx context.Context, s *stage.Stage, shard int) (*writing, error) {
	client, err := s.Attach(ctx, "writing", "service")
	if err != nil {
		return nil, err
	}
	w := &writing{from: client}
	if w.client, err = client.RedisClient(ctx, s, s.RedisToken()); err != nil {
		client.Detach()
		return nil, err
	}
	key, err := keyIn(ctx, w.client, shard)
	if err != nil {
		return nil, errors.Join(err, w.end())
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.running.Go(func() {
		last := time.Now()
		for ctx.Err() == nil {
			limited, cancel := context.WithTimeout(ctx, time.Second)
			err := w.client.Set(limited, key, w.written, time.Minute).Err()
			cancel()
			w.away = max(w.away, time.Since(last))
			if err == nil {
				last = time.Now()
				w.written++
			}
		}
	})
	return w, nil
}

func (w *writing) end() error {
	if w.stop != nil {
		w.stop()
	}
	w.running.Wait()
	defer w.from.Detach()
	return w.client.Close()
}

// keyIn finds a key of a shard, by the range of slots that shards have from the start.
func keyIn(ctx context.Context, client *redis.ClusterClient, shard int) (string, error) {
	ranges, err := client.ClusterSlots(ctx).Result()
	if err != nil {
		return "", err
	}
	for i := 0; ; i++ {
		key := "drill:" + strconv.Itoa(i)
		slot, err := client.ClusterKeySlot(ctx, key).Result()
		if err != nil {
			return "", err
		}
		for _, held := range ranges {
			name := held.Nodes[0].Addr
			if int(slot) >= held.Start && int(slot) <= held.End &&
				strings.Contains(name, fmt.Sprintf("-%04d-", shard)) {
				return key, nil
			}
		}
	}
}

// rotateSecrets follows the runbook's steps for Redis's token and a service's seed at once, while
// that service is given commands.
func rotateSecrets(ctx context.Context, s *stage.Stage) (_ string, err error) {
	if err := needsRedisServer(); err != nil {
		return "", err
	}
	lifted := map[string]any{"protect": false}
	defer func() { err = errors.Join(err, s.Restore(ctx)) }()
	if _, err := s.UpWith(ctx, lifted); err != nil {
		return "", fmt.Errorf("lifting the protection: %w", err)
	}
	oldToken, before := s.RedisToken(), s.Processes(stage.LoadService)
	oldSeed, err := stage.SeedOf(s.Cloud, stage.LoadService)
	if err != nil {
		return "", err
	}
	q, err := stage.StartCommands(ctx, s)
	if err != nil {
		return "", err
	}
	token := stage.URNOf(s.Cloud, "random:index/randomPassword:RandomPassword", "redis-token")
	err = stage.ReplaceSeed(ctx, s, lifted, token)
	if err == nil {
		_, err = s.UpWith(ctx, map[string]any{"protect": false, "redisTokenUpdateStrategy": "SET"})
	}
	if err = errors.Join(err, q.Stop(stage.NoRetries)); err != nil {
		return q.String(), err
	}
	seen := fmt.Sprintf("Redis's token and the seed of %s replaced, all tasks with them; %s", stage.LoadService, q)
	if after := s.Processes(stage.LoadService); len(after) != len(before) || after[0] == before[0] {
		return seen, fmt.Errorf("processes %v run after %v, expected others", after, before)
	}
	return seen + "; the old ones are turned away",
		errors.Join(
			stage.ExpectSeeds(ctx, s, oldSeed, false),
			expectToken(ctx, s, s.RedisToken(), true),
			expectToken(ctx, s, oldToken, false),
		)
}

// expectToken expects Redis to let a client in with a token, or not to.
func expectToken(ctx context.Context, s *stage.Stage, token string, wanted bool) error {
	client, err := s.Attach(ctx, "token", "service")
	if err != nil {
		return err
	}
	defer client.Detach()
	store, err := client.RedisClient(ctx, s, token)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	err = store.Set(ctx, "drill:token", "x", time.Second).Err()
	switch {
	case wanted && err != nil:
		return fmt.Errorf("with the new token: %w", err)
	case !wanted && err == nil:
		return errors.New("the old token is let in by Redis")
	case !wanted && !strings.Contains(err.Error(), "WRONGPASS"):
		return fmt.Errorf("with the old token, expected WRONGPASS: %w", err)
	}
	return nil
}
