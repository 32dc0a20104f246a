// The tasks of the rehearsed services: the stand-in of package workload runs in all of them, and
// they are asked.
package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	natsgo "github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
	"github.com/bodybroker/platform/workload/service"
)

// buildImage builds what the rehearsed images hold: the stand-in, the wget of its health check, and
// one that answers nobody.
func (s *Stage) buildImage(ctx context.Context) (folder string, err error) {
	folder = filepath.Join(s.dir, "image")
	command := exec.CommandContext(
		ctx,
		"go",
		"build",
		"-trimpath",
		"-o",
		folder+string(filepath.Separator),
		"./workload",
		"./internal/rehearsal/wget",
		"./internal/rehearsal/mute",
	)
	command.Dir = s.root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("building the rehearsed image: %w", err)
	}
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the rehearsed image: %w\n%s", err, output)
	}
	return folder, nil
}

// Tags whose images do not run as they should.
const (
	// endsTag is of an image whose container ends as soon as it is started.
	endsTag = "1.0.9-ends"
	// muteTag is of one whose container runs and never becomes healthy.
	muteTag = "1.0.9-mute"
	// absentTag was never pushed.
	absentTag = "1.0.9-absent"
)

// images is what a registry would hold: the stand-in, for every service and the gateway.
func images(folder string) func(string) (localcloud.Image, bool) {
	programs := map[string]string{endsTag: "wget", muteTag: "mute"} // wget ends without an address
	return func(reference string) (localcloud.Image, bool) {
		_, tag, _ := strings.Cut(reference, ":")
		program := cmp.Or(programs[tag], "workload")
		return localcloud.Image{Program: filepath.Join(folder, program), Path: folder}, tag != absentTag
	}
}

// servicesAnswer verifies the services from inside, gives them commands, asks every subject through
// the gateway, and looks what all takes.
func servicesAnswer(ctx context.Context, s *Stage) (string, error) {
	if err := flowguard.Supported(); err != nil {
		return "", notRun("tasks need a network of their own: " + err.Error())
	}
	table, front, err := catalog.Services()
	if err != nil {
		return "", err
	}
	place, err := newDesk(ctx, s, "asking", "gateway")
	if err != nil {
		return "", err
	}
	defer place.leave()
	client, err := place.messaging(ctx, front.Name)
	if err != nil {
		return "", err
	}
	defer client.Native().Close()
	methods, err := contract.Load(ctx)
	if err != nil {
		return "", err
	}
	once, errs := startedOnce(s, table)
	report, err := verify(ctx, s)
	errs = append(errs, err)
	kept, err := commandsKept(ctx, s, client, table, methods)
	errs = append(errs, err)
	over, err := throughGateway(ctx, s, methods)
	errs = append(errs, err)
	taken, err := memory(s)
	return strings.Join([]string{once, phrased(report), kept, over, taken}, "\n"), errors.Join(append(errs, err)...)
}

// startedOnce counts the tasks of services and wants them to be the first two of each.
func startedOnce(s *Stage, table []catalog.Service) (seen string, errs []error) {
	tasks := 0
	for _, service := range table {
		for _, t := range s.Cloud.Tasks(service.Name) {
			tasks++
			// They are counted from 0 for each service.
			if !strings.HasSuffix(t.Name, "-0") && !strings.HasSuffix(t.Name, "-1") {
				errs = append(
					errs,
					fmt.Errorf("task %s is not among the first two of its service: one was started again", t.Name),
				)
			}
		}
	}
	if wanted := 2 * len(table); tasks != wanted {
		errs = append(errs, fmt.Errorf("%d tasks run, wanted %d", tasks, wanted))
	}
	return fmt.Sprintf("%d tasks of %d services are healthy, each was started once", tasks, len(table)), errs
}

// commandsKept gives each service a command twice, and finds its answer in Redis under the
// command's key.
func commandsKept(
	ctx context.Context,
	s *Stage,
	client *messaging.Client,
	table []catalog.Service,
	methods map[string]contract.Method,
) (string, error) {
	place, err := newDesk(ctx, s, "keys", "service")
	if err != nil {
		return "", err
	}
	defer place.leave()
	store, err := place.redis(ctx, s, redisToken(s))
	if err != nil {
		return "", err
	}
	defer func() { _ = store.Close() }()
	var errs []error
	kept := 0
	for _, row := range table {
		method := methods[row.RPC[0]]
		err := errors.Join(command(ctx, client, method, "rehearsal"), command(ctx, client, method, "rehearsal"))
		id, idErr := service.EventID(method.Subject, commandRequest(method, "rehearsal"))
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
	for _, node := range s.Cloud.RedisNodes(ctx) {
		switch {
		case node.Primary:
			primaries++
		case node.Answers:
			replicas++
		default:
			errs = append(errs, fmt.Errorf("node %s of Redis does not answer", node.Name))
		}
	}
	return fmt.Sprintf(
			"%d services did a command that came twice: Redis with TLS and AUTH keeps its answer (%s and %s "+
				"running, %s)",
			kept,
			plural(primaries, "primary node"),
			plural(replicas, "replica"),
			redisProgram(),
		), errors.Join(
			errs...)
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

// command asks a service to do something under a key that tells it from others.
func command(ctx context.Context, client *messaging.Client, method contract.Method, key string) error {
	return client.Request(ctx, method.Subject, commandRequest(method, key), method.Messaging().Response())
}

func commandRequest(method contract.Method, key string) proto.Message {
	request := method.Messaging().Request()
	meta := request.ProtoReflect().Mutable(method.Request.Fields().ByName("meta")).Message()
	meta.Set(meta.Descriptor().Fields().ByName("idempotency_key"), protoreflect.ValueOfString(key))
	return request
}

// throughGateway asks every subject by HTTP, through the gateway's load balancer, and counts what
// each of its tasks took.
func throughGateway(ctx context.Context, s *Stage, methods map[string]contract.Method) (string, error) {
	c, err := newCaller(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.leave()
	var errs []error
	for range 2 {
		for _, subject := range slices.Sorted(maps.Keys(methods)) {
			if err := c.ask(ctx, subject); err != nil {
				errs = append(errs, err)
			}
		}
	}
	metrics, err := scrape(ctx, s)
	if err != nil {
		return "", err
	}
	took := map[string]int{}
	for task, text := range metrics {
		if took[task] = sumOf(text, subjectsMetric, nil); took[task] == 0 {
			errs = append(errs, fmt.Errorf("task %s of the gateway took no request", task))
		}
	}
	if len(took) != 2 {
		errs = append(errs, fmt.Errorf("the gateway has %d tasks, wanted 2", len(took)))
	}
	return fmt.Sprintf(
			"the gateway's load balancer took JSON for each of them: %d requests answered, by both of its tasks",
			2*len(methods)-len(errs),
		), errors.Join(
			errs...)
}

// messaging connects as an identity with the client that services use.
func (d *desk) messaging(ctx context.Context, identity string) (*messaging.Client, error) {
	seed, err := seedOf(d.cloud, identity)
	if err != nil {
		return nil, err
	}
	return messaging.Connect(ctx, messaging.Options{
		Name:                 d.who,
		URL:                  d.url,
		CertificateAuthority: d.authority,
		Seed:                 string(seed),
		InboxPrefix:          catalog.Inbox(identity),
		Nats:                 []natsgo.Option{natsgo.SetCustomDialer(d)},
	})
}
