// Package playground keeps a rehearsed platform up until a person ends it, to be connected to with
// ordinary NATS tools, broken and changed.
package playground

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// Playground is a platform that runs, with its files and its socket for a second terminal.
type Playground struct {
	stage     *stage.Stage
	Cluster   *stage.Cluster
	Folder    string
	listeners *listeners
	override  map[string]any // what `up` has set so far
	changing  sync.Mutex     // one `up` at a time
}

// Folder is where a playground keeps its files, in the repository at root.
func Folder(root string) string { return filepath.Join(root, "out", "playground") }

// Run brings the platform up, says how to use it, keeps it until ctx ends, and takes
// everything down.
func Run(ctx context.Context, root string, out io.Writer, terminal bool) (err error) {
	folder := Folder(root)
	if err := vacate(folder); err != nil {
		return err
	}
	if err := stage.Prepare(ctx, root, out); err != nil {
		return err
	}
	listening := &listeners{to: map[io.Writer]bool{out: true}}
	progress := stage.NewProgress(listening, terminal)
	s, err := stage.New(ctx, stage.Options{
		Root:     root,
		Progress: out,
		Machines: true,
		Tasks:    true,
		Observe:  func(e events.EngineEvent) { progress.Observe(e) },
	})
	if err != nil {
		return err
	}
	defer func() {
		fmt.Fprintln(out, "\nTaking everything down …")
		if err = errors.Join(err, s.Close()); err == nil {
			fmt.Fprintln(out, "Nothing is left: no process, no file of the playground.")
		}
	}()
	fmt.Fprintln(out, "Bringing up the platform …")
	if _, err := s.Up(ctx); err != nil {
		return fmt.Errorf("bringing up the playground: %w", err)
	}
	p, err := openWith(ctx, s, folder, listening)
	if err != nil {
		return err
	}
	fmt.Fprint(out, p.page())
	return p.Serve(ctx)
}

// vacate removes what a playground left that was killed; one that runs is not disturbed.
func vacate(folder string) error {
	if connection, err := net.Dial("unix", socketOf(folder)); err == nil {
		_ = connection.Close() // it only shows whether a process listens
		return fmt.Errorf(
			"a playground is running already: its files are in %s; end it with Ctrl-C in its terminal",
			folder,
		)
	}
	return os.RemoveAll(folder)
}

// Open makes the files of a platform that is up. Serve ends what it begins.
func Open(ctx context.Context, s *stage.Stage, folder string) (*Playground, error) {
	return openWith(ctx, s, folder, &listeners{to: map[io.Writer]bool{}})
}

func openWith(ctx context.Context, s *stage.Stage, folder string, listening *listeners) (*Playground, error) {
	c, err := stage.NewCluster(ctx, s)
	if err != nil {
		return nil, err
	}
	p := &Playground{
		stage:     s,
		Cluster:   c,
		Folder:    folder,
		listeners: listening,
		override:  map[string]any{},
	}
	if err = p.Cluster.AwaitHealthy(ctx); err == nil {
		err = p.write(ctx)
	}
	if err != nil {
		c.Detach()
		return nil, errors.Join(fmt.Errorf("opening the playground: %w", err), os.RemoveAll(folder))
	}
	return p, nil
}

// urls are the nodes' own addresses. Each is a loopback address that its server's certificate
// names, so it can be reached and verified from any terminal; the load balancer's private name is
// known in the VPC alone.
func (p *Playground) urls() string {
	var all []string
	for _, n := range p.Cluster.Nodes() {
		all = append(all, "tls://"+n.Address+":4222")
	}
	return strings.Join(all, ",")
}

// page says how to connect and what to break.
func (p *Playground) page() string {
	nats := "nats --server " + p.urls() + " --tlsca " + filepath.Join(p.Folder, authorityFile)
	as := func(identity string) string {
		return " --nkey " + filepath.Join(p.Folder, identity+seedSuffix) + " --inbox-prefix _INBOX_" + identity
	}
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"\nThe platform runs until Ctrl-C. From a second terminal, with the nats CLI "+
			"(github.com/nats-io/natscli):\n\n",
	)
	fmt.Fprintf(
		&b,
		"  as the administrator, which may do everything:\n    %s%s stream report\n",
		nats,
		as(playgroundAdministrator),
	)
	fmt.Fprintf(&b, "  as a service:\n    %s%s pub evt.quest.completed hello\n", nats, as(stage.LoadService))
	fmt.Fprintf(
		&b,
		"  as the gateway, which sends services requests (an empty request; the answer is protobuf):\n"+
			"    %s%s request svc.time.v1.get_time '' --raw | xxd\n",
		nats,
		as(stage.LoadCaller),
	)
	fmt.Fprintf(
		&b,
		"  or shorter, for there is a context for each identity:\n    export XDG_CONFIG_HOME=%s\n"+
			"    nats --context %s stream report\n    nats --context %s pub evt.quest.completed hello\n"+
			"    nats --context %s server report jetstream    # the system account\n",
		p.Folder,
		playgroundAdministrator,
		stage.LoadService,
		playgroundSystem,
	)
	fmt.Fprintf(
		&b,
		"\nClients come straight to the nodes here; inside the platform they come through the load balancer.\n",
	)
	fmt.Fprintf(&b, "\nBreak it and change it, from a second terminal in the repository:\n\n%s", playgroundHelp())
	return b.String()
}

// listeners are the terminals that get the engine's progress: the playground's own, and the one
// that requested a change.
type listeners struct {
	mu sync.Mutex
	to map[io.Writer]bool
}

func (l *listeners) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.to {
		_, _ = w.Write(text) // a listener that has gone away misses it
	}
	return len(text), nil
}

// add adds a listener, which the returned function removes.
func (l *listeners) add(w io.Writer) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to[w] = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.to, w)
	}
}
