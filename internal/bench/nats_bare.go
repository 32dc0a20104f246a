// The bare cluster: the deployed nats-server binary, five processes on loopback, no TLS, no
// identities, no load balancer. Everything else is as assets/nats/nats.conf.tmpl has it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/toolchain"
)

// bareNodes are the nodes of the bare cluster, in the zones that the rehearsed ones are in.
var bareNodes = []struct{ name, zone string }{
	{
		name: "nats-1",
		zone: "a",
	},
	{name: "nats-2", zone: "b"},
	{name: "nats-3", zone: "c"},
	{name: "nats-4", zone: "a"},
	{name: "nats-5", zone: "b"},
}

// bareCluster is the running processes.
type bareCluster struct {
	dir   string
	urls  map[string]string // by node name
	ended []*exec.Cmd
	stop  context.CancelFunc
}

const bareConfiguration = `server_name: %[1]s
server_tags: [ "az:%[2]s" ]
host: 127.0.0.1
port: %[3]d
max_payload: 8MB
jetstream { store_dir: %[4]q, max_file_store: 1TB, max_memory_store: 1GB, unique_tag: "az:" }
cluster { name: bare, host: 127.0.0.1, port: %[5]d, no_advertise: true, pool_size: 3, routes: [ %[6]s ] }
`

// startBare starts the five servers; they find each other while the clients connect.
func startBare(ctx context.Context, root string) (*bareCluster, error) {
	dir, err := natsFolder()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	b := &bareCluster{dir: dir, urls: map[string]string{}, stop: stop}
	ports, err := freePorts(2 * len(bareNodes))
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	var routes []string
	for i := range bareNodes {
		routes = append(routes, fmt.Sprintf("\"nats-route://127.0.0.1:%d\"", ports[len(bareNodes)+i]))
	}
	for i, n := range bareNodes {
		file := filepath.Join(dir, n.name+".conf")
		text := fmt.Sprintf(
			bareConfiguration,
			n.name,
			n.zone,
			ports[i],
			filepath.Join(dir, n.name),
			ports[len(bareNodes)+i],
			strings.Join(routes, ", "),
		)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("starting the bare cluster: %w", err), b.close())
		}
		server := exec.CommandContext(
			ctx,
			filepath.Join(root, "artifacts", toolchain.ServerFile),
			"-c",
			file,
			"-l",
			filepath.Join(dir, n.name+".log"),
		)
		if err := server.Start(); err != nil {
			return nil, errors.Join(fmt.Errorf("starting %s of the bare cluster: %w", n.name, err), b.close())
		}
		b.ended = append(b.ended, server)
		b.urls[n.name] = fmt.Sprintf("nats://127.0.0.1:%d", ports[i])
	}
	return b, nil
}

// freePorts are ports of loopback that nobody listens on.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for free ports: %w", err)
		}
		defer socket.Close() //nolint:errcheck // it was only asked for its number; all stay open till all are known
		ports = append(ports, socket.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// connect connects to one node; it may still be starting.
func (b *bareCluster) connect(node string, options ...nats.Option) (*nats.Conn, error) {
	url, known := b.urls[node]
	if !known {
		return nil, fmt.Errorf("the bare cluster has no node %q", node)
	}
	var connection *nats.Conn
	err := poll.For(context.Background(), 10*time.Second, func() (err error) {
		connection, err = nats.Connect(url, append(options, nats.Timeout(2*time.Second))...)
		return err
	})
	return connection, err
}

// close ends the processes and removes what they wrote.
func (b *bareCluster) close() error {
	b.stop()
	for _, server := range b.ended {
		_ = server.Wait() // it was killed
	}
	return os.RemoveAll(b.dir)
}
