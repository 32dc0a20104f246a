// Package report draws a rehearsed platform, and reports what was tested, as one page that
// needs nothing besides itself: no script, no network, no other file. The caller says what it saw;
// the page claims nothing else.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/bodybroker/platform/workload/verification"
)

// Platform is what the page shows. A part that is left empty is said to be absent, in words.
type Platform struct {
	Environment, Region string
	// Network is the VPC's address range, for example "10.20.0.0/16"; default: not shown.
	Network string
	// When the rehearsal began, and how long it took.
	When     time.Time
	Duration time.Duration

	Gateway  Gateway
	Zones    []Zone
	Services []Service
	Flows    []Flow
	Streams  []Stream
	// Results are in the order in which the scenarios were played.
	Results []Result
	// Resources counts what was made, by part of the platform.
	Resources map[string]int
	// Latency is that of the requests to all services.
	Latency verification.Latency
}

// Gateway is the HTTP front and the load balancer before it.
type Gateway struct {
	// Name is the gateway's service: tasks of that name in the zones are its own.
	Name string
	// LoadBalancer is the name or address at which it is reached; default: not shown.
	LoadBalancer string
}

// Zone is one availability zone and what runs in it.
type Zone struct {
	Name  string
	Nodes []Node
	// LoadBalancerAddress is the NATS load balancer's address in this zone; default: it has none.
	LoadBalancerAddress string
	RedisNodes          []RedisNode
	Tasks               []Task
}

// Node is one NATS node.
type Node struct {
	Name, Address string
	// Leader says that the cluster's meta leader is this one.
	Leader bool
	// Streams of which it keeps a replica.
	Streams int
	// Healthy says that the server said so of itself; default false.
	Healthy bool
}

// RedisNode is one node of the Redis replication group. Shards count from 1.
type RedisNode struct {
	Name  string
	Shard int
	Role  string // "primary" or "replica"
}

// Task is one running Fargate task of a service or of the gateway.
type Task struct{ Service, Name, Address string }

// Service is one microservice, with what the requests to it showed.
type Service struct {
	Name, Queue      string
	Subjects, Events []string
	// Internet says that its tasks may connect to the internet; default false.
	Internet bool
	// Tasks that should run; those that do are in the zones.
	Tasks int
	// P50 and P99 are what half and 99 % of the Requests took at most; 0: not measured.
	P50, P99 time.Duration
	Requests int
}

// Flow is one direction in which connections may be opened, TCP. Its ends are security groups, by
// the names of components/securitygroups.
type Flow struct {
	From, To string
	Port     int
	Why      string
}

// Stream is one JetStream stream; Leader is the node that leads its replicas.
type Stream struct {
	Name     string
	Replicas int
	Messages uint64
	Leader   string
}

// Status is how one thing ended that had to be seen.
type Status string

// What could not be tried here is not run: it counts neither as held nor as failed.
const (
	Held   Status = "held"
	Failed Status = "failed"
	NotRun Status = "not run"
)

// Result is one thing that had to be seen, and what was.
type Result struct {
	ID, What, Seen string
	Status         Status
	Seconds        float64
}

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Parse(pageText))

// Write puts the page into a file, whole or not at all; its folder is made.
func Write(path string, p Platform) error { return write(page, path, p) }

func write(t *template.Template, path string, p Platform) error {
	var content bytes.Buffer
	v, err := newView(p)
	if err == nil {
		err = t.Execute(&content, v)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = renameio.WriteFile(path, content.Bytes(), 0o644, renameio.WithTempDir(filepath.Dir(path)))
	}
	if err != nil {
		return fmt.Errorf("writing the report to %s: %w", path, err)
	}
	return nil
}
