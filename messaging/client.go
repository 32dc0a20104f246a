// The connection.
package messaging

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
)

const (
	// reconnectWait and its jitter spread the clients of a node that went: a second at least, two
	// at most.
	reconnectWait   = time.Second
	reconnectJitter = time.Second
	// pingInterval finds a dead connection in twice its length; the client's own default is two
	// minutes.
	pingInterval = 10 * time.Second
	// DefaultTimeout is for a request whose context has no deadline.
	DefaultTimeout = 5 * time.Second
	// DefaultConcurrency is how many requests a subject's worker handles at once.
	DefaultConcurrency = 64
	// DefaultHandlerTimeout is longer than callers wait, and ends what would otherwise keep a place
	// for ever.
	DefaultHandlerTimeout = 30 * time.Second
)

// Options say how to connect. All down to InboxPrefix must be set.
type Options struct {
	// Name distinguishes the connection from others on the server, for example the service's name.
	Name string
	// URL is the cluster's, "tls://<name>:4222".
	URL string
	// CertificateAuthority is what the servers' certificates chain to, PEM.
	CertificateAuthority string
	// Seed is the identity's nkey seed. It is not kept.
	Seed string
	// InboxPrefix is where the identity may receive replies, for example "_INBOX_quest-system".
	InboxPrefix string
	// Concurrency is how many requests each subject's worker handles at once; DefaultConcurrency if
	// 0.
	Concurrency int
	// HandlerTimeout is when the context of a handler ends; DefaultHandlerTimeout if 0.
	HandlerTimeout time.Duration
	// Logger gets the requests that a handler failed to answer; slog.Default() if nil.
	Logger *slog.Logger
	// Nats are further options of the client library.
	Nats []nats.Option
}

// FromEnvironment are the options that a task definition of the platform gives: NATS_URL, NATS_CA,
// NATS_NKEY_SEED, NATS_INBOX_PREFIX and SERVICE_NAME.
func FromEnvironment(variable func(string) string) Options {
	return Options{
		Name:                 variable("SERVICE_NAME"),
		URL:                  variable("NATS_URL"),
		CertificateAuthority: variable("NATS_CA"),
		Seed:                 variable("NATS_NKEY_SEED"),
		InboxPrefix:          variable("NATS_INBOX_PREFIX"),
	}
}

// Client is a connection to the cluster. It is safe for concurrent use.
type Client struct {
	connection *nats.Conn
	stream     jetstream.JetStream
	options    Options
	closed     chan struct{}

	mu       sync.Mutex
	policies map[string]policy // by subject
	workers  []*worker
}

// Connect connects, with TLS, as the identity of the seed. It fails if no server answers; a
// connection that is lost later is made again for as long as it takes.
func Connect(ctx context.Context, o Options) (*Client, error) {
	settings, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("connecting %s to NATS: %w", o.Name, err)
	}
	o.Seed = ""
	o.Concurrency, o.HandlerTimeout = cmp.Or(
		o.Concurrency,
		DefaultConcurrency,
	), cmp.Or(
		o.HandlerTimeout,
		DefaultHandlerTimeout,
	)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	c := &Client{options: o, closed: make(chan struct{}), policies: map[string]policy{}}
	settings = append(settings, nats.ClosedHandler(func(*nats.Conn) { close(c.closed) }))
	if deadline, ok := ctx.Deadline(); ok {
		settings = append(settings, nats.Timeout(time.Until(deadline)))
	}
	if c.connection, err = nats.Connect(o.URL, append(settings, o.Nats...)...); err != nil {
		return nil, fmt.Errorf("connecting %s to %s: %w", o.Name, o.URL, err)
	}
	if c.stream, err = jetstream.New(c.connection); err != nil {
		c.connection.Close()
		return nil, fmt.Errorf("connecting %s to %s: %w", o.Name, o.URL, err)
	}
	return c, nil
}

// settings validates the options, all faults at once; none of the texts holds the seed.
func (o Options) settings() ([]nats.Option, error) {
	var errs []error
	for name, value := range map[string]string{"Name": o.Name, "URL": o.URL, "InboxPrefix": o.InboxPrefix} {
		if value == "" {
			errs = append(errs, errors.New(name+" is not set"))
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(o.CertificateAuthority)) {
		errs = append(errs, errors.New("the CertificateAuthority is not a PEM certificate"))
	}
	pair, err := nkeys.FromSeed([]byte(o.Seed))
	if err != nil {
		return nil, errors.Join(append(errs, errors.New("the Seed is not an nkey seed"))...)
	}
	public, err := pair.PublicKey()
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return []nats.Option{
		nats.Name(o.Name),
		nats.Nkey(public, pair.Sign),
		nats.CustomInboxPrefix(o.InboxPrefix),
		nats.Secure(
			&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(
			reconnectJitter,
			reconnectJitter,
		),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
	}, nil
}

// Connected says whether the connection exists right now: what a health check should answer.
func (c *Client) Connected() bool { return c.connection.IsConnected() }

// Drain ends well: no new requests are taken, those under way are answered, what was published is
// sent, the connection is closed. At the end of ctx it is closed as it is, and the error says so.
func (c *Client) Drain(ctx context.Context) error {
	c.mu.Lock()
	workers := c.workers
	c.mu.Unlock()
	var errs []error
	for _, w := range workers {
		errs = append(errs, w.drain(ctx))
	}
	if err := c.connection.Drain(); err != nil {
		c.connection.Close()
		errs = append(errs, err)
	}
	select {
	case <-c.closed:
	case <-ctx.Done():
		c.connection.Close()
		errs = append(errs, ctx.Err())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("draining %s: %w", c.options.Name, err)
	}
	return nil
}

// Native is the connection itself, for what this package does not offer.
func (c *Client) Native() *nats.Conn { return c.connection }

// Publish stores an event in the stream that keeps its subject and returns when it is stored. An
// event that is sent again with the same id within the stream's window is stored once.
func (c *Client) Publish(ctx context.Context, subject, id string, event proto.Message) (err error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx, end := span(ctx, trace.SpanKindProducer, "publish", subject)
	defer func() { end(err) }()
	message, err := encode(ctx, subject, event)
	if err != nil {
		return err
	}
	if _, err := c.stream.PublishMsg(ctx, message, jetstream.WithMsgID(id)); err != nil {
		return transportError(subject, fmt.Errorf("publishing %s (%d bytes): %w", id, len(message.Data), err))
	}
	return nil
}

// encode is a message with its trace context.
func encode(ctx context.Context, subject string, content proto.Message) (*nats.Msg, error) {
	data, err := proto.Marshal(content)
	if err != nil {
		return nil, &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("%s: encoding %s: %v", subject, content.ProtoReflect().Descriptor().FullName(), err),
			cause:   err,
		}
	}
	message := nats.NewMsg(subject)
	message.Data = data
	traceContext.Inject(ctx, headers(message.Header))
	return message, nil
}

func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, DefaultTimeout)
}
