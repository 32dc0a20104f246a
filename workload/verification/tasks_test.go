// What the tests verify: a NATS server with the identities' permissions, the streams of the
// platform, a Redis, and tasks of the stand-in services. Tasks of one service are processes of
// their own, as on the platform, for that is how they tell themselves apart.
package verification

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/messaging/messagingtest"
	"github.com/bodybroker/platform/workload/service"
)

const (
	// asTask tells this program's copies that they are tasks.
	asTask = "VERIFICATION_TEST_TASK"
	// token is Redis's.
	token = "a token of forty characters that is secret"
	// patient is how long a test waits for what comes in a moment.
	patient = 30 * time.Second
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if os.Getenv(asTask) == "" {
		os.Exit(m.Run())
	}
	ctx, end := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
		end()
	}()
	if err := serveTask(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveTask runs one task of each service in this process.
func serveTask(ctx context.Context, variable func(string) string) error {
	table, _, err := catalog.Services()
	if err != nil {
		return err
	}
	var running errgroup.Group
	for _, row := range table {
		settings, err := settingsOf(row, variable)
		if err != nil {
			return err
		}
		running.Go(func() error { return service.Run(ctx, settings) })
	}
	return running.Wait()
}

// settingsOf completes what all services of a test have with what is a service's own.
func settingsOf(row catalog.Service, variable func(string) string) (service.Settings, error) {
	own := map[string]string{
		"SERVICE_NAME": row.Name, "NATS_INBOX_PREFIX": catalog.Inbox(row.Name), "NATS_QUEUE_GROUP": row.Queue,
		"NATS_SUBJECTS": strings.Join(row.RPC, ","),
	}
	settings, err := service.FromEnvironment(func(name string) string {
		if value, has := own[name]; has {
			return value
		}
		return variable(name)
	})
	settings.RedisRoots, settings.Listen = x509.NewCertPool(), "127.0.0.1:0"
	if !settings.RedisRoots.AppendCertsFromPEM([]byte(variable("REDIS_CA"))) {
		err = errors.Join(err, errors.New("REDIS_CA is no certificate"))
	}
	return settings, err
}

// platform is what a test verifies.
type platform struct {
	*server.Server
	// environment are the variables that all tasks have.
	environment map[string]string
	// client may do what the identity that verifies may; administrator may do everything.
	client, administrator *messaging.Client
}

// newPlatform has the server, its streams and Redis; no service runs yet.
func newPlatform(t *testing.T, streams ...jetstream.StreamConfig) *platform {
	t.Helper()
	certificate, authority := messagingtest.Certify(t)
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	seed, public := identity(t)
	callerSeed, caller := identity(t)
	permissions := &server.Permissions{
		Publish: &server.SubjectPermission{
			Allow: []string{"svc.>", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.MSG.GET.*"},
		},
		Subscribe: &server.SubjectPermission{Allow: []string{catalog.Inbox("verification") + ".>"}},
	}
	running, err := server.NewServer(&server.Options{
		Host:       "127.0.0.1",
		Port:       -1,
		JetStream:  true,
		StoreDir:   t.TempDir(),
		NoLog:      true,
		NoSigs:     true,
		Nkeys:      []*server.NkeyUser{{Nkey: public}, {Nkey: caller, Permissions: permissions}},
		TLS:        true,
		TLSConfig:  secure,
		TLSTimeout: 5,
	})
	require.NoError(t, err)
	running.Start()
	t.Cleanup(running.Shutdown)
	require.True(t, running.ReadyForConnections(patient))
	store, err := miniredis.RunTLS(secure)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	store.RequireAuth(token)
	p := &platform{Server: running, environment: map[string]string{
		"NATS_URL": fmt.Sprintf(
			"tls://127.0.0.1:%d",
			running.Addr().(*net.TCPAddr).Port,
		),
		"NATS_CA":          authority,
		"NATS_NKEY_SEED":   seed,
		"REDIS_ADDRESS":    store.Addr(),
		"REDIS_AUTH_TOKEN": token,
		"REDIS_CA":         authority,
	}}
	p.client, p.administrator = p.connect(t, "verification", callerSeed), p.connect(t, catalog.Administrator, seed)
	access, err := jetstream.New(p.administrator.Native())
	require.NoError(t, err)
	for _, stream := range streams {
		_, err := access.CreateStream(t.Context(), stream)
		require.NoError(t, err)
	}
	return p
}

// identity is a new one: its seed and its public key.
func identity(t *testing.T) (seed, public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	secret, err := pair.Seed()
	require.NoError(t, err)
	public, err = pair.PublicKey()
	require.NoError(t, err)
	return string(secret), public
}

func (p *platform) connect(t *testing.T, name, seed string) *messaging.Client {
	t.Helper()
	c, err := messaging.Connect(t.Context(), messaging.Options{
		Name:                 name,
		URL:                  p.environment["NATS_URL"],
		CertificateAuthority: p.environment["NATS_CA"],
		Seed:                 seed,
		InboxPrefix:          catalog.Inbox(name),
	})
	require.NoError(t, err)
	t.Cleanup(c.Native().Close)
	return c
}

// task starts a process that is one task of each service.
func (p *platform) task(t *testing.T) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env, command.Stderr = append(os.Environ(), asTask+"=yes"), os.Stderr
	for name, value := range p.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait() // killed, for the test's context has ended
	})
}

// inProcess runs one task of a service in the test's own process; change makes it another than its
// row says.
func (p *platform) inProcess(t *testing.T, name string, change func(*service.Settings)) {
	t.Helper()
	settings, err := settingsOf(named(t, name), func(variable string) string { return p.environment[variable] })
	require.NoError(t, err)
	change(&settings)
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, settings) }()
	t.Cleanup(func() {
		end()
		require.NoError(t, <-ended)
	})
	p.serving(t, settings.Subjects, 1)
}

// serving waits until each subject has so many subscriptions.
func (p *platform) serving(t *testing.T, subjects []string, tasks int) {
	t.Helper()
	require.Eventually(t, func() bool {
		connections, err := p.Connz(&server.ConnzOptions{Subscriptions: true})
		require.NoError(t, err)
		count := map[string]int{}
		for _, c := range connections.Conns {
			for _, subject := range c.Subs {
				count[subject]++
			}
		}
		for _, subject := range subjects {
			if count[subject] < tasks {
				return false
			}
		}
		return true
	}, patient, 10*time.Millisecond)
}

func named(t *testing.T, name string) catalog.Service {
	t.Helper()
	row, known, err := catalog.ServiceNamed(name)
	require.NoError(t, err)
	require.True(t, known, "the table has no service %s", name)
	return row
}
