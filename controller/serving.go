// The gate of the services: what must be seen of their tasks before an update is done. ECS calls a
// first deployment steady when its tasks run (hashicorp/terraform-provider-aws,
// internal/service/ecs/service.go: one deployment, as many running tasks as desired); only NATS
// knows whether they answer.
package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bodybroker/platform/catalog"
)

// Served is a service whose tasks are to answer.
type Served struct {
	Name     string   `json:"name"`
	Key      string   `json:"key"`      // public nkey of its identity
	Subjects []string `json:"subjects"` // what each of its tasks subscribes to; none of the gateway's
	Tasks    int      `json:"tasks"`    // the fewest
}

// mostConnections is how many connections one server is asked for: a platform of a hundred services
// has a few hundred.
const mostConnections = 4096

// serving waits until as many tasks of each service as it should have are connected and subscribed.
func (c *Controller) serving(ctx context.Context, request Request) (Response, error) {
	start, missing := time.Now(), []string(nil)
	for {
		// A look that the deadline cut off says nothing of the services.
		if seen := c.missing(ctx, request); ctx.Err() == nil || missing == nil {
			missing = seen
		}
		if len(missing) == 0 {
			return Response{Waited: time.Since(start).Round(time.Second).String()}, nil
		}
		select {
		case <-ctx.Done():
			return Response{}, fmt.Errorf(
				"services do not answer after %s:\n  %s\n"+
					"Look into their log groups, and at the events of \"aws ecs describe-services\"; "+
					"mend the image or its configuration, then update again",
				time.Since(start).Round(time.Second),
				strings.Join(missing, "\n  "),
			)
		case <-time.After(c.Interval):
		}
	}
}

// connection is what a server says of one, on /connz.
type connection struct {
	Key           string   `json:"authorized_user"`
	Subscriptions []string `json:"subscriptions_list"`
}

// missing says of each service what is not as it should be.
func (c *Controller) missing(ctx context.Context, request Request) (missing []string) {
	connections, err := c.connections(ctx, request.Nodes)
	if err != nil {
		return []string{err.Error()}
	}
	for _, s := range request.Services {
		own := slices.DeleteFunc(slices.Clone(connections), func(one connection) bool { return one.Key != s.Key })
		if len(own) < s.Tasks {
			missing = append(
				missing,
				fmt.Sprintf("%s: %d of %d tasks are connected to NATS", s.Name, len(own), s.Tasks),
			)
			continue
		}
		for _, subject := range s.Subjects {
			if subscribed := subscribedTo(own, subject); subscribed < s.Tasks {
				missing = append(
					missing,
					fmt.Sprintf("%s: %d of %d tasks answer %s", s.Name, subscribed, s.Tasks, subject),
				)
			}
		}
	}
	return missing
}

// subscribedTo counts connections that listen to a subject; to one with wildcards, to any part of
// it.
func subscribedTo(connections []connection, subject string) (count int) {
	for _, one := range connections {
		if slices.ContainsFunc(
			one.Subscriptions,
			func(subscription string) bool { return catalog.Covers(subject, subscription) },
		) {
			count++
		}
	}
	return count
}

// connections are those of all servers. A server that does not answer has none to count: its
// clients are at another one, or will be.
func (c *Controller) connections(ctx context.Context, nodes []Node) (all []connection, err error) {
	answers, errs := make([]struct {
		Connections []connection `json:"connections"`
	}, len(nodes)), make([]error, len(nodes))
	var requests sync.WaitGroup
	for i, node := range nodes {
		requests.Go(func() {
			errs[i] = c.get(
				ctx,
				node.Address,
				fmt.Sprintf("/connz?auth=true&subs=true&limit=%d", mostConnections),
				&answers[i],
			)
		})
	}
	requests.Wait()
	silent := 0
	for i, answer := range answers {
		if errs[i] != nil {
			silent++
			err = fmt.Errorf("asking %s for its connections: %w", nodes[i].Name, errs[i])
			continue
		}
		all = append(all, answer.Connections...)
	}
	if silent < len(nodes) {
		return all, nil
	}
	return nil, err
}
