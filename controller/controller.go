// Package controller is the cluster controller: the one place that looks at NATS itself and
// says whether a node may be called up, and that makes the streams. It runs as a Lambda function in
// the VPC, and the same handler runs in rehearsals.
package controller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bodybroker/platform/catalog"
)

// Node is one NATS server as requests name it.
type Node struct {
	Name    string `json:"name"`    // server name, for example "nats-1"
	Address string `json:"address"` // private address
}

// Request is what an invocation asks.
type Request struct {
	Action string `json:"action"` // a row of actions
	Node   Node   `json:"node"`   // gate: the one that is to pass
	Nodes  []Node `json:"nodes"`  // all nodes of the cluster
	// Revision is the configuration that a node must run: gate and tick, 16 hexadecimal digits.
	Revision string `json:"revision"`
	// ServerDigest is the SHA-256 of the nats-server that the node must run, hex: gate.
	ServerDigest string           `json:"serverDigest"`
	Streams      []catalog.Stream `json:"streams"`  // streams: the table, with byte limits set
	Services     []Served         `json:"services"` // serving: whose tasks are to answer
	// DeadLetters are the subjects of dead letters by "<stream>.<consumer>": tick. A consumer that
	// is not among them gets "dlq.<stream>.<consumer>".
	DeadLetters map[string]string `json:"deadLetters"`
	// From is the backup that is to be restored: its name, or latest.
	From string `json:"from"`
	// Only are the streams that are to be copied or restored; all if there are none.
	Only []string `json:"only"`
	// Letters are the sequences, in the DLQ, of the dead letters that are to be sent again: resend.
	Letters []uint64 `json:"letters"`
}

// Response is what was seen or done.
type Response struct {
	Node    string   `json:"node,omitempty"`
	Version string   `json:"version,omitempty"` // of the server that passed
	Waited  string   `json:"waited,omitempty"`
	Created []string `json:"created,omitempty"` // streams and consumers
	Updated []string `json:"updated,omitempty"`
	Orphans []string `json:"orphans,omitempty"` // streams of the cluster that the table does not have; they stay
	// DeadLetters counts the messages that a tick moved.
	DeadLetters int `json:"deadLetters,omitempty"`
	// Metrics are what a tick measured, by name.
	Metrics map[string]float64 `json:"metrics,omitempty"`
	// Backup is the name of the backup that was made or restored, with its streams.
	Backup   string   `json:"backup,omitempty"`
	Saved    []string `json:"saved,omitempty"`
	Restored []string `json:"restored,omitempty"`
	// Resent are the dead letters that went back, by their sequence in the DLQ and their subject.
	Resent []string `json:"resent,omitempty"`
}

// clientPort is every node's, as its configuration sets it (assets/nats/nats.conf.tmpl).
const clientPort = 4222

// Settings are what the function's environment gives.
type Settings struct {
	// Environment is the platform's name, the end of the metrics' namespace.
	Environment string
	// AdministratorSecretArn holds the nkey seed of the platform account's administrator.
	AdministratorSecretArn string
	CertificateAuthority   string // PEM; what the servers' certificates chain to
	// BackupBucket is where backups of streams lie; "" where there are none.
	BackupBucket string
	AWS          aws.Config
	// Dial connects to nodes; nil: the ordinary dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Log is where a tick writes its metrics, os.Stdout by default.
	Log io.Writer
	// Interval is the pause between two looks at a node, 2 s by default.
	Interval time.Duration
}

// FromEnvironment are the settings that the function's environment variables give.
func FromEnvironment(variable func(string) string) Settings {
	return Settings{
		Environment:            variable("ENVIRONMENT"),
		AdministratorSecretArn: variable("ADMINISTRATOR_SECRET_ARN"),
		CertificateAuthority:   variable("NATS_CA"),
		BackupBucket:           variable("BACKUP_BUCKET"),
	}
}

// Controller answers requests.
type Controller struct{ Settings }

// New fills in defaults.
func New(s Settings) *Controller {
	if s.Dial == nil {
		s.Dial = (&net.Dialer{}).DialContext
	}
	if s.Log == nil {
		s.Log = os.Stdout
	}
	if s.Interval == 0 {
		s.Interval = 2 * time.Second
	}
	return &Controller{s}
}

// margin is kept of the invocation's time, so that the reason is said before Lambda ends it.
const margin = 5 * time.Second

// Handle answers one invocation. An error fails the invocation, and so the update that made it.
func (c *Controller) Handle(ctx context.Context, request Request) (Response, error) {
	if err := request.validate(); err != nil {
		return Response{}, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	return actions[request.Action].run(c, ctx, request)
}

// action is one thing that the controller does.
type action struct {
	run func(*Controller, context.Context, Request) (Response, error)
	// lacks names what a request lacks for it, besides the nodes.
	lacks func(Request) map[string]bool
}

var actions = map[string]action{
	"gate": {run: (*Controller).gate, lacks: func(r Request) map[string]bool {
		return map[string]bool{
			"node.name":    r.Node.Name == "",
			"node.address": r.Node.Address == "",
			"revision":     r.Revision == "",
			"serverDigest": r.ServerDigest == "",
		}
	}},
	"streams": {
		run:   (*Controller).streams,
		lacks: func(r Request) map[string]bool { return map[string]bool{"streams": len(r.Streams) == 0} },
	},
	"serving": {
		run:   (*Controller).serving,
		lacks: func(r Request) map[string]bool { return map[string]bool{"services": len(r.Services) == 0} },
	},
	"backup": {run: (*Controller).backup, lacks: func(Request) map[string]bool { return map[string]bool{} }},
	"restore": {
		run:   (*Controller).restore,
		lacks: func(r Request) map[string]bool { return map[string]bool{"from": r.From == ""} },
	},
	"resend": {
		run:   (*Controller).resend,
		lacks: func(r Request) map[string]bool { return map[string]bool{"letters": len(r.Letters) == 0} },
	},
	"tick": {
		run:   (*Controller).tick,
		lacks: func(r Request) map[string]bool { return map[string]bool{"revision": r.Revision == ""} },
	},
}

// validate reports all that is wrong with a request at once.
func (r Request) validate() error {
	known, found := actions[r.Action]
	if !found {
		return fmt.Errorf(
			"controller: action %q is not known; known are %s",
			r.Action,
			strings.Join(slices.Sorted(maps.Keys(actions)), ", "),
		)
	}
	lacks := known.lacks(r)
	lacks["nodes"] = len(r.Nodes) == 0
	lacks["a name or an address of a node"] = slices.ContainsFunc(
		r.Nodes,
		func(n Node) bool { return n.Name == "" || n.Address == "" },
	)
	var errs []error
	for _, what := range slices.Sorted(maps.Keys(lacks)) {
		if lacks[what] {
			errs = append(errs, fmt.Errorf("controller: %s request lacks %s", r.Action, what))
		}
	}
	return errors.Join(errs...)
}
