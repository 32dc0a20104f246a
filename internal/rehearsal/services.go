// The tasks of the rehearsed services: the stand-in of package workload runs in all of them, and
// they are asked.

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/elasticache"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
	"github.com/bodybroker/platform/workload/service"
)

// servicesAnswer verifies the services from inside, gives them commands, asks every subject through
// the gateway, and looks what all takes.
func servicesAnswer(ctx context.Context, s *stage.Stage) (string, error) {
	if err := flowguard.Supported(); err != nil {
		return "", stage.NotRunHere("tasks need a network of their own: " + err.Error())
	}
	table, gatewayRow, err := catalog.Services()
	if err != nil {
		return "", err
	}
	client, err := s.Attach(ctx, "asking", "gateway")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	requests, err := client.MessagingClient(ctx, gatewayRow.Name)
	if err != nil {
		return "", err
	}
	defer requests.Native().Close()
	methods, err := contract.Load(ctx)
	if err != nil {
		return "", err
	}
	once, errs := stage.ExpectStartedOnce(s, table)
	report, err := s.Verify(ctx)
	errs = append(errs, err)
	kept, err := commandsKept(ctx, s, requests, table, methods)
	errs = append(errs, err)
	over, err := stage.RequestThroughGateway(ctx, s, methods)
	errs = append(errs, err)
	taken, err := memory(s)
	seen := strings.Join(
		[]string{once, stage.OutcomeOf(report), kept, over, taken},
		"\n",
	)
	return seen, errors.Join(append(errs, err)...)
}

// commandsKept gives each service a command twice, and finds its answer in Redis under the
// command's key.
func commandsKept(
	ctx context.Context,
	s *stage.Stage,
	requests *messaging.Client,
	table []catalog.Service,
	methods map[string]contract.Method,
) (string, error) {
	client, err := s.Attach(ctx, "keys", "service")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	store, err := client.RedisClient(ctx, s, s.RedisToken())
	if err != nil {
		return "", err
	}
	defer func() { _ = store.Close() }()
	var errs []error
	kept := 0
	for _, row := range table {
		method := methods[row.RPC[0]]
		err := errors.Join(
			stage.SendCommand(ctx, requests, method, "rehearsal"),
			stage.SendCommand(ctx, requests, method, "rehearsal"),
		)
		id, idErr := service.EventID(method.Subject, stage.CommandRequest(method, "rehearsal"))
		found, foundErr := store.Exists(ctx, "answer:"+row.Name+":"+id).Result()
		if err = errors.Join(err, idErr, foundErr); err == nil && found == 0 {
			err = errors.New("its answer is not in Redis")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("a command for %s: %w", row.Name, err))
			continue
		}
		kept++
	}
	primaries, replicas := 0, 0
	for _, node := range elasticache.RedisNodes(s.Cloud, ctx) {
		switch {
		case node.Primary:
			primaries++
		case node.Answers:
			replicas++
		default:
			errs = append(errs, fmt.Errorf("node %s of Redis does not answer", node.Name))
		}
	}
	seen := fmt.Sprintf(
		"%d services did a command that came twice: Redis with TLS and AUTH keeps its answer (%s and %s "+
			"running, %s)",
		kept,
		stage.Plural(primaries, "primary node"),
		stage.Plural(replicas, "replica"),
		redisProgram(),
	)
	return seen, errors.Join(errs...)
}

// redisProgram is what runs for Redis here.
func redisProgram() string {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "in this process: there is no redis-server"
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return path
	}
	// "Redis server v=7.0.15 sha=…"
	return strings.Join(strings.Fields(string(version))[:3], " ")
}
