// Tasks of services: their processes and definitions, and requests to them.

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// AllProcesses are the processes of the gateway and all services, by name.
func (s *Stage) AllProcesses() (map[string][]int, error) {
	table, gatewayRow, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	running := map[string][]int{gatewayRow.Name: s.Processes(gatewayRow.Name)}
	for _, service := range table {
		running[service.Name] = s.Processes(service.Name)
	}
	return running, nil
}

// Processes are the processes of a service's tasks, in order.
func (s *Stage) Processes(service string) (processes []int) {
	for _, t := range ecs.Tasks(s.Cloud, service) {
		processes = append(processes, t.Process)
	}
	slices.Sort(processes)
	return processes
}

// TaskDefinition is the one container that a service's tasks are made from.
func TaskDefinition(
	c *cloud.Cloud,
	service cloud.Record,
) (definition cloud.Record, container struct{ Name, Image string }, err error) {
	for _, r := range c.Records("aws:ecs/taskDefinition:TaskDefinition") {
		if r.Get("arn") != service.Get("taskDefinition") {
			continue
		}
		var containers []struct{ Name, Image string }
		if err := json.Unmarshal([]byte(fmt.Sprint(r.Get("containerDefinitions"))), &containers); err != nil {
			return r, container, err
		}
		return r, containers[0], nil
	}
	return definition, container, fmt.Errorf(
		"%s runs the definition %v, which AWS does not have",
		NameOf(service.URN),
		service.Get("taskDefinition"),
	)
}

// ServiceNames are the names of the rows, in order.
func ServiceNames(table []catalog.Service) (all []string) {
	for _, service := range table {
		all = append(all, service.Name)
	}
	return all
}

// ExpectStartedOnce counts the tasks of services and expects them to be the first two of each.
func ExpectStartedOnce(s *Stage, table []catalog.Service) (seen string, errs []error) {
	tasks := 0
	for _, service := range table {
		for _, t := range ecs.Tasks(s.Cloud, service.Name) {
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
		errs = append(errs, fmt.Errorf("%d tasks run, expected %d", tasks, wanted))
	}
	return fmt.Sprintf("%d tasks of %d services are healthy, each was started once", tasks, len(table)), errs
}

// SendCommand asks a service to do something under a key that distinguishes it from others.
func SendCommand(ctx context.Context, client *messaging.Client, method contract.Method, key string) error {
	return client.Request(ctx, method.Subject, CommandRequest(method, key), method.Messaging().Response())
}

// CommandRequest is a request whose key makes it a command.
func CommandRequest(method contract.Method, key string) proto.Message {
	request := method.Messaging().Request()
	meta := request.ProtoReflect().Mutable(method.Request.Fields().ByName("meta")).Message()
	meta.Set(meta.Descriptor().Fields().ByName("idempotency_key"), protoreflect.ValueOfString(key))
	return request
}

// RequestThroughGateway asks every subject by HTTP, through the gateway's load balancer, and counts
// what each of its tasks took.
func RequestThroughGateway(ctx context.Context, s *Stage, methods map[string]contract.Method) (string, error) {
	c, err := NewCaller(ctx, s)
	if err != nil {
		return "", err
	}
	defer c.Detach()
	var errs []error
	for range 2 {
		for _, subject := range slices.Sorted(maps.Keys(methods)) {
			if err := c.Call(ctx, subject); err != nil {
				errs = append(errs, err)
			}
		}
	}
	metrics, err := ScrapeGateway(ctx, s)
	if err != nil {
		return "", err
	}
	took := map[string]int{}
	for task, text := range metrics {
		if took[task] = sumOf(text, SubjectsMetric, nil); took[task] == 0 {
			errs = append(errs, fmt.Errorf("task %s of the gateway took no request", task))
		}
	}
	if len(took) != 2 {
		errs = append(errs, fmt.Errorf("the gateway has %d tasks, expected 2", len(took)))
	}
	seen := fmt.Sprintf(
		"the gateway's load balancer took JSON for each of them: %d requests answered, by both of its tasks",
		2*len(methods)-len(errs),
	)
	return seen, errors.Join(errs...)
}
