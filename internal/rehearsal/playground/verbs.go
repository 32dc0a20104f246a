// The commands that a person can send to a playground from a second terminal, and the socket that
// carries them.

package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"gopkg.in/yaml.v3"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// verb is one thing to do. arguments is shown in the help; "" takes none.
type verb struct {
	name, arguments, what string
	do                    func(*Playground, context.Context, []string, io.Writer) error
}

var verbs = []verb{
	{
		name:      "status",
		arguments: "",
		what:      "how every node is",
		do:        (*Playground).status,
	},
	{
		name:      "kill",
		arguments: "NODE",
		what:      "kill the server's process (SIGKILL); systemd starts it again",
		do:        onNode(killServer),
	},
	{
		name:      "power-off",
		arguments: "NODE",
		what:      "take the machine's power away",
		do:        onNode(powerOff),
	},
	{
		name:      "start",
		arguments: "NODE",
		what:      "give it back",
		do:        onNode(startMachine),
	},
	{
		name:      "may",
		arguments: "SERVICE",
		what:      "what a service may publish and subscribe to",
		do:        (*Playground).may,
	},
	{
		name:      "up",
		arguments: "KEY=VALUE …",
		what:      "change configuration (values as YAML) and up again; shows the steps",
		do:        (*Playground).up,
	},
}

func playgroundHelp() string {
	var b strings.Builder
	for _, v := range verbs {
		fmt.Fprintf(&b, "  go run ./cmd/playground %-24s %s\n", strings.TrimSpace(v.name+" "+v.arguments), v.what)
	}
	return b.String()
}

// message is one line of the socket's answers; the last one is Done, with an error or without.
type message struct {
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
	Done  bool   `json:"done,omitempty"`
}

func socketOf(folder string) string { return filepath.Join(folder, "control.sock") }

// Send sends a command to the playground whose files are in folder, and prints its answer. It
// returns an error if no playground runs there, if the words are no command of it, or if the
// command failed.
func Send(ctx context.Context, folder string, out io.Writer, words ...string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socketOf(folder))
	if err != nil {
		return fmt.Errorf("no playground is running here (%w); start one with: make playground", err)
	}
	defer connection.Close() //nolint:errcheck // nothing is written after the words
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	if err := json.NewEncoder(connection).Encode(words); err != nil {
		return fmt.Errorf("sending the command to the playground: %w", err)
	}
	answers := json.NewDecoder(connection)
	for {
		var m message
		if err := answers.Decode(&m); err != nil {
			return fmt.Errorf("the playground ended before it answered: %w", err)
		}
		fmt.Fprint(out, m.Text)
		if m.Error != "" {
			return errors.New(m.Error)
		}
		if m.Done {
			return nil
		}
	}
}

// Serve listens until ctx ends, then removes the folder.
func (p *Playground) Serve(ctx context.Context) error {
	defer p.Cluster.Detach()
	socket, err := (&net.ListenConfig{}).Listen(ctx, "unix", socketOf(p.Folder))
	if err != nil {
		return errors.Join(fmt.Errorf("listening for a second terminal: %w", err), os.RemoveAll(p.Folder))
	}
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	var answering sync.WaitGroup
	for {
		connection, err := socket.Accept()
		if err != nil {
			break
		}
		answering.Go(func() { p.answer(ctx, connection) })
	}
	answering.Wait()
	return os.RemoveAll(p.Folder)
}

// reply writes text as messages.
type reply struct {
	mu sync.Mutex
	to *json.Encoder
}

func (r *reply) Write(text []byte) (int, error) {
	return len(text), r.send(message{Text: string(text)})
}

func (r *reply) send(m message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.to.Encode(m)
}

func (p *Playground) answer(ctx context.Context, connection net.Conn) {
	defer connection.Close() //nolint:errcheck // the answer is out
	defer context.AfterFunc(
		ctx,
		func() { _ = connection.Close() },
	)() // a terminal that says nothing does not delay the end
	var words []string
	if err := json.NewDecoder(connection).Decode(&words); err != nil {
		return
	}
	to := &reply{to: json.NewEncoder(connection)}
	last := message{Done: true}
	if err := p.obey(ctx, words, to); err != nil {
		last.Error = err.Error()
	}
	_ = to.send(last) // the terminal that sent the command may be gone
}

func (p *Playground) obey(ctx context.Context, words []string, out io.Writer) error {
	var known []string
	for _, v := range verbs {
		if len(words) > 0 && v.name == words[0] {
			if (v.arguments == "") != (len(words) == 1) {
				return fmt.Errorf(
					"%s takes %s, got %q",
					v.name,
					map[bool]string{true: "no argument", false: v.arguments}[v.arguments == ""],
					words[1:],
				)
			}
			return v.do(p, ctx, words[1:], out)
		}
		known = append(known, v.name)
	}
	return fmt.Errorf("there is no command %q; there are %s", strings.Join(words, " "), strings.Join(known, ", "))
}

// onNode makes a verb of what is done to one node.
func onNode(do func(stage.Node) (string, error)) func(*Playground, context.Context, []string, io.Writer) error {
	return func(p *Playground, _ context.Context, words []string, out io.Writer) error {
		var known []string
		for _, n := range p.Cluster.Nodes() {
			if len(words) == 1 && n.Name == words[0] {
				done, err := do(n)
				if err == nil {
					fmt.Fprintf(out, "%s: %s\n", n.Name, done)
				}
				return err
			}
			known = append(known, n.Name)
		}
		return fmt.Errorf("there is no node %q; there are %s", strings.Join(words, " "), strings.Join(known, ", "))
	}
}

func killServer(n stage.Node) (string, error) {
	pid := n.Machine.Unit("nats.service").MainPID
	return fmt.Sprintf("killed process %d", pid), n.Machine.Signal("nats.service", syscall.SIGKILL)
}

func powerOff(n stage.Node) (string, error) {
	if !n.Machine.IsOn() {
		return "", fmt.Errorf("%s has no power already; it comes back with: start %s", n.Name, n.Name)
	}
	n.Machine.PowerOff()
	return "its power is off", nil
}

func startMachine(n stage.Node) (string, error) { return "it boots", n.Machine.Start() }

// status reports of every node what systemd and the server say.
func (p *Playground) status(ctx context.Context, _ []string, out io.Writer) error {
	for _, n := range p.Cluster.Nodes() {
		unit, health, leader := n.Machine.Unit("nats.service"), "healthy", ""
		if err := p.Cluster.GetPage(ctx, n, "/healthz", nil); err != nil {
			health = "not healthy"
		} else if leader, err = p.Cluster.MetaLeader(ctx, n); err == nil {
			leader = "meta leader " + leader
		}
		fmt.Fprintf(
			out,
			"%-8s %-16s %-12s %s (%s), process %d, %s, %s\n",
			n.Name,
			n.Address,
			n.Zone,
			unit.State,
			unit.SubState,
			unit.MainPID,
			health,
			leader,
		)
	}
	return nil
}

// may lists the rights of one identity of the services' table.
func (p *Playground) may(_ context.Context, words []string, out io.Writer) error {
	all, err := stage.AllRights()
	if err != nil {
		return err
	}
	var known []string
	for _, r := range all {
		if len(words) == 1 && r.Name == words[0] {
			fmt.Fprintf(
				out,
				"publish    %s\nsubscribe  %s\n",
				strings.Join(r.Publish, "\n           "),
				strings.Join(r.Subscribe, "\n           "),
			)
			return nil
		}
		known = append(known, r.Name)
	}
	return fmt.Errorf(
		"there is no service %q in the table; there are %s",
		strings.Join(words, " "),
		strings.Join(known, ", "),
	)
}

// up sets keys over the shipped configuration, and keeps them for the next up if this one succeeds.
func (p *Playground) up(ctx context.Context, words []string, out io.Writer) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	wanted := map[string]any{}
	for key, value := range p.override {
		wanted[key] = value
	}
	for _, word := range words {
		key, text, found := strings.Cut(word, "=")
		var value any
		if err := yaml.Unmarshal(
			[]byte(text),
			&value,
		); err != nil || !found || key == "" ||
			strings.Contains(key, ":") {
			return fmt.Errorf(
				"%q is no KEY=VALUE with a key of Pulumi.yaml and a value in YAML, such as natsMaxPayload=2097152",
				word,
			)
		}
		wanted[key] = value
	}
	remove := p.listeners.add(out)
	steps, err := p.stage.UpWith(ctx, wanted)
	remove()
	for _, s := range steps.Changes() {
		fmt.Fprintf(out, "  %-20s %s\n", s.Operation, s.Name())
	}
	if err != nil {
		return err
	}
	p.override = wanted
	fmt.Fprintln(out, steps.Summary())
	return p.write(ctx)
}
