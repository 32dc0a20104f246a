// A platform as the rehearsal of production's topology leaves it: what tests look at, and what a
// person opens to check how the page looks.

package report

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/workload/verification"
)

// sample has so many zones; nodes, Redis nodes and tasks are dealt out to them in turn.
func sample(t *testing.T, zones int) Platform {
	t.Helper()
	table, gateway, err := catalog.Services()
	require.NoError(t, err)
	p := Platform{
		Environment: "rehearsal",
		Region:      "us-east-1",
		Network:     "127.20.0.0/16",
		When:        time.Date(2026, 11, 24, 2, 34, 47, 0, time.UTC),
		Duration:    51 * time.Second,
		Gateway: Gateway{
			Name:         gateway.Name,
			LoadBalancer: "gateway-rehearsal-1234567890.us-east-1.elb.amazonaws.com",
		},
		Resources: map[string]int{
			"service": 351, "registry": 69, "observability": 62, "identity": 48, "network": 41, "securitygroups": 37,
			"natscluster": 33, "encryption": 15, "controller": 14, "rediscluster": 4, "backup": 4, "privateca": 3,
		},
	}
	for i := range zones {
		p.Zones = append(
			p.Zones,
			Zone{Name: fmt.Sprintf("us-east-1%c", 'a'+i), LoadBalancerAddress: fmt.Sprintf("127.20.%d.53", 32*i)},
		)
	}
	sampleMachines(&p)
	sampleTasks(&p, table)
	for _, f := range securitygroups.Flows(securitygroups.Surroundings{Public: true, Endpoints: true}) {
		p.Flows = append(p.Flows, Flow{
			From: f.From,
			To:   f.To,
			Port: f.Port,
			Why:  f.Why,
		})
	}
	streams, err := catalog.Streams()
	require.NoError(t, err)
	for i, s := range streams {
		p.Streams = append(p.Streams, Stream{
			Name:     s.Name,
			Replicas: s.Replicas,
			Messages: uint64(i * 4321),
			Leader:   fmt.Sprintf("nats-%d", i%5+1),
		})
	}
	p.Results = sampleResults()
	p.Latency = verification.Latency{P50: 900, P99: 4200, Slowest: 51_000}
	for i, requests := range []int64{12, 240, 1210, 2304, 901, 122, 31, 9, 2} {
		p.Latency.Buckets = append(p.Latency.Buckets, verification.Bucket{Index: 26 + i, Requests: requests})
		p.Latency.Requests += requests
	}
	return p
}

func sampleMachines(p *Platform) {
	for i := range 5 {
		zone := &p.Zones[i%len(p.Zones)]
		zone.Nodes = append(zone.Nodes, Node{
			Name:    fmt.Sprintf("nats-%d", i+1),
			Address: fmt.Sprintf("127.20.%d.%d", 32*(i%len(p.Zones)), 10+i),
			Leader:  i == 1,
			Streams: 3 + i%2,
			Healthy: true,
		})
	}
	for shard := range 3 {
		for member, role := range []string{"primary", "replica"} {
			zone := &p.Zones[(shard+member)%len(p.Zones)]
			zone.RedisNodes = append(
				zone.RedisNodes,
				RedisNode{Name: fmt.Sprintf("rehearsal-%04d-%03d", shard+1, member+1), Shard: shard + 1, Role: role},
			)
		}
	}
}

func sampleTasks(p *Platform, table []catalog.Service) {
	for i, s := range table {
		p.Services = append(p.Services, Service{
			Name:     s.Name,
			Queue:    s.Queue,
			Subjects: s.RPC,
			Events:   s.Events,
			Internet: s.Internet,
			Tasks:    2,
			P50:      time.Duration(420+37*i) * time.Microsecond,
			P99:      time.Duration(1900+(i*i*29)%4200) * time.Microsecond,
			Requests: 180 + 11*i,
		})
	}
	for i, s := range append(table, catalog.Service{Name: p.Gateway.Name}) {
		name := s.Name
		for task := range 2 {
			at := (i + task) % len(p.Zones)
			p.Zones[at].Tasks = append(p.Zones[at].Tasks, Task{
				Service: name, Name: fmt.Sprintf("%s-%d", name, task),
				Address: fmt.Sprintf("127.20.%d.%d", 32*at+1, 20+2*i+task),
			})
		}
	}
}

func sampleResults() []Result {
	return []Result{
		{
			ID:      "preview.clean",
			What:    "a preview of the production topology succeeds from nothing, and makes nothing",
			Seen:    "681 resources to create, none made",
			Status:  Held,
			Seconds: 1,
		},
		{
			ID:      "up.all",
			What:    "up makes everything; the cloud's own records hold what production is made of",
			Status:  Held,
			Seconds: 27,
			Seen: "Redis            3 shards × 2 nodes of cache.r7g.large, TLS required, AUTH, Multi-AZ\n" +
				"NATS instances   5 × m6i.large over 3 zones as 2-2-1\n" +
				"NATS disks       5 × 500 GiB gp3 encrypted, each attached to its own instance\n" +
				"load balancer    internal network load balancer, TCP 4222, healthz checked",
		},
		{
			ID: "nats.boot",
			What: "five servers of the rendered files, one cluster, a meta leader, TLS 1.2 or 1.3 only, streams " +
				"at their replicas over three zones",
			Status:  Held,
			Seconds: 3.9,
			Seen: "5 servers, version 2.15.2, server:41fbcf6f21a44ca6 configuration:e3e5bcca09fded77\n" +
				"one cluster, meta leader nats-2\n6 streams, each with its 3 replicas in 3 zones",
		},
		{
			ID: "svc.all",
			What: "44 tasks healthy from one up, each subject of every service answered by both of its tasks, " +
				"directly and through the gateway's",
			Status:  Held,
			Seconds: 1.4,
			Seen: "44 tasks of 22 services are healthy, each was started once; 30 subjects were asked 85 times " +
				"through the load balancer, until each task had answered",
		},
		{
			ID:      "up.noop",
			What:    "a second up changes nothing",
			Seen:    "681 resources looked at, no changes",
			Status:  Held,
			Seconds: 2.4,
		},
		{
			ID:      "secrets.hidden",
			What:    "no generated secret is in clear in state, plan, outputs, logs or user-data",
			Seen:    "103 secrets in 309 forms, none in bucket objects, engine output, logs of tasks",
			Status:  Held,
			Seconds: 3.2,
		},
		{
			ID:      "destroy.clean",
			What:    "with protection lifted, destroy leaves an empty cloud",
			Seen:    "674 delete, nothing left",
			Status:  Held,
			Seconds: 8.3,
		},
	}
}

// written is where the page of a platform lies.
func written(t *testing.T, p Platform) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out", "report.html")
	require.NoError(t, Write(file, p))
	return file
}
