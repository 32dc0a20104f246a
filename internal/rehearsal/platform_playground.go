// The playground, used as a person uses it: from its files and through its socket.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/poll"
)

func init() {
	register(
		drill{
			scenario: scenario{
				id: "playground",
				wanted: "a playground's files let clients in, its socket kills a server and changes configuration, and " +
					"its end leaves nothing",
				play: playPlayground,
			},
			on: SharedMachines,
		},
	)
}

// playgroundPayload is another natsMaxPayload than the shipped one: 2 MiB, which clients see when
// they connect.
const playgroundPayload = 2 << 20

func playPlayground(ctx context.Context, s *Stage) (seen string, err error) {
	folder, err := os.MkdirTemp("", "playground-")
	if err != nil {
		return "", err
	}
	p, err := Open(ctx, s, folder)
	if err != nil {
		return "", err
	}
	until, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.serve(until) }()
	err = p.used(ctx)
	end()
	err = errors.Join(err, <-ended, s.Restore(ctx))
	if _, left := os.Stat(folder); !errors.Is(left, fs.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("the playground ended and %s is still there", folder))
	}
	return "connected from its files as the administrator and as " + loadService +
		"; a server killed by the socket came back; configuration changed by the socket; nothing left", err
}

// used does what the page of the playground says.
func (p *playground) used(ctx context.Context) error {
	// The socket opens a moment after the files are there.
	if err := poll.For(
		ctx,
		settleLimit,
		func() error { return TellPlayground(ctx, p.folder, io.Discard, "status") },
	); err != nil {
		return err
	}
	if err := p.clientsGetIn(ctx); err != nil {
		return err
	}
	for _, wrong := range []struct{ words, names string }{
		{words: "explode", names: "power-off"}, {words: "kill nats-9", names: "nats-5"}, {
			words: "up natsMaxPayload",
			names: "KEY=VALUE",
		}, {
			words: "up natsMaxPaylaod=1",
			names: "natsMaxPayload",
		}, {words: "may nobody", names: loadService},
	} {
		err := TellPlayground(ctx, p.folder, io.Discard, strings.Fields(wrong.words)...)
		if err := refusedFor(err, wrong.names); err != nil {
			return fmt.Errorf("%q: %w", wrong.words, err)
		}
	}
	if err := p.killed(ctx); err != nil {
		return err
	}
	var shown strings.Builder
	if err := TellPlayground(
		ctx,
		p.folder,
		&shown,
		"up",
		fmt.Sprintf("natsMaxPayload=%d", playgroundPayload),
	); err != nil {
		return err
	}
	if !strings.Contains(shown.String(), "update") {
		return fmt.Errorf("up showed no step that updates: %q", shown.String())
	}
	changed, err := p.fromFiles(catalog.Administrator)
	if err != nil {
		return err
	}
	defer changed.Close()
	if got := changed.MaxPayload(); got != playgroundPayload {
		return fmt.Errorf("after the change the largest message is %d bytes, wanted %d", got, playgroundPayload)
	}
	return nil
}

// killed kills a server through the socket and waits until another runs.
func (p *playground) killed(ctx context.Context) error {
	node := p.cluster.nodes()[1]
	before := node.machine.Unit("nats.service").MainPID
	if err := TellPlayground(ctx, p.folder, io.Discard, "kill", node.name); err != nil {
		return err
	}
	return p.cluster.restarted(ctx, node, before)
}

// clientsGetIn: the administrator finds all streams, a service's event is stored.
func (p *playground) clientsGetIn(ctx context.Context) error {
	wanted, err := catalog.Streams()
	if err != nil {
		return err
	}
	administrator, err := p.fromFiles(catalog.Administrator)
	if err != nil {
		return err
	}
	defer administrator.Close()
	access, err := jetstream.New(administrator)
	if err != nil {
		return err
	}
	names := access.StreamNames(ctx)
	found := 0
	for range names.Name() {
		found++
	}
	if err := names.Err(); err != nil {
		return fmt.Errorf("listing the streams: %w", err)
	}
	if found != len(wanted) {
		return fmt.Errorf("the administrator sees %d streams, wanted %d", found, len(wanted))
	}
	service, err := p.fromFiles(loadService)
	if err != nil {
		return err
	}
	defer service.Close()
	if access, err = jetstream.New(service); err != nil {
		return err
	}
	if _, err := access.Publish(ctx, loadEvents, []byte("hello")); err != nil {
		return fmt.Errorf("publishing as %s: %w", loadService, err)
	}
	return nil
}

// fromFiles connects with nothing but what lies in the folder, as the nats CLI does with a context.
func (p *playground) fromFiles(identity string) (*natsgo.Conn, error) {
	content, err := os.ReadFile(contextFile(p.folder, identity))
	if err != nil {
		return nil, err
	}
	var c natsContext
	if err := json.Unmarshal(content, &c); err != nil {
		return nil, fmt.Errorf("reading the context of %s: %w", identity, err)
	}
	key, err := natsgo.NkeyOptionFromSeed(c.NKey)
	if err != nil {
		return nil, fmt.Errorf("reading the seed of %s: %w", identity, err)
	}
	connection, err := natsgo.Connect(c.URL, key, natsgo.RootCAs(c.CA), natsgo.CustomInboxPrefix(c.InboxPrefix))
	if err != nil {
		return nil, fmt.Errorf("connecting to %s as %s: %w", c.URL, identity, err)
	}
	return connection, nil
}
