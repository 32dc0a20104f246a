// The playground, used as a person uses it: from its files and through its socket.

package platform

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
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/playground"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "playground",
			Wanted: "a playground's files let clients in, its socket kills a server and changes configuration, and " +
				"its end leaves nothing",
			Play: playPlayground,
		},
		On: drills.SharedMachines,
	})
}

// playgroundPayload is another natsMaxPayload than the shipped one: 2 MiB, which clients see when
// they connect.
const playgroundPayload = 2 << 20

func playPlayground(ctx context.Context, s *stage.Stage) (seen string, err error) {
	folder, err := os.MkdirTemp("", "playground-")
	if err != nil {
		return "", err
	}
	p, err := playground.Open(ctx, s, folder)
	if err != nil {
		return "", err
	}
	until, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(until) }()
	err = usePlayground(ctx, p)
	end()
	err = errors.Join(err, <-ended, s.Restore(ctx))
	if _, left := os.Stat(folder); !errors.Is(left, fs.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("the playground ended and %s is still there", folder))
	}
	return "connected from its files as the administrator and as " + stage.LoadService +
		"; a server killed by the socket came back; configuration changed by the socket; nothing left", err
}

// usePlayground does what the page of the playground says.
func usePlayground(ctx context.Context, p *playground.Playground) error {
	// The socket opens a moment after the files are there.
	if err := poll.For(
		ctx,
		stage.SettleLimit,
		func() error { return playground.Send(ctx, p.Folder, io.Discard, "status") },
	); err != nil {
		return err
	}
	if err := expectClients(ctx, p); err != nil {
		return err
	}
	for _, wrong := range []struct{ words, named string }{
		{words: "explode", named: "power-off"},
		{words: "kill nats-9", named: "nats-5"},
		{words: "up natsMaxPayload", named: "KEY=VALUE"},
		{words: "up natsMaxPaylaod=1", named: "natsMaxPayload"},
		{words: "may nobody", named: stage.LoadService},
	} {
		err := playground.Send(ctx, p.Folder, io.Discard, strings.Fields(wrong.words)...)
		if err := stage.ExpectRefusal(err, wrong.named); err != nil {
			return fmt.Errorf("%q: %w", wrong.words, err)
		}
	}
	if err := killServer(ctx, p); err != nil {
		return err
	}
	var output strings.Builder
	if err := playground.Send(
		ctx,
		p.Folder,
		&output,
		"up",
		fmt.Sprintf("natsMaxPayload=%d", playgroundPayload),
	); err != nil {
		return err
	}
	if !strings.Contains(output.String(), "update") {
		return fmt.Errorf("up showed no step that updates: %q", output.String())
	}
	changed, err := connectFromFiles(p, catalog.Administrator)
	if err != nil {
		return err
	}
	defer changed.Close()
	if got := changed.MaxPayload(); got != playgroundPayload {
		return fmt.Errorf("after the change the largest message is %d bytes, expected %d", got, playgroundPayload)
	}
	return nil
}

// killServer kills a server through the socket and waits until another runs.
func killServer(ctx context.Context, p *playground.Playground) error {
	node := p.Cluster.Nodes()[1]
	before := node.Machine.Unit("nats.service").MainPID
	if err := playground.Send(ctx, p.Folder, io.Discard, "kill", node.Name); err != nil {
		return err
	}
	return p.Cluster.AwaitRestart(ctx, node, before)
}

// expectClients: the administrator finds all streams, a service's event is stored.
func expectClients(ctx context.Context, p *playground.Playground) error {
	wanted, err := catalog.Streams()
	if err != nil {
		return err
	}
	administrator, err := connectFromFiles(p, catalog.Administrator)
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
		return fmt.Errorf("the administrator sees %d streams, expected %d", found, len(wanted))
	}
	service, err := connectFromFiles(p, stage.LoadService)
	if err != nil {
		return err
	}
	defer service.Close()
	if access, err = jetstream.New(service); err != nil {
		return err
	}
	if _, err := access.Publish(ctx, stage.LoadEvents, []byte("hello")); err != nil {
		return fmt.Errorf("publishing as %s: %w", stage.LoadService, err)
	}
	return nil
}

// connectFromFiles connects with nothing but what lies in the folder, as the nats CLI does with a
// context.
func connectFromFiles(p *playground.Playground, identity string) (*natsgo.Conn, error) {
	content, err := os.ReadFile(playground.ContextFile(p.Folder, identity))
	if err != nil {
		return nil, err
	}
	var c playground.Context
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
